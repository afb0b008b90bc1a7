/** Deployments that wait for the one before them: `--busy-group queue`. @module */
import assert from "node:assert/strict";
import { deployments } from "../../core/store/schema.ts";
import { type Fleet, fleetTest, refused } from "./fleet.ts";
import { revision } from "../rollout/letters.ts";

const ROLLBACK = {
  autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE" as const] },
};

function queued(
  name: string,
  settings: { hosts: number } & Partial<typeof ROLLBACK>,
  body: (fleet: Fleet) => Promise<void>,
): void {
  fleetTest(name, settings, async (fleet) => {
    fleet.busyGroup = "queue";
    fleet.restart();
    await body(fleet);
  });
}

const statuses = (fleet: Fleet, ...ids: string[]) =>
  ids.map((id) => fleet.engine.deployment(id).status).join(" ");

queued("deployments of a busy group wait and begin in the order they came", {
  hosts: 1,
}, async (fleet) => {
  const first = await fleet.deploy("v1.zip");
  const rest = await Promise.all(["v2.zip", "v3.zip", "v4.zip"].map((key) => {
    fleet.now -= 1_000; // `deploy` moves the clock; these come in one millisecond
    return fleet.deploy(key);
  }));
  await fleet.settled();
  assert.equal(statuses(fleet, first, ...rest), "InProgress Queued Queued Queued");
  for (const [at, key] of ["v1.zip", "v2.zip", "v3.zip", "v4.zip"].entries()) {
    const id = [first, ...rest][at] ?? "";
    const order = await fleet.run("web-1");
    assert.equal(order.specification.DeploymentId, id);
    assert.equal((await fleet.ended(id)).status, "Succeeded");
    assert.deepEqual(fleet.group().targetRevision, revision(key));
  }
});

queued("what waits is there after a restart, whatever the policy is then", {
  hosts: 1,
}, async (fleet) => {
  const first = await fleet.deploy("v1.zip");
  const second = await fleet.deploy("v2.zip");
  fleet.busyGroup = "refuse";
  fleet.restart();
  assert.equal(statuses(fleet, first, second), "InProgress Queued");
  const busy = `The Deployment Group 'prod' already has an active Deployment '${first}'`;
  await assert.rejects(
    fleet.deploy("v3.zip"),
    refused("DeploymentLimitExceededException", busy),
  );
  await fleet.run("web-1");
  await fleet.ended(first);
  // The server ends between the commit that lets the next one begin and its beginning.
  fleet.restart();
  await fleet.run("web-1");
  assert.equal((await fleet.ended(second)).status, "Succeeded");
});

queued("one that waits can be stopped; no host hears of it, and the others go on", {
  hosts: 1,
  ...ROLLBACK,
}, async (fleet) => {
  const [first, second, third] = [
    await fleet.deploy("v1.zip"),
    await fleet.deploy("v2.zip"),
    await fleet.deploy("v3.zip"),
  ];
  assert.equal((await fleet.engine.stopDeployment(second, true)).status, "Succeeded");
  const stopped = await fleet.ended(second);
  assert.equal(fleet.show(second), " Stopped MANUAL_STOP");
  assert.equal(
    stopped.rollback.rollbackMessage,
    "No host was changed, so there is nothing to roll back.",
  );
  assert.equal((await fleet.engine.stopDeployment(second, true)).status, "Succeeded");
  assert.equal(statuses(fleet, first, third), "InProgress Queued");
  await fleet.run("web-1");
  await fleet.ended(first);
  await fleet.run("web-1");
  assert.equal((await fleet.ended(third)).status, "Succeeded");
});

queued("the rollback of a deployment goes before those that wait", {
  hosts: 1,
  ...ROLLBACK,
}, async (fleet) => {
  await fleet.succeed("v1.zip", "web-1");
  const failing = await fleet.deploy("v2.zip");
  const waiting = await fleet.deploy("v3.zip");
  await fleet.run("web-1", "SSSF");
  const { rollback } = await fleet.ended(failing);
  const rollbackId = rollback.rollbackDeploymentId ?? "";
  await fleet.settled();
  assert.equal(statuses(fleet, failing, rollbackId, waiting), "Failed InProgress Queued");
  const order = await fleet.run("web-1");
  assert.equal(order.specification.DeploymentId, rollbackId);
  await fleet.ended(rollbackId);
  await fleet.run("web-1");
  const last = await fleet.ended(waiting);
  assert.equal(last.status, "Succeeded");
  // What it replaced is what was there when it began, not when it was asked for.
  assert.deepEqual(last.request.previousRevision, revision("v1.zip"));
  assert.equal(last.request.keepArchiveOf, rollbackId);
});

queued("those that cannot begin end one after the other, and keep nobody waiting", {
  hosts: 1,
}, async (fleet) => {
  const ids = [await fleet.deploy("v1.zip")];
  for (const key of ["v2.zip", "v3.zip"]) ids.push(await fleet.deploy(key));
  await fleet.forget("web-1");
  await fleet.engine.stopDeployment(ids[0] ?? "", false);
  const [order] = fleet.targets(ids[0] ?? "");
  await fleet.engine.hosts.report(order?.command?.id ?? "", {
    kind: "completed",
    succeeded: false,
    events: [],
    failure: { code: 5, message: "stopped" },
  });
  for (const id of ids) await fleet.ended(id);
  assert.equal(statuses(fleet, ...ids), "Stopped Failed Failed");
});

queued("a restart of the application does not wait", { hosts: 1 }, async (fleet) => {
  await fleet.succeed("v1.zip", "web-1");
  await fleet.deploy("v2.zip");
  await assert.rejects(
    fleet.deploy("v1.zip", { revision: "restart" }),
    refused("DeploymentLimitExceededException", /already has an active Deployment/),
  );
  assert.equal(fleet.store.read.select().from(deployments).all().length, 2);
});
