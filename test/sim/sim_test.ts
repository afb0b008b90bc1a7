/**
 * Histories that broke a law once, and laws broken on purpose: what nobody can break proves nothing.
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { after, test } from "node:test";
import { defineStrategy, start } from "../../core/plugin/contract.ts";
import everyHost from "../../strategies/every_host.ts";
import minimumHealthyHosts from "../../strategies/minimum_healthy_hosts.ts";
import zonal from "../../strategies/zonal.ts";
import canary from "../../strategies/canary.ts";
import exponential from "../../strategies/exponential.ts";
import { Disk } from "./disk.ts";
import { type Fault, play } from "./history.ts";

const disk = new Disk();
after(() => disk.close());

test("the same seed plays the same history", async () => {
  const [one, other] = [
    await play(7, disk, { isTold: true }),
    await play(7, disk, { isTold: true }),
  ];
  assert.ok(one.count > 50, "nothing happens in it");
  assert.deepEqual(other.steps, one.steps);
});

/** Breaks a law in one of a few histories; answers how. */
async function brokenBy(fault: Fault): Promise<string> {
  for (let seed = 1; seed <= 60; seed++) {
    const { broken } = await play(seed, disk, { fault });
    if (broken !== undefined) return broken;
  }
  return "nothing was noticed";
}

test("a strategy that starts every host at once is seen to go below the minimum", async () => {
  const greedy = defineStrategy({
    ...minimumHealthyHosts,
    next: (asked) =>
      asked.fleet.pending > 0 ? start(asked.fleet.pending) : minimumHealthyHosts.next(asked),
  });
  const strategies = [greedy, everyHost, zonal, canary, exponential];
  assert.match(await brokenBy({ strategies }), /^law 2: /);
});

test("hosts that carry out what they had before are seen to run events twice", async () => {
  assert.match(await brokenBy({ carelessHosts: true }), /^law 1: .* runs twice/);
});

test("a disk that forgets what it has written is seen to lose what was answered", async () => {
  const fault: Fault = {
    afterCommit: (disk) =>
      disk.change(
        "UPDATE targets SET command = json_remove(command, '$.takenAt'), events = " +
          "replace(events, '\"InProgress\"', '\"Pending\"') WHERE status = 'InProgress'",
      ),
  };
  assert.match(await brokenBy(fault), /^law (1|3): /);
});

test("a group whose target revision is that of a failed deployment is noticed", async () => {
  const failed = "(SELECT id FROM deployments WHERE status = 'Failed')";
  const fault: Fault = {
    afterCommit: (disk) =>
      disk.change(
        `UPDATE deployment_groups SET last_successful_deployment_id = ${failed} WHERE EXISTS ${failed}`,
      ),
  };
  assert.match(await brokenBy(fault), /^law 5: /);
});

const seed = process.env["SIM_SEED"];
test("the history of SIM_SEED, step by step", { skip: seed === undefined }, async () => {
  const { steps, broken } = await play(Number(seed), disk, { isTold: true });
  console.log(steps.join("\n"));
  assert.equal(broken, undefined);
});
