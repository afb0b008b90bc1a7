import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "../../core/domain/limits.ts";
import type { RevisionLocation } from "../../core/domain/revision.ts";
import { request } from "../rollout/letters.ts";
import { type Refusal, testRefusalsOf } from "./refusals.ts";
import { bundle, GROUP, nthDeployment, openShop, putDeployment, START } from "./shop.ts";

const FIRST = nthDeployment(0);
const UNKNOWN = "d-ZZZZZZZZZ";
const REVISION = bundle("v1.zip");
const CREATED = (START + 1_000) / 1_000;

/** DeploymentInfo of a deployment with no wishes of its own, as it runs on two hosts. */
const RUNNING = {
  ...GROUP,
  deploymentConfigName: "CodeDeployDefault.OneAtATime",
  deploymentId: FIRST,
  revision: REVISION,
  status: "InProgress",
  createTime: CREATED,
  startTime: CREATED,
  deploymentOverview: {
    Pending: 1,
    InProgress: 1,
    Succeeded: 0,
    Failed: 0,
    Skipped: 0,
    Ready: 0,
  },
  creator: "user",
  ignoreApplicationStopFailures: false,
  updateOutdatedInstancesOnly: false,
  rollbackInfo: {},
  deploymentStyle: {
    deploymentType: "IN_PLACE",
    deploymentOption: "WITHOUT_TRAFFIC_CONTROL",
  },
  instanceTerminationWaitTimeStarted: false,
  fileExistsBehavior: "DISALLOW",
  deploymentStatusMessages: [],
  computePlatform: "Server",
};

test("a deployment is shown with what is set and nothing else, while it runs and at its end", async () => {
  await using shop = await openShop(2);
  const [web1, web2] = shop.hosts;
  const deploymentId = await shop.deploy("v1.zip");
  assert.equal(deploymentId, FIRST);
  const order = await web1!.take();
  assert.deepEqual(await shop.call("GetDeployment", { deploymentId }), { deploymentInfo: RUNNING });
  await web1!.complete(order);
  shop.clock.now += 2_000;
  await web2!.run();
  assert.deepEqual(await shop.ended(deploymentId), {
    ...RUNNING,
    status: "Succeeded",
    completeTime: CREATED + 2,
    deploymentOverview: { ...RUNNING.deploymentOverview, Pending: 0, InProgress: 0, Succeeded: 2 },
  });
});

test("a failed deployment and its rollback name each other", async () => {
  await using shop = await openShop(1);
  const [web1] = shop.hosts;
  const good = await shop.deploy("v1.zip");
  await web1!.run();
  await shop.ended(good);
  const autoRollbackConfiguration = { enabled: true, events: ["DEPLOYMENT_FAILURE"] };
  const bad = await shop.deploy("v2.zip", { autoRollbackConfiguration });
  await web1!.run("SSSF");
  const failed = await shop.ended(bad);
  assert.equal(failed.status, "Failed");
  assert.equal(failed.errorInformation.code, "HEALTH_CONSTRAINTS");
  const { rollbackDeploymentId } = failed.rollbackInfo;
  assert.deepEqual(failed.rollbackInfo, {
    rollbackDeploymentId,
    rollbackMessage: `Deployment ${bad} terminated. Automatic rollback is triggered with a ` +
      `DeploymentId ${rollbackDeploymentId}.`,
  });
  await web1!.run();
  const rollback = await shop.ended(rollbackDeploymentId);
  assert.equal(rollback.status, "Succeeded");
  assert.equal(rollback.creator, "codeDeployRollback");
  assert.deepEqual(rollback.revision, REVISION);
  assert.deepEqual(rollback.rollbackInfo, {
    rollbackTriggeringDeploymentId: bad,
    rollbackMessage:
      `Deployment ${rollbackDeploymentId} is triggered to roll back deployment ${bad}.`,
  });
});

const appSpec = (content?: string): RevisionLocation => ({
  revisionType: "AppSpecContent",
  appSpecContent: { sha256: "ab".repeat(32), ...(content !== undefined && { content }) },
});
const text = (content?: string): RevisionLocation => ({
  revisionType: "String",
  string: { sha256: "cd".repeat(32), ...(content !== undefined && { content }) },
});

test("the text of a revision is never shown, its hash is", async () => {
  await using shop = await openShop(0);
  await putDeployment(shop, {
    id: FIRST,
    status: "Succeeded",
    request: request({ revision: appSpec("version: 0.0"), previousRevision: text("old") }),
  });
  const { deploymentInfo } = await shop.call("GetDeployment", { deploymentId: FIRST });
  assert.deepEqual(deploymentInfo.revision, appSpec());
  assert.deepEqual(deploymentInfo.previousRevision, text());
  const batch = await shop.call("BatchGetDeployments", { deploymentIds: [FIRST] });
  assert.deepEqual(batch.deploymentsInfo, [deploymentInfo]);
});

test("a deployment outlives its group: what was deleted has no name left to show", async () => {
  await using shop = await openShop(1);
  const id = await shop.deploy("v1.zip");
  await shop.hosts[0]!.run();
  await shop.ended(id);
  await shop.call("DeleteDeploymentGroup", GROUP);
  const { deploymentInfo } = await shop.call("GetDeployment", { deploymentId: id });
  assert.equal(deploymentInfo.applicationName, "shop");
  assert.equal("deploymentGroupName" in deploymentInfo, false);
});

