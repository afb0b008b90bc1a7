/**
 * What lets a deployment begin, by the real binary: a later one, a schedule and a superseding one
 * across kills of the server, a lock, a retry on the hosts that failed.
 * @module
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { version } from "./bundles.ts";
import { begin, deploy, ended, IN_PLACE, infoOf, installed, once, starts } from "./deployments.ts";
import { Fleet, until } from "./fleet.ts";

const GROUP = ["--app", "shop", "--group", "production"];
const ALL_AT_ONCE = "CodeDeployDefault.AllAtOnce";

async function withFleet(hosts: number, body: (fleet: Fleet) => Promise<void>): Promise<void> {
  const fleet = await Fleet.start(hosts);
  try {
    await fleet.declare({ config: ALL_AT_ONCE });
    await body(fleet);
  } finally {
    await fleet.close();
  }
}

async function restart(fleet: Fleet): Promise<void> {
  await fleet.killServer();
  await fleet.startServer();
}

async function run(fleet: Fleet, ...argv: string[]): Promise<string> {
  const ran = await fleet.runtime(...argv);
  assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  return ran.stdout;
}

/** How many deployments there are. */
async function count(fleet: Fleet): Promise<number> {
  const answer = await fleet.api("ListDeployments", {});
  return z.object({ deployments: z.array(z.string()) }).parse(answer).deployments.length;
}

test("a newer request takes the place of the one under way and of those that wait", async () => {
  await withFleet(2, async (fleet) => {
    await run(fleet, "policy", "set", ...GROUP, "--on-busy", "supersede");
    const patient = 'while [ ! -e "$HOST_DIR/go" ]; do sleep 0.1; done';
    const slow = version("1", { BeforeInstall: patient });
    const first = await begin(fleet, fleet.bundle("v1", slow));
    await until(
      "the first one's scripts",
      () => fleet.hosts.every((host) => starts(fleet, host, first)["BeforeInstall"] === 1),
    );
    const second = await begin(fleet, fleet.bundle("v2", version("2")));
    const third = await begin(fleet, fleet.bundle("v3", version("3")));
    // Whatever the server had done of it by now, it knows what was asked.
    await restart(fleet);
    for (const { installRoot } of fleet.hosts) writeFileSync(join(installRoot, "go"), "");
    assert.equal((await ended(fleet, third)).status, "Succeeded");
    for (const id of [first, second]) {
      const { status, errorInformation, rollbackInfo } = await infoOf(fleet, id);
      assert.equal(status, "Stopped");
      const superseded = `The deployment was superseded by ${third}.`;
      assert.deepEqual(errorInformation, { code: "MANUAL_STOP", message: superseded });
      assert.deepEqual(rollbackInfo, {});
    }
    for (const host of fleet.hosts) {
      assert.equal(installed(host), "3\n");
      assert.deepEqual(starts(fleet, host, second), {});
      assert.deepEqual(starts(fleet, host, third), once(IN_PLACE));
    }
  });
});

test("a later start and a schedule outlive a killed server, and each runs once", async () => {
  await withFleet(1, async (fleet) => {
    const startAt = Date.now() + 4_000;
    const bundle = fleet.bundle("v1", version("1"));
    const at = new Date(startAt).toISOString();
    const created = await deploy(fleet, bundle, "--at", at, "--json");
    const { deploymentId: later } = z.object({ deploymentId: z.string() })
      .parse(JSON.parse(created.stdout));
    assert.equal((await infoOf(fleet, later)).status, "Queued");
    await restart(fleet);
    assert.equal((await ended(fleet, later)).status, "Succeeded");
    assert.ok(Date.now() >= startAt);
    // A few seconds ahead, by the second of its minute.
    const due = new Date(Math.ceil(Date.now() / 1000) * 1000 + 4_000);
    const cron = `${due.getUTCSeconds()} ${due.getUTCMinutes()} ${due.getUTCHours()} * * *`;
    await run(fleet, "schedule", "add", "once", ...GROUP, "--cron", cron);
    await restart(fleet);
    const scheduled = await until("the schedule's deployment", async () => {
      const { schedules: [schedule] } = JSON.parse(await run(fleet, "schedule", "list", "--json"));
      return schedule.lastOutcome === "deployed" && schedule.lastDeploymentId;
    });
    assert.ok(Date.now() >= due.getTime());
    await restart(fleet);
    assert.equal((await ended(fleet, scheduled)).status, "Succeeded");
    assert.equal(await count(fleet), 2);
    const [host] = fleet.hosts;
    assert.ok(host);
    for (const id of [later, scheduled]) assert.deepEqual(starts(fleet, host, id), once(IN_PLACE));
  });
});

test("a lock blocks with exit code 5 and its reason; a retry goes to the failed host alone", async () => {
  await withFleet(2, async (fleet) => {
    const bundle = fleet.bundle(
      "v1",
      version("1", {
        AfterInstall: 'case "$HOST_DIR" in *web-2) [ -e "$HOST_DIR/mended" ];; esac',
      }),
    );
    await run(fleet, "lock", ...GROUP, "--message", "a fire");
    const blocked = await deploy(fleet, bundle);
    assert.equal(blocked.code, 5, blocked.stderr);
    assert.match(blocked.stderr, /shop\/production is locked by .*user\/admin since .*: a fire\./);
    assert.match(blocked.stderr, /next +runtime unlock --app shop --group production/);
    assert.equal(await count(fleet), 0);
    await run(fleet, "unlock", ...GROUP);
    const id = await begin(fleet, bundle);
    const { deploymentOverview } = await ended(fleet, id);
    assert.equal(`${deploymentOverview["Succeeded"]} ${deploymentOverview["Failed"]}`, "1 1");
    const [good, bad] = fleet.hosts;
    assert.ok(good && bad);
    writeFileSync(join(bad.installRoot, "mended"), "");
    const retried = await run(fleet, "retry", id, "--failed-only", "--no-wait", "--json");
    const { deploymentId: again } = JSON.parse(retried);
    const info = await ended(fleet, again);
    assert.equal(info.status, "Succeeded");
    assert.deepEqual(starts(fleet, bad, again), once(IN_PLACE));
    assert.deepEqual(starts(fleet, good, again), {});
    const said = await run(fleet, "audit", "--subject", "shop/production");
    assert.match(said, /unlocked by .*\n.* locked by .*user\/admin: a fire\n$/);
  });
});
