/** Deployments that fail or are stopped, and the rollbacks that follow. @module */
import assert from "node:assert/strict";
import { deployments } from "../../core/store/schema.ts";
import { revision } from "../rollout/letters.ts";
import { fleetTest, refused } from "./fleet.ts";

const ON_FAILURE = {
  autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE" as const] },
};

fleetTest("a failure is followed by a rollback that succeeds; both say so", {
  hosts: 3,
  ...ON_FAILURE,
}, async (fleet) => {
  const good = await fleet.succeed("v1.zip", "web-1", "web-2", "web-3");
  const bad = await fleet.deploy("v2.zip", { fileExistsBehavior: "OVERWRITE" });
  await fleet.run("web-1", "SSSSSF");
  const { rollback } = await fleet.ended(bad);
  const id = rollback.rollbackDeploymentId ?? "";
  assert.equal(
    rollback.rollbackMessage,
    `Deployment ${bad} terminated. Automatic rollback is triggered with a DeploymentId ${id}.`,
  );
  const order = await fleet.run("web-1");
  assert.equal(order.specification.DeploymentCreator, "codeDeployRollback");
  const back = await fleet.ended(id);
  assert.equal(back.status, "Succeeded");
  assert.equal(fleet.show(id), "SKK Succeeded", "who was not changed is left alone");
  assert.deepEqual(back.rollback, {
    rollbackTriggeringDeploymentId: bad,
    rollbackMessage: `Deployment ${id} is triggered to roll back deployment ${bad}.`,
  });
  assert.equal(order.specification.ReuseArchiveFromDeploymentId, good);
  assert.equal("KeepArchiveOfDeploymentId" in order.specification, false);
  const { creator, revision: taken, fileExistsBehavior, rollbackOf } = back.request;
  assert.deepEqual(
    { creator, taken, fileExistsBehavior, rollbackOf },
    {
      creator: "codeDeployRollback",
      taken: revision("v1.zip"),
      fileExistsBehavior: fleet.engine.deployment(good).request.fileExistsBehavior,
      rollbackOf: bad,
    },
  );
  assert.deepEqual(fleet.group().targetRevision, revision("v1.zip"));
  assert.equal(fleet.group().lastSuccessfulDeploymentId, id);
  assert.equal(fleet.group().lastAttemptedDeploymentId, id);
});

fleetTest(
  "a rollback that fails is not rolled back",
  { hosts: 2, ...ON_FAILURE },
  async (fleet) => {
    await fleet.succeed("v1.zip", "web-1", "web-2");
    const bad = await fleet.deploy("v2.zip");
    await fleet.run("web-1", "F");
    const id = (await fleet.ended(bad)).rollback.rollbackDeploymentId ?? "";
    await fleet.run("web-1", "F");
    const back = await fleet.ended(id);
    assert.equal(back.status, "Failed");
    assert.equal(back.rollback.rollbackDeploymentId, undefined);
    assert.equal(fleet.store.read.select().from(deployments).all().length, 3);
  },
);

fleetTest("without an earlier success there is no rollback, and it says why", {
  hosts: 1,
  ...ON_FAILURE,
}, async (fleet) => {
  const bad = await fleet.deploy("v1.zip");
  await fleet.run("web-1", "F");
  assert.deepEqual((await fleet.ended(bad)).rollback, {
    rollbackMessage: "The deployment group has no earlier successful deployment to roll back to.",
  });
  assert.equal(fleet.store.read.select().from(deployments).all().length, 1);
});

fleetTest(
  "a stop lets the running host end its event, then rolls back when asked",
  { hosts: 3 },
  async (fleet) => {
    await fleet.succeed("v1.zip", "web-1", "web-2", "web-3");
    const id = await fleet.deploy("v2.zip");
    await fleet.run("web-1");
    const order = await fleet.take("web-2");
    await fleet.progress(order, "SSR");
    const waiting = fleet.poll("web-2", order.commandId);
    const answer = await fleet.engine.stopDeployment(id, true);
    assert.equal(answer.status, "Pending");
    assert.deepEqual(await waiting, { cancel: [order.commandId] });
    assert.equal(fleet.show(id), "SRK InProgress");
    assert.equal((await fleet.engine.stopDeployment(id, false)).status, "Pending");
    await fleet.finish(order, "SSS");
    const ended = await fleet.ended(id);
    assert.equal(fleet.show(id), "SFK Stopped MANUAL_STOP");
    const stopped = fleet.targets(id)[1]?.events.map((event) => event.status);
    assert.deepEqual(stopped, ["Succeeded", "Succeeded", "Failed", ...Array(4).fill("Skipped")]);
    assert.equal((await fleet.engine.stopDeployment(id, false)).status, "Succeeded");
    const back = ended.rollback.rollbackDeploymentId ?? "";
    await fleet.run("web-2");
    await fleet.run("web-1");
    assert.equal((await fleet.ended(back)).status, "Succeeded");
  },
);

fleetTest("a stop without a word of rollback leaves it at that", { hosts: 2 }, async (fleet) => {
  await fleet.succeed("v1.zip", "web-1", "web-2");
  const id = await fleet.deploy("v2.zip");
  const order = await fleet.take("web-1");
  await fleet.engine.stopDeployment(id, false);
  await fleet.finish(order, "S");
  assert.deepEqual((await fleet.ended(id)).rollback, {});
  assert.equal(fleet.store.read.select().from(deployments).all().length, 2);
});

fleetTest("what has ended cannot be stopped", { hosts: 1 }, async (fleet) => {
  const id = await fleet.succeed("v1.zip", "web-1");
  await assert.rejects(
    fleet.engine.stopDeployment(id, false),
    refused("DeploymentAlreadyCompletedException", /it is Succeeded/),
  );
  await assert.rejects(
    fleet.engine.stopDeployment("d-000000000", false),
    refused("DeploymentDoesNotExistException", /d-000000000/),
  );
});
