/** Deployments that take the place of whatever their group has under way: `onBusy: supersede`. @module */
import assert from "node:assert/strict";
import { putGroupPolicy } from "../../core/store/group_policies.ts";
import type { StreamEvent } from "../../core/wire/event_stream.ts";
import { revision } from "../rollout/letters.ts";
import { type Fleet, fleetTest, GROUP_ID, refused } from "./fleet.ts";

const ROLLBACK = {
  autoRollbackConfiguration: {
    enabled: true,
    events: ["DEPLOYMENT_FAILURE" as const, "DEPLOYMENT_STOP_ON_REQUEST" as const], // because a list's words are no texts
  },
};

function superseding(name: string, hosts: number, body: (fleet: Fleet) => Promise<void>): void {
  fleetTest(name, { hosts, ...ROLLBACK }, async (fleet) => {
    await fleet.store.commit((tx) => putGroupPolicy(tx, GROUP_ID, { onBusy: "supersede" }));
    await body(fleet);
  });
}

const statuses = (fleet: Fleet, ...ids: string[]) =>
  ids.map((id) => fleet.engine.deployment(id).status).join(" ");

superseding(
  "the one under way stops without a rollback, and the new one begins",
  2,
  async (fleet) => {
    await fleet.succeed("v0.zip", "web-1", "web-2");
    const first = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    const told: StreamEvent[] = [];
    const watch = fleet.engine.watch(first, (event) => told.push(event));
    const second = await fleet.deploy("v2.zip");
    await fleet.settled();
    assert.equal(statuses(fleet, first, second), "InProgress Queued");
    await fleet.finish(order, "SSF");
    const stopped = await fleet.ended(first);
    assert.equal(stopped.status, "Stopped");
    assert.deepEqual(stopped.error, {
      code: "MANUAL_STOP",
      message: `The deployment was superseded by ${second}.`,
    });
    assert.deepEqual(stopped.rollback, {});
    watch.stop();
    const end = told.filter((event) => event.kind === "deployment").at(-1);
    assert.deepEqual(end?.error, stopped.error);
    for (const host of ["web-1", "web-2"]) {
      assert.equal((await fleet.run(host)).specification.DeploymentId, second);
    }
    const last = await fleet.ended(second);
    assert.equal(last.status, "Succeeded");
    assert.equal(last.request.supersedes, first);
    assert.deepEqual(fleet.group().targetRevision, revision("v2.zip"));
  },
);

superseding("of many requests the last one is left", 1, async (fleet) => {
  const first = await fleet.deploy("v1.zip");
  const order = await fleet.take("web-1");
  const second = await fleet.deploy("v2.zip");
  const third = await fleet.deploy("v3.zip");
  const ended = await fleet.ended(second);
  assert.equal(ended.status, "Stopped");
  assert.equal(ended.error?.message, `The deployment was superseded by ${third}.`);
  assert.equal((await fleet.engine.stopDeployment(second, false)).status, "Succeeded");
  await fleet.finish(order, "SF");
  assert.match((await fleet.ended(first)).error?.message ?? "", new RegExp(third));
  await fleet.run("web-1");
  assert.equal((await fleet.ended(third)).status, "Succeeded");
});

superseding(
  "a server that ends before it stops the other one does so when it is back",
  1,
  async (fleet) => {
    const first = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    const second = await fleet.deploy("v2.zip");
    // The stop was not committed: the store has nothing but the request.
    assert.equal(fleet.engine.deployment(first).stop, undefined);
    fleet.restart();
    await fleet.settled();
    await fleet.settled();
    assert.equal(fleet.engine.deployment(first).stop?.rollback, false);
    await fleet.finish(order, "SF");
    assert.equal((await fleet.ended(first)).status, "Stopped");
    await fleet.run("web-1");
    assert.equal((await fleet.ended(second)).status, "Succeeded");
  },
);

superseding(
  "whoever is stopped by hand before that leaves the other one its rollback",
  1,
  async (fleet) => {
    await fleet.succeed("v0.zip", "web-1");
    const first = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    const second = await fleet.deploy("v2.zip");
    await fleet.settled();
    await fleet.engine.stopDeployment(second, false);
    await fleet.finish(order, "SSSF");
    const stopped = await fleet.ended(first);
    assert.equal(stopped.error?.code, "MANUAL_STOP");
    assert.ok(stopped.rollback.rollbackDeploymentId);
  },
);

superseding("one whose time is still to come is left alone", 1, async (fleet) => {
  const later = await fleet.deploy("v1.zip", { startAt: fleet.now + 3_600_000 });
  const now = await fleet.deploy("v2.zip");
  await fleet.run("web-1");
  await fleet.ended(now);
  assert.equal(statuses(fleet, later, now), "Queued Succeeded");
});

fleetTest("a group's policy goes before the server's", { hosts: 1 }, async (fleet) => {
  fleet.busyGroup = "queue";
  fleet.restart();
  await fleet.store.commit((tx) => putGroupPolicy(tx, GROUP_ID, { onBusy: "refuse" }));
  const first = await fleet.deploy("v1.zip");
  const busy = `The Deployment Group 'prod' already has an active Deployment '${first}'`;
  await assert.rejects(
    fleet.deploy("v2.zip"),
    refused("DeploymentLimitExceededException", busy),
  );
});
