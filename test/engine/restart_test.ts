/** The end of the server's process in the middle of a deployment, and what the next one makes of it. @module */
import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { deploymentGroups, deployments } from "../../core/store/schema.ts";
import onPremises from "../../plugins/targets/on_premises.ts";
import { type Fleet, fleetTest } from "./fleet.ts";

/** Lets `count` more commits through, then none: the process is about to end. */
function lastCommits(fleet: Fleet, count: number): void {
  fleet.refuseCommit = () => count-- > 0 ? undefined : new Error("the process is gone");
}

function restart(fleet: Fleet): void {
  fleet.refuseCommit = () => undefined;
  fleet.restart();
}

fleetTest(
  "an order nobody took is laid out again, the same but for a new end",
  { hosts: 2 },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    const { commandId } = await fleet.poll("web-1");
    const order = fleet.engine.hosts.order(commandId ?? "", "host");
    assert.ok(order);
    fleet.now += 60_000;
    restart(fleet);
    assert.deepEqual(await fleet.poll("web-1"), { cancel: [], commandId });
    const expiresAt = order.expiresAt + 60_000;
    assert.deepEqual(fleet.engine.hosts.order(commandId ?? "", "host"), { ...order, expiresAt });
    await fleet.finish(order);
    assert.equal(fleet.show(id), "SR InProgress");
  },
);

fleetTest(
  "a host in the middle of its order goes on, and the deployment finishes",
  { hosts: 3 },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    await fleet.run("web-1");
    const order = await fleet.take("web-2");
    await fleet.progress(order, "SSR");
    restart(fleet);
    assert.equal(fleet.show(id), "SRP InProgress");
    assert.deepEqual(await fleet.look("web-2", order.commandId), { cancel: [] });
    assert.deepEqual(await fleet.look("web-1"), { cancel: [] }, "a host that is done has no order");
    assert.deepEqual(await fleet.look("web-3"), { cancel: [] }, "the slot is not given twice");
    assert.equal(await fleet.progress(order, "SSSR"), "InProgress");
    await fleet.finish(order);
    const last = await fleet.run("web-3");
    assert.equal(last.nonce, last.issuedAt);
    assert.equal((await fleet.ended(id)).status, "Succeeded");
    assert.equal(fleet.show(id), "SSS Succeeded");
  },
);

fleetTest("a cancellation is told again", { hosts: 2 }, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const order = await fleet.take("web-1");
  await fleet.engine.stopDeployment(id, false);
  restart(fleet);
  assert.deepEqual(await fleet.poll("web-1", order.commandId), { cancel: [order.commandId] });
  await fleet.finish(order, "S");
  await fleet.ended(id);
  assert.equal(fleet.show(id), "FK Stopped MANUAL_STOP");
});

fleetTest(
  "a stop that asked for a rollback gets it after a restart",
  { hosts: 1 },
  async (fleet) => {
    await fleet.succeed("v1.zip", "web-1");
    const id = await fleet.deploy("v2.zip");
    const order = await fleet.take("web-1");
    await fleet.engine.stopDeployment(id, true);
    restart(fleet);
    await fleet.finish(order, "S");
    const back = (await fleet.ended(id)).rollback.rollbackDeploymentId;
    await fleet.run("web-1");
    assert.equal((await fleet.ended(back ?? "")).status, "Succeeded");
  },
);

fleetTest(
  "a deployment that was created and no more begins with the next start",
  { hosts: 1 },
  async (fleet) => {
    lastCommits(fleet, 1);
    const id = await fleet.deploy("v1.zip");
    await fleet.settled();
    assert.equal(fleet.show(id), " Created");
    restart(fleet);
    await fleet.run("web-1");
    assert.equal((await fleet.ended(id)).status, "Succeeded");
  },
);

fleetTest("a rollback that was created and no more runs with the next start", {
  hosts: 1,
  autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
}, async (fleet) => {
  await fleet.succeed("v1.zip", "web-1");
  const id = await fleet.deploy("v2.zip");
  const order = await fleet.take("web-1");
  lastCommits(fleet, 1);
  await fleet.finish(order, "F");
  const back = fleet.engine.deployment(id).rollback.rollbackDeploymentId ?? "";
  assert.equal(fleet.show(back), " Created");
  restart(fleet);
  await fleet.run("web-1");
  assert.equal((await fleet.ended(back)).status, "Succeeded");
});

fleetTest("a failing rollout still ends when its last host does", {
  hosts: 4,
  deploymentConfigName: "CodeDeployDefault.HalfAtATime",
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const [one, two] = [await fleet.take("web-1"), await fleet.take("web-2")];
  await fleet.finish(one, "F");
  restart(fleet);
  assert.equal(fleet.show(id), "FRPP InProgress");
  await fleet.finish(two, "F");
  await fleet.ended(id);
  assert.equal(fleet.show(id), "FFKK Failed HEALTH_CONSTRAINTS");
});

fleetTest("a deployment that ended is left alone", { hosts: 1 }, async (fleet) => {
  const id = await fleet.succeed("v1.zip", "web-1");
  const before = fleet.engine.deployment(id);
  restart(fleet);
  await fleet.settled();
  assert.deepEqual(fleet.engine.deployment(id), before);
  assert.deepEqual(await fleet.look("web-1"), { cancel: [] });
});

fleetTest(
  "where the group was deleted, the deployment and its hosts end",
  { hosts: 2 },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    await fleet.progress(order, "SR");
    await fleet.store.commit((tx) => tx.delete(deploymentGroups).run());
    restart(fleet);
    const { overview } = await fleet.ended(id);
    assert.equal(fleet.show(id), "FK Failed DEPLOYMENT_GROUP_MISSING");
    assert.deepEqual([overview.Failed, overview.Skipped, overview.InProgress], [1, 1, 0]);
    const event = fleet.targets(id)[0]?.events[1];
    assert.equal(event?.status, "Failed");
    assert.match(
      event?.diagnostics?.message ?? "",
      /^The deployment group was deleted.*have failed/,
    );
    assert.equal(await fleet.finish(order), "Failed");
  },
);

fleetTest("where a plugin is gone, the deployment fails and names it, and so does its rollback", {
  hosts: 1,
  autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
}, async (fleet) => {
  await fleet.succeed("v1.zip", "web-1");
  const id = await fleet.deploy("v2.zip");
  await fleet.take("web-1");
  fleet.plugins = [onPremises];
  restart(fleet);
  const { error, rollback } = await fleet.ended(id);
  assert.deepEqual(error, {
    code: "INTERNAL_ERROR",
    message: "The strategy minimum-healthy-hosts is not loaded.",
  });
  const back = await fleet.ended(rollback.rollbackDeploymentId ?? "");
  assert.equal(back.error?.code, "INTERNAL_ERROR");
  const { id: backId } = back;
  const all = fleet.store.read.select().from(deployments).where(eq(deployments.id, backId)).all();
  assert.deepEqual(all[0]?.rollback.rollbackTriggeringDeploymentId, id);
});

fleetTest(
  "the order of a deployment that restarts the application is the same afterwards",
  { hosts: 1 },
  async (fleet) => {
    const first = await fleet.succeed("v1.zip", "web-1");
    const id = await fleet.deploy("", { revision: "restart" });
    const { commandId } = await fleet.poll("web-1");
    restart(fleet);
    const order = await fleet.take("web-1");
    assert.equal(order.commandId, commandId);
    assert.equal(order.specification.ReuseArchiveFromDeploymentId, first);
    await fleet.finish(order);
    assert.equal((await fleet.ended(id)).status, "Succeeded");
  },
);