test("BatchGetDeployments answers in the order asked and drops unknown ids without a word", async () => {
  await using shop = await openShop(1);
  const first = await shop.deploy("v1.zip");
  await shop.hosts[0]!.run();
  const info = await shop.ended(first);
  const second = await shop.deploy("v2.zip");
  await shop.hosts[0]!.take();
  const deploymentIds = [second, UNKNOWN, first];
  const answer = await shop.call("BatchGetDeployments", { deploymentIds });
  assert.deepEqual(Object.keys(answer), ["deploymentsInfo"]);
  const ids = answer.deploymentsInfo.map((one: { deploymentId: string }) => one.deploymentId);
  assert.deepEqual(ids, [second, first]);
  assert.deepEqual(answer.deploymentsInfo[1], info);
  const none = await shop.call("BatchGetDeployments", { deploymentIds: [UNKNOWN] });
  assert.deepEqual(none, { deploymentsInfo: [] });
});

test("a stop waits for the host that runs, then the deployment is Stopped and may be stopped again", async () => {
  await using shop = await openShop(2);
  const [web1, web2] = shop.hosts;
  const deploymentId = await shop.deploy("v1.zip");
  const order = await web1!.take();
  await web1!.update(order, "SR");
  const stopping = await shop.call("StopDeployment", { deploymentId });
  assert.deepEqual(stopping, {
    status: "Pending",
    statusMessage: "Waiting for the events that are running now to end.",
  });
  assert.deepEqual(await shop.call("StopDeployment", { deploymentId }), stopping);
  assert.deepEqual(await web1!.poll({ Running: [order.commandId] }), { Cancel: [order.commandId] });
  await web1!.complete(order, "SS");
  const info = await shop.ended(deploymentId);
  assert.equal(info.status, "Stopped");
  assert.equal(info.errorInformation.code, "MANUAL_STOP");
  assert.equal(info.deploymentOverview.Skipped, 1);
  assert.deepEqual(info.rollbackInfo, {});
  assert.deepEqual(await web2!.poll(), {});
  const again = await shop.call("StopDeployment", { deploymentId });
  assert.equal(again.status, "Succeeded");
  assert.deepEqual(Object.keys(again), ["status", "statusMessage"]);
});

test("a stop with autoRollbackEnabled brings the last good revision back", async () => {
  await using shop = await openShop(1);
  const [web1] = shop.hosts;
  const good = await shop.deploy("v1.zip");
  await web1!.run();
  await shop.ended(good);
  const deploymentId = await shop.deploy("v2.zip");
  const order = await web1!.take();
  await shop.call("StopDeployment", { deploymentId, autoRollbackEnabled: true });
  await web1!.complete(order, "SS");
  const { rollbackInfo } = await shop.ended(deploymentId);
  await web1!.run();
  const rollback = await shop.ended(rollbackInfo.rollbackDeploymentId);
  assert.deepEqual(rollback.revision, bundle("v1.zip"));
});

for (const letters of ["SSSSSSS", "SF"]) {
  test(`a deployment that ended by itself is not stopped (${letters})`, async () => {
    await using shop = await openShop(1);
    const deploymentId = await shop.deploy("v1.zip");
    await shop.hosts[0]!.run(letters);
    await shop.ended(deploymentId);
    const type = "DeploymentAlreadyCompletedException";
    await shop.refuses("StopDeployment", { deploymentId }, type, new RegExp(deploymentId));
  });
}

const ids = (count: number) => Array.from({ length: count }, (_, n) => nthDeployment(n));
const idRefusals = (operation: string): Refusal[] => [
  [operation, {}, "DeploymentIdRequired"],
  [operation, { deploymentId: "" }, "DeploymentIdRequired"],
  [operation, { deploymentId: "d-1" }, "InvalidDeploymentId"],
  [operation, { deploymentId: UNKNOWN.toLowerCase() }, "InvalidDeploymentId"],
  [operation, { deploymentId: 1 }, "Serialization"],
  [operation, { deploymentId: UNKNOWN }, "DeploymentDoesNotExist", new RegExp(UNKNOWN)],
];
testRefusalsOf([
  ...idRefusals("GetDeployment"),
  ...idRefusals("StopDeployment"),
  ["StopDeployment", { deploymentId: FIRST, autoRollbackEnabled: "yes" }, "Serialization"],
  ["BatchGetDeployments", {}, "DeploymentIdRequired"],
  ["BatchGetDeployments", { deploymentIds: [] }, "DeploymentIdRequired"],
  ["BatchGetDeployments", { deploymentIds: [FIRST, "d-1"] }, "InvalidDeploymentId"],
  ["BatchGetDeployments", { deploymentIds: FIRST }, "Serialization"],
  ["BatchGetDeployments", { deploymentIds: ids(LIMITS.batch + 1) }, "BatchLimitExceeded"],
], () => openShop(1));

test("BatchGetDeployments takes as many ids as its limit", async () => {
  await using shop = await openShop(0);
  const deploymentIds = ids(LIMITS.batch);
  const answer = await shop.call("BatchGetDeployments", { deploymentIds });
  assert.deepEqual(answer, { deploymentsInfo: [] });
});

test("StopDeployment is not for viewers", async () => {
  await using shop = await openShop(1);
  const deploymentId = await shop.deploy("v1.zip");
  await shop.hosts[0]!.take();
  const type = "AccessDeniedException";
  await shop.refuses("StopDeployment", { deploymentId }, type, /deployer/, "viewer");
});
