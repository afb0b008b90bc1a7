/**
 * What operations mean beyond their members (spec 1.3), where no test of the operation itself says
 * it already.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PUBLIC_SERVICES } from "./operation_table.ts";
import { ACCEPTED } from "./reachable_errors/accepted.ts";
import { openWorld } from "./reachable_errors/world.ts";
import { bundle, GROUP, nthDeployment, openShop, putDeployment, type Shop } from "./shop.ts";
import { openTestApi } from "./test_api.ts";

const SHOP = { applicationName: "shop" };
const ROLE = "arn:aws:iam::000000000000:role/deploy";

/** Deploys and runs on the only host, to the deployment's end. */
async function deployed(shop: Shop, key: string, changes: object = {}): Promise<string> {
  const id = await shop.deploy(key, changes);
  await shop.hosts[0]!.run();
  await shop.ended(id);
  return id;
}

test("spec 1.3 UpdateApplication: revisions and deployments follow the new name", async () => {
  await using shop = await openShop(1);
  const deploymentId = await deployed(shop, "v1.zip");
  const before = await shop.call("GetApplicationRevision", { ...SHOP, revision: bundle("v1.zip") });
  await shop.call("UpdateApplication", { ...SHOP, newApplicationName: "store" });
  const store = { applicationName: "store" };
  const { revisions } = await shop.call("ListApplicationRevisions", store);
  assert.deepEqual(revisions, [bundle("v1.zip")]);
  const after = await shop.call("GetApplicationRevision", { ...store, revision: bundle("v1.zip") });
  assert.deepEqual(after, { ...before, ...store });
  const { deploymentInfo } = await shop.call("GetDeployment", { deploymentId });
  assert.equal(deploymentInfo.applicationName, "store");
  const { deployments } = await shop.call("ListDeployments", { ...GROUP, ...store });
  assert.deepEqual(deployments, [deploymentId]);
  await shop.refuses("ListDeployments", GROUP, "ApplicationDoesNotExistException");
});

test("spec 1.3 UpdateDeploymentGroup: id, deployments and settings stay with a new name", async () => {
  await using shop = await openShop(1);
  const id = await deployed(shop, "v1.zip");
  const { deploymentGroupInfo: before } = await shop.call("GetDeploymentGroup", GROUP);
  const rename = { currentDeploymentGroupName: "prod", newDeploymentGroupName: "live" };
  await shop.call("UpdateDeploymentGroup", { ...SHOP, ...rename });
  const live = { ...SHOP, deploymentGroupName: "live" };
  const { deploymentGroupInfo: after } = await shop.call("GetDeploymentGroup", live);
  assert.deepEqual(after, { ...before, deploymentGroupName: "live" });
  assert.deepEqual((await shop.call("ListDeployments", live)).deployments, [id]);
  await shop.refuses("GetDeploymentGroup", GROUP, "DeploymentGroupDoesNotExistException");
});

const S3 = bundle("v1.zip").s3Location;
const commitId = "0123456789abcdef0123456789abcdef01234567";
const gitHub = (changes: object) => ({
  revisionType: "GitHub",
  gitHubLocation: { repository: "acme/shop", commitId, ...changes },
});
const s3 = (changes: object) => ({ revisionType: "S3", s3Location: { ...S3, ...changes } });
const others: [what: string, one: object, other: object][] = [
  ["another bucket", s3({}), s3({ bucket: "others" })],
  ["another key", s3({}), s3({ key: "v2.zip" })],
  ["another bundle type", s3({}), s3({ bundleType: "tgz" })],
  ["an eTag", s3({}), s3({ eTag: "a" })],
  ["another eTag", s3({ eTag: "a" }), s3({ eTag: "b" })],
  ["another version", s3({ version: "a" }), s3({ version: "b" })],
  ["another repository", gitHub({}), gitHub({ repository: "acme/store" })],
  ["another commit", gitHub({}), gitHub({ commitId: commitId.replace("0", "f") })],
];
for (const [what, one, other] of others) {
  test(`spec 1.3 revision identity: with ${what} it is another revision`, async () => {
    using api = await openTestApi();
    await api.call("CreateApplication", SHOP);
    await api.call("RegisterApplicationRevision", { ...SHOP, revision: one });
    await api.call("GetApplicationRevision", { ...SHOP, revision: one });
    const asked = { ...SHOP, revision: other };
    await api.refuses("GetApplicationRevision", asked, "RevisionDoesNotExistException");
    await api.call("RegisterApplicationRevision", asked);
    const { revisions } = await api.call("ListApplicationRevisions", SHOP);
    assert.equal(revisions.length, 2);
  });
}

test("spec 1.3 ListApplicationRevisions: without an order it is ascending", async () => {
  await using shop = await openShop(1);
  for (const key of ["b.zip", "a.zip", "c.zip"]) await deployed(shop, key);
  const sorted = { ...SHOP, sortBy: "firstUsedTime" };
  const { revisions } = await shop.call("ListApplicationRevisions", sorted);
  assert.deepEqual(revisions, ["b.zip", "a.zip", "c.zip"].map(bundle));
});

