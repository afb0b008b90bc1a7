import assert from "node:assert/strict";
import { test } from "node:test";
import { bundle, GROUP, openShop, type Shop } from "./shop.ts";
import type { Answer } from "./test_api.ts";

const RESTART = { ...GROUP, deploymentMode: "RESTART" };
const AUTO = { enabled: true, events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"] };

async function restart(shop: Shop, changes: object = {}): Promise<string> {
  shop.clock.now += 1_000;
  return (await shop.call("CreateDeployment", { ...RESTART, ...changes })).deploymentId;
}

/** One deployment that succeeded on all hosts, one after the other. */
async function deployed(shop: Shop, key: string, changes: object = {}): Promise<string> {
  const id = await shop.deploy(key, changes);
  for (const host of shop.hosts) await host.run();
  assert.equal((await shop.ended(id)).status, "Succeeded");
  return id;
}

const info = async (shop: Shop, deploymentId: string): Promise<Answer> =>
  (await shop.call("GetDeployment", { deploymentId })).deploymentInfo;

test("a restart takes the last successful revision, and its order names whose bundle to reuse", async () => {
  await using shop = await openShop(1);
  const first = await deployed(shop, "v1.zip", { fileExistsBehavior: "RETAIN" });
  const broken = await shop.deploy("v2.zip");
  await shop.hosts[0]!.run("SSF");
  await shop.ended(broken);
  const again = await restart(shop);
  const { specification, events } = await shop.hosts[0]!.run();
  assert.equal(specification.ReuseArchiveFromDeploymentId, first);
  assert.deepEqual(specification.Revision, {
    RevisionType: "S3",
    S3Revision: {
      Bucket: "bundles",
      Key: "v1.zip",
      BundleType: "zip",
      Version: null,
      ETag: null,
    },
  });
  // Files that were kept then would be in the way of a DISALLOW.
  const { FileExistsBehavior } = specification.AgentActionOverrides.AgentOverrides;
  assert.equal(FileExistsBehavior, "RETAIN");
  assert.equal(events.length, 7);
  const { deploymentMode, revision, status, creator } = await shop.ended(again);
  assert.deepEqual([deploymentMode, revision, status, creator], [
    "RESTART",
    bundle("v1.zip"),
    "Succeeded",
    "user",
  ]);
});

test("trap 52: of a STANDARD deployment the mode is not shown, given or not", async () => {
  await using shop = await openShop(1);
  for (const changes of [{}, { deploymentMode: "STANDARD" }]) {
    const id = await deployed(shop, "v1.zip", changes);
    assert.equal("deploymentMode" in await info(shop, id), false);
  }
});

test("a restart of a restart reuses what that one left; its wishes are its own", async () => {
  await using shop = await openShop(1);
  await deployed(shop, "v1.zip");
  const second = await restart(shop);
  await shop.hosts[0]!.run();
  await shop.ended(second);
  const third = await restart(shop, { fileExistsBehavior: "OVERWRITE", description: "why" });
  const { specification } = await shop.hosts[0]!.run();
  assert.equal(specification.ReuseArchiveFromDeploymentId, second);
  const { FileExistsBehavior } = specification.AgentActionOverrides.AgentOverrides;
  assert.equal(FileExistsBehavior, "OVERWRITE");
  const { description, status } = await shop.ended(third);
  assert.deepEqual([description, status], ["why", "Succeeded"]);
  const { deploymentGroupInfo } = await shop.call("GetDeploymentGroup", GROUP);
  assert.deepEqual(deploymentGroupInfo.targetRevision, bundle("v1.zip"));
});

test("a restart that fails is not rolled back, however often it is tried", async () => {
  await using shop = await openShop(1, { autoRollbackConfiguration: AUTO });
  await deployed(shop, "v1.zip");
  for (let attempt = 0; attempt < 2; attempt++) {
    const id = await restart(shop);
    await shop.hosts[0]!.run("SSSSSF");
    const { status, rollbackInfo } = await shop.ended(id);
    assert.equal(status, "Failed");
    assert.deepEqual(rollbackInfo, {
      rollbackMessage: "A restart changes no revision, so there is nothing to roll back to.",
    });
  }
  const { deployments } = await shop.call("ListDeployments", GROUP);
  assert.equal(deployments.length, 3);
});

test("a failed deployment after a restart rolls back to the bundle that the restart has kept", async () => {
  await using shop = await openShop(1, { autoRollbackConfiguration: AUTO });
  await deployed(shop, "v1.zip");
  const again = await restart(shop);
  await shop.hosts[0]!.run();
  await shop.ended(again);
  const broken = await shop.deploy("v2.zip");
  const failing = await shop.hosts[0]!.run("SSSSF");
  assert.equal(failing.specification.KeepArchiveOfDeploymentId, again);
  assert.equal("ReuseArchiveFromDeploymentId" in failing.specification, false);
  const { rollbackInfo } = await shop.ended(broken);
  const { specification } = await shop.hosts[0]!.run();
  assert.equal(specification.ReuseArchiveFromDeploymentId, again);
  const rollback = await shop.ended(rollbackInfo.rollbackDeploymentId);
  assert.deepEqual(rollback.revision, bundle("v1.zip"));
  assert.equal("deploymentMode" in rollback, false);
});

test("a group that was never deployed to has nothing to restart", async () => {
  await using shop = await openShop(1);
  const type = "RevisionDoesNotExistException";
  await shop.refuses("CreateDeployment", RESTART, type, /group prod has no successful deployment/);
  const id = await shop.deploy("v1.zip");
  await shop.hosts[0]!.run("F");
  await shop.ended(id);
  await shop.refuses("CreateDeployment", RESTART, type);
});

test("a restart of a busy group is refused with the id of its deployment", async () => {
  await using shop = await openShop(1);
  await deployed(shop, "v1.zip");
  const id = await restart(shop);
  await shop.hosts[0]!.take();
  const type = "DeploymentLimitExceededException";
  await shop.refuses("CreateDeployment", RESTART, type, new RegExp(id));
});

const misfits: [what: string, changes: object, type: string, message?: RegExp][] = [
  ["a revision", { revision: bundle("v1.zip") }, "InvalidRevision", /leave revision out/],
  [
    "outdated hosts alone",
    { updateOutdatedInstancesOnly: true },
    "InvalidUpdateOutdatedInstancesOnlyValue",
    /RESTART/,
  ],
  ["target instances", { targetInstances: {} }, "InvalidTargetInstances"],
];
for (const [what, changes, type, message] of misfits) {
  test(`a restart does not go with ${what}`, async () => {
    await using shop = await openShop(1);
    await deployed(shop, "v1.zip");
    const input = { ...RESTART, ...changes };
    await shop.refuses("CreateDeployment", input, `${type}Exception`, message);
  });
}

test("a restart is for in-place deployments to Server", async () => {
  const deploymentStyle = {
    deploymentType: "BLUE_GREEN",
    deploymentOption: "WITH_TRAFFIC_CONTROL",
  };
  await using shop = await openShop(0, { deploymentStyle });
  const type = "InvalidInputException";
  await shop.refuses("CreateDeployment", RESTART, type, /not for a blue\/green deployment group/);
  await shop.call("CreateApplication", { applicationName: "fn", computePlatform: "Lambda" });
  const group = { applicationName: "fn", deploymentGroupName: "prod" };
  await shop.call("CreateDeploymentGroup", {
    ...group,
    serviceRoleArn: "arn:aws:iam::000000000000:role/deploy",
    deploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce",
    deploymentStyle,
  });
  const input = { ...RESTART, ...group };
  const platform = "InvalidComputePlatformException";
  await shop.refuses("CreateDeployment", input, platform, /not for an application for Lambda/);
});

test("two restarts asked for at the same time are one restart and one refusal", async () => {
  await using shop = await openShop(1);
  await deployed(shop, "v1.zip");
  const both = await Promise.allSettled([restart(shop), restart(shop)]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});