const CONFIGS = {
  Server: "CodeDeployDefault.AllAtOnce",
  Lambda: "CodeDeployDefault.LambdaAllAtOnce",
  ECS: "CodeDeployDefault.ECSAllAtOnce",
} as const;
for (const computePlatform of ["Server", "Lambda", "ECS"] as const) {
  test(`spec 1.3 CreateDeploymentGroup: ${computePlatform} takes a config of its own platform alone`, async () => {
    using api = await openTestApi();
    await api.call("CreateApplication", { ...SHOP, computePlatform });
    for (const [platform, deploymentConfigName] of Object.entries(CONFIGS)) {
      const deploymentGroupName = `with-${platform}`;
      const group = { ...SHOP, deploymentGroupName, deploymentConfigName, serviceRoleArn: ROLE };
      if (platform === computePlatform) {
        await api.call("CreateDeploymentGroup", group);
        continue;
      }
      const says = new RegExp(`is a config for ${platform}, the application is for`);
      await api.refuses(
        "CreateDeploymentGroup",
        group,
        "InvalidDeploymentConfigNameException",
        says,
      );
    }
  });
}

const STOP_RULE = { enabled: true, events: ["DEPLOYMENT_STOP_ON_REQUEST"] };
const FAILURE_RULE = { enabled: true, events: ["DEPLOYMENT_FAILURE"] };
const OFF = { enabled: false, events: ["DEPLOYMENT_STOP_ON_REQUEST"] };
type Rules = [what: string, group: object | undefined, own: object | undefined];
const stops: [...Rules, asked: boolean | undefined, rollsBack: boolean][] = [
  ["the group's rule", STOP_RULE, undefined, undefined, true],
  ["the group's rule, and false is asked", STOP_RULE, undefined, false, true],
  ["another rule of the group", FAILURE_RULE, undefined, undefined, false],
  ["no rule", undefined, undefined, undefined, false],
  ["no rule, and true is asked", undefined, undefined, true, true],
  ["trap 40, its own rule in place of the group's", STOP_RULE, FAILURE_RULE, undefined, false],
  ["trap 40, its own rule where the group has another", FAILURE_RULE, STOP_RULE, undefined, true],
  ["trap 40, its own rules switched off", STOP_RULE, OFF, undefined, false],
];
for (const [what, group, own, autoRollbackEnabled, rollsBack] of stops) {
  const ends = rollsBack ? "is rolled back" : "stays stopped";
  test(`spec 1.3 StopDeployment: with ${what} a deployment ${ends}`, async () => {
    await using shop = await openShop(1, { autoRollbackConfiguration: group });
    await deployed(shop, "v1.zip");
    const deploymentId = await shop.deploy("v2.zip", { autoRollbackConfiguration: own });
    const order = await shop.hosts[0]!.take();
    await shop.call("StopDeployment", { deploymentId, autoRollbackEnabled });
    await shop.hosts[0]!.complete(order, "SS");
    const { status, rollbackInfo } = await shop.ended(deploymentId);
    assert.equal(status, "Stopped");
    assert.equal(rollbackInfo.rollbackDeploymentId !== undefined, rollsBack);
  });
}

test("spec 1.3 CreateDeployment, trap 40: its alarms take the place of the group's, none are added", async () => {
  const alarms = (name: string) => ({
    enabled: true,
    ignorePollAlarmFailure: true,
    alarms: [{ name }],
  });
  await using shop = await openShop(1, { alarmConfiguration: alarms("of-the-group") });
  const own = { ...alarms("of-the-deployment"), enabled: false };
  const deploymentId = await deployed(shop, "v1.zip", { overrideAlarmConfiguration: own });
  const { deploymentInfo } = await shop.call("GetDeployment", { deploymentId });
  assert.deepEqual(deploymentInfo.overrideAlarmConfiguration, own);
  const { deploymentGroupInfo } = await shop.call("GetDeploymentGroup", GROUP);
  assert.deepEqual(deploymentGroupInfo.alarmConfiguration, alarms("of-the-group"));
});

test("spec 1.3 CreateDeployment: alarms that nobody can read may be switched off for one deployment", async () => {
  const alarmConfiguration = { enabled: true, alarms: [{ name: "latency" }] };
  await using shop = await openShop(1, { alarmConfiguration });
  const refused = { ...GROUP, revision: bundle("v1.zip") };
  await shop.refuses("CreateDeployment", refused, "InvalidAlarmConfigException");
  await deployed(shop, "v1.zip", { overrideAlarmConfiguration: { enabled: false } });
});

test("spec 1.3 CreateDeployment, trap 52: a RESTART says so on read, and takes no revision", async () => {
  await using shop = await openShop(1);
  await deployed(shop, "v1.zip");
  const id = await shop.deploy("unused", { revision: undefined, deploymentMode: "RESTART" });
  const { deploymentInfo } = await shop.call("GetDeployment", { deploymentId: id });
  assert.equal(deploymentInfo.deploymentMode, "RESTART");
  assert.deepEqual(deploymentInfo.revision, bundle("v1.zip"));
});

test("spec 1.2 DeploymentConfigInUse: a config is in use until the last deployment by it has ended", async () => {
  await using shop = await openShop(1);
  const slow = { deploymentConfigName: "slow" };
  const minimumHealthyHosts = { type: "HOST_COUNT", value: 0 };
  await shop.call("CreateDeploymentConfig", { ...slow, minimumHealthyHosts });
  const id = await shop.deploy("v1.zip", slow);
  const order = await shop.hosts[0]!.take();
  const says = new RegExp(`used by the deployment ${id}`);
  await shop.refuses("DeleteDeploymentConfig", slow, "DeploymentConfigInUseException", says);
  await shop.hosts[0]!.complete(order);
  await shop.ended(id);
  assert.deepEqual(await shop.call("DeleteDeploymentConfig", slow), {});
  const { deploymentInfo } = await shop.call("GetDeployment", { deploymentId: id });
  assert.equal(deploymentInfo.deploymentConfigName, "slow");
});

const STATUSES = [
  "Created",
  "Queued",
  "InProgress",
  "Baking",
  "Succeeded",
  "Failed",
  "Stopped",
  "Ready",
] as const;
test("spec 1.3 ListDeployments: each of the eight statuses filters those that have it", async () => {
  await using shop = await openShop(0);
  for (const [n, status] of STATUSES.entries()) {
    await putDeployment(shop, { id: nthDeployment(n), status });
  }
  for (const [n, status] of STATUSES.entries()) {
    const { deployments } = await shop.call("ListDeployments", { includeOnlyStatuses: [status] });
    assert.deepEqual(deployments, [nthDeployment(n)], status);
  }
});

const deletions: [operation: string, input: object, answer: object][] = [
  ["DeleteApplication", { applicationName: "gone" }, {}],
  [
    "DeleteDeploymentGroup",
    { ...SHOP, deploymentGroupName: "gone" },
    { hooksNotCleanedUp: [] },
  ],
  [
    "DeleteDeploymentGroup",
    { applicationName: "gone", deploymentGroupName: "gone" },
    { hooksNotCleanedUp: [] },
  ],
  ["DeleteDeploymentConfig", { deploymentConfigName: "gone" }, {}],
  ["DeregisterOnPremisesInstance", { instanceName: "gone" }, {}],
];
for (const [operation, input, answer] of deletions) {
  test(`spec 1.3 ${operation}, trap 33: ${JSON.stringify(input)} is no fault and changes nothing`, async () => {
    await using shop = await openShop(0);
    const before = shop.dump();
    assert.deepEqual(await shop.call(operation, input), answer);
    assert.deepEqual(shop.dump(), before);
  });
}

test("spec 1.3 batches, trap 34: an unknown name fails one of them, is told by two, dropped by two", async () => {
  await using shop = await openWorld();
  const applications = { applicationNames: ["shop", "gone"] };
  await shop.refuses("BatchGetApplications", applications, "ApplicationDoesNotExistException");
  const groups = { ...SHOP, deploymentGroupNames: ["prod", "gone"] };
  assert.match((await shop.call("BatchGetDeploymentGroups", groups)).errorMessage, /gone/);
  const revisions = { ...SHOP, revisions: [bundle("v1.zip"), bundle("gone.zip")] };
  const found = await shop.call("BatchGetApplicationRevisions", revisions);
  assert.match(found.errorMessage, /gone\.zip/);
  const ids = ["d-RUNNING00", "d-ZZZZZZZZZ"];
  const deployments = await shop.call("BatchGetDeployments", { deploymentIds: ids });
  assert.deepEqual(Object.keys(deployments), ["deploymentsInfo"]);
  assert.equal(deployments.deploymentsInfo.length, 1);
  const names = { instanceNames: ["web-1", "gone"] };
  const instances = await shop.call("BatchGetOnPremisesInstances", names);
  assert.deepEqual(Object.keys(instances), ["instanceInfos"]);
  assert.equal(instances.instanceInfos.length, 1);
});

/** Operations of the model without an output shape, and two with an empty one. */
const EMPTY = PUBLIC_SERVICES[0]!.operations.values()
  .filter(({ output }) => Object.keys(output.shape).length === 0).toArray();
for (const { name } of EMPTY) {
  test(`spec 1.3 ${name}, trap 36: nothing to answer is {}`, async () => {
    await using shop = await openWorld("roomy");
    assert.deepEqual(await shop.call(name, ACCEPTED[name]), {});
  });
}

test("spec 3.1, trap 51: ECS counts Minutes, Lambda a Minute", async () => {
  using api = await openTestApi();
  const { deploymentConfigsList: names } = await api.call("ListDeploymentConfigs", {});
  const every = names.filter((name: string) => /Every1Minutes?$/.test(name));
  assert.deepEqual(every, [
    "CodeDeployDefault.ECSLinear10PercentEvery1Minutes",
    "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
  ]);
});
