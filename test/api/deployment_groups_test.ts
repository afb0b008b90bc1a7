import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_TARGETS } from "../../core/domain/deployment.ts";
import { AWS_QUOTAS } from "../../core/domain/quotas.ts";
import { deploymentGroups, deployments, instanceHealth } from "../../core/store/schema.ts";
import { type Refusal, testRefusals } from "./refusals.ts";
import { openTestApi, type TestApi } from "./test_api.ts";

const serviceRoleArn = "arn:aws:iam::000000000000:role/runtime";
const named = { applicationName: "shop", deploymentGroupName: "prod" };
const current = { applicationName: "shop", currentDeploymentGroupName: "prod" };
const filter = { Key: "role", Value: "web", Type: "KEY_AND_VALUE" };

test("a new group reads back with its defaults, lists empty and unset members left out", async () => {
  using api = await openShop();
  const { deploymentGroupId } = await create(api);
  assert.match(deploymentGroupId, /^[0-9a-f-]{36}$/);
  assert.deepEqual(await get(api), {
    ...named,
    deploymentGroupId,
    deploymentConfigName: "CodeDeployDefault.OneAtATime",
    serviceRoleArn,
    ec2TagFilters: [],
    onPremisesInstanceTagFilters: [],
    autoScalingGroups: [],
    triggerConfigurations: [],
    deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" },
    outdatedInstancesStrategy: "UPDATE",
    terminationHookEnabled: false,
    computePlatform: "Server",
  });
});

test("every setting of a group is read back as it was given", async () => {
  using api = await openShop();
  const settings = {
    deploymentConfigName: "CodeDeployDefault.HalfAtATime",
    onPremisesTagSet: { onPremisesTagSetList: [[filter], [{ Key: "env", Type: "KEY_ONLY" }]] },
    triggerConfigurations: [{
      triggerName: "t",
      triggerTargetArn: "arn:aws:sns:us-east-1:000000000000:topic",
      triggerEvents: ["DeploymentFailure"],
    }],
    alarmConfiguration: { enabled: true, ignorePollAlarmFailure: false, alarms: [{ name: "5xx" }] },
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
    outdatedInstancesStrategy: "IGNORE",
    loadBalancerInfo: { targetGroupInfoList: [{ name: "web" }] },
    terminationHookEnabled: true,
  };
  await create(api, { ...settings, autoScalingGroups: ["asg-1"] });
  const { autoScalingGroups, ...info } = await get(api);
  for (const [member, value] of Object.entries(settings)) assert.deepEqual(info[member], value);
  // Names when written, objects when read (trap 35).
  assert.deepEqual(autoScalingGroups, [{ name: "asg-1" }]);
});

for (const [platform, config] of [["ECS", "ECSAllAtOnce"], ["Lambda", "LambdaAllAtOnce"]]) {
  test(`a group of a ${platform} application is stored, with the config of its platform`, async () => {
    using api = await openTestApi();
    await api.call("CreateApplication", { applicationName: "shop", computePlatform: platform });
    await create(api);
    const info = await get(api);
    assert.equal(info.computePlatform, platform);
    assert.equal(info.deploymentConfigName, `CodeDeployDefault.${config}`);
  });
}

test("an update leaves what is left out or null, and clears what is [] (trap 39)", async () => {
  using api = await openShop();
  const { deploymentGroupId } = await create(api, {
    onPremisesInstanceTagFilters: [filter],
    autoScalingGroups: ["asg-1"],
  });
  const kept = await api.call("UpdateDeploymentGroup", {
    ...current,
    newDeploymentGroupName: "live",
    autoScalingGroups: null,
  });
  assert.deepEqual(kept, { hooksNotCleanedUp: [] });
  const renamed = await get(api, "live");
  assert.equal(renamed.deploymentGroupId, deploymentGroupId);
  assert.deepEqual(renamed.onPremisesInstanceTagFilters, [filter]);
  assert.deepEqual(renamed.autoScalingGroups, [{ name: "asg-1" }]);
  await api.call("UpdateDeploymentGroup", {
    applicationName: "shop",
    currentDeploymentGroupName: "live",
    autoScalingGroups: [],
    onPremisesInstanceTagFilters: [],
    onPremisesTagSet: { onPremisesTagSetList: [[filter]] },
  });
  const cleared = await get(api, "live");
  assert.deepEqual(cleared.autoScalingGroups, []);
  assert.deepEqual(cleared.onPremisesTagSet, { onPremisesTagSetList: [[filter]] });
});

test("other filters say anew who serves a group; the same ones, and other settings, do not", async () => {
  using api = await openShop();
  await create(api, { onPremisesInstanceTagFilters: [filter] });
  const { store } = api.context;
  await store.commit((tx) => tx.update(deploymentGroups).set({ liveHosts: ["web-3"] }).run());
  const live = () => store.read.select().from(deploymentGroups).get()?.liveHosts;
  const update = (change: object) => api.call("UpdateDeploymentGroup", { ...current, ...change });
  await update({ onPremisesInstanceTagFilters: [filter], autoScalingGroups: ["asg-1"] });
  assert.deepEqual(live(), ["web-3"]);
  await update({ onPremisesInstanceTagFilters: [{ ...filter, Value: "green" }] });
  assert.equal(live(), null);
});

test("a group shows its target revision and its last deployments", async () => {
  using api = await openShop();
  const { deploymentGroupId } = await create(api);
  const revision = {
    revisionType: "String" as const,
    string: { content: "text", sha256: "hash" },
  };
  await api.context.store.commit((tx) => {
    const one = {
      applicationId: "a",
      groupId: deploymentGroupId as string, // because answers have no type
      request: {} as never, // because no answer of this room reads the request
      overview: NO_TARGETS,
      rollback: {},
      statusMessages: [],
    };
    tx.insert(deployments).values([
      { ...one, id: "d-AAAAAAAAA", status: "Succeeded", createTime: 1500, completeTime: 2500 },
      { ...one, id: "d-BBBBBBBBB", status: "InProgress", createTime: 3000 },
    ]).run();
    tx.update(deploymentGroups).set({
      targetRevision: revision,
      lastSuccessfulDeploymentId: "d-AAAAAAAAA",
      lastAttemptedDeploymentId: "d-BBBBBBBBB",
    }).run();
  });
  const info = await get(api);
  assert.deepEqual(info.targetRevision, { revisionType: "String", string: { sha256: "hash" } });
  assert.deepEqual(info.lastSuccessfulDeployment, {
    deploymentId: "d-AAAAAAAAA",
    status: "Succeeded",
    endTime: 2.5,
    createTime: 1.5,
  });
  assert.deepEqual(info.lastAttemptedDeployment, {
    deploymentId: "d-BBBBBBBBB",
    status: "InProgress",
    createTime: 3,
  });
});

test("BatchGetDeploymentGroups leaves unknown groups out and names them", async () => {
  using api = await openShop();
  await create(api);
  const got = await api.call("BatchGetDeploymentGroups", {
    applicationName: "shop",
    deploymentGroupNames: ["gone", "prod"],
  });
  assert.deepEqual(got.deploymentGroupsInfo, [await get(api)]);
  assert.match(got.errorMessage, /gone/);
});

test("ListDeploymentGroups answers the groups of one application, in the order of names", async () => {
  using api = await openShop();
  await api.call("CreateApplication", { applicationName: "other" });
  for (const deploymentGroupName of ["b", "a"]) await create(api, { deploymentGroupName });
  await create(api, { applicationName: "other", deploymentGroupName: "c" });
  const got = await api.call("ListDeploymentGroups", { applicationName: "shop" });
  assert.deepEqual(got, { applicationName: "shop", deploymentGroups: ["a", "b"] });
});

test("a group deleted and made again has another id and knows nothing of its hosts", async () => {
  using api = await openShop();
  const { deploymentGroupId: groupId } = await create(api);
  await api.context.store.commit((tx) => {
    const health = { instanceName: "web-1", healthy: true };
    tx.insert(instanceHealth).values([{ ...health, groupId }, { ...health, groupId: "x" }]).run();
  });
  assert.deepEqual(await api.call("DeleteDeploymentGroup", named), { hooksNotCleanedUp: [] });
  const left = api.context.store.read.select().from(instanceHealth).all();
  assert.deepEqual(left.map((row) => row.groupId), ["x"]);
  const again = await create(api);
  assert.notEqual(again.deploymentGroupId, groupId);
});

for (
  const input of [{ ...named, deploymentGroupName: "gone" }, { ...named, applicationName: "x" }]
) {
  test(`deleting ${JSON.stringify(input)}, which is not there, is no fault`, async () => {
    using api = await openShop();
    await create(api);
    const before = api.dump();
    await api.call("DeleteDeploymentGroup", input);
    assert.deepEqual(api.dump(), before);
  });
}

test("CreateDeploymentGroup refuses one group too many", async () => {
  using api = await openShop();
  const { application } = await api.call("GetApplication", { applicationName: "shop" });
  await api.context.store.commit((tx) => {
    const rows = Array.from({ length: AWS_QUOTAS.groups }, (_, n) => ({
      id: `${n}`,
      applicationId: application.applicationId as string, // because answers have no type
      name: `g${n}`,
      settings: {},
    }));
    tx.insert(deploymentGroups).values(rows).run();
  });
  const input = { ...named, serviceRoleArn };
  await api.refuses("CreateDeploymentGroup", input, "DeploymentGroupLimitExceededException");
});

const many = <T>(count: number, one: (n: number) => T) =>
  Array.from({ length: count }, (_, n) => one(n));
const alarms = (...names: string[]) => names.map((name) => ({ name }));
/** Settings that create and update refuse alike. */
const badSettings: [settings: object, type: string, message?: RegExp][] = [
  [{ deploymentConfigName: "gone" }, "DeploymentConfigDoesNotExist", /gone/],
  [{ deploymentConfigName: "" }, "InvalidDeploymentConfigName"],
  [{ deploymentConfigName: "a b" }, "InvalidDeploymentConfigName"],
  [
    { deploymentConfigName: "CodeDeployDefault.ECSAllAtOnce" },
    "InvalidDeploymentConfigName",
    /for ECS/,
  ],
  [{ serviceRoleArn: "runtime" }, "InvalidRole", /arn:aws:iam/],
  [
    { ec2TagFilters: [filter], ec2TagSet: { ec2TagSetList: [[filter]] } },
    "InvalidEC2TagCombination",
  ],
  [
    {
      onPremisesInstanceTagFilters: [filter],
      onPremisesTagSet: { onPremisesTagSetList: [[filter]] },
    },
    "InvalidOnPremisesTagCombination",
    /not both/,
  ],
  [
    { onPremisesTagSet: { onPremisesTagSetList: many(4, () => [filter]) } },
    "TagSetListLimitExceeded",
  ],
  [{ ec2TagSet: { ec2TagSetList: many(4, () => [filter]) } }, "TagSetListLimitExceeded"],
  [{ onPremisesTagSet: { onPremisesTagSetList: [[]] } }, "InvalidTag", /no filter/],
  [{ onPremisesInstanceTagFilters: many(11, () => filter) }, "InvalidTag", /11/],
  [{ onPremisesInstanceTagFilters: [{ Type: "KEY_ONLY" }] }, "InvalidTag", /needs Key/],
  [{ onPremisesInstanceTagFilters: [{ Key: "k", Type: "EITHER" }] }, "InvalidTag", /0\.Type/],
  [{ ec2TagFilters: [{ Key: "k", Type: "KEY_AND_VALUE" }] }, "InvalidEC2Tag", /needs Value/],
  [{ ec2TagFilters: "role" }, "Serialization"],
  [{ autoRollbackConfiguration: { enabled: true } }, "InvalidAutoRollbackConfig", /event/],
  [
    { autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_SAD"] } },
    "InvalidAutoRollbackConfig",
  ],
  [{ alarmConfiguration: { enabled: true, alarms: [] } }, "InvalidAlarmConfig", /alarm/],
  [{ alarmConfiguration: { alarms: alarms("a", "b", "a") } }, "InvalidAlarmConfig", /a is named/],
  [{ alarmConfiguration: { alarms: alarms("") } }, "InvalidAlarmConfig"],
  [{ alarmConfiguration: { alarms: many(11, (n) => ({ name: `${n}` })) } }, "AlarmsLimitExceeded"],
  [{ triggerConfigurations: [{ triggerName: "t" }] }, "InvalidTriggerConfig", /triggerTargetArn/],
  [
    { triggerConfigurations: [{ triggerName: "t", triggerEvents: ["Never"] }] },
    "InvalidTriggerConfig",
  ],
  [
    {
      triggerConfigurations: many(11, (n) => ({
        triggerName: `${n}`,
        triggerTargetArn: "arn:aws:sns:us-east-1:000000000000:t",
        triggerEvents: ["DeploymentStart"],
      })),
    },
    "TriggerTargetsLimitExceeded",
  ],
  [{ autoScalingGroups: many(11, (n) => `${n}`) }, "InvalidAutoScalingGroup"],
  [{ autoScalingGroups: [""] }, "InvalidAutoScalingGroup"],
  [{ deploymentStyle: { deploymentType: "CANARY" } }, "InvalidDeploymentStyle"],
  [
    {
      blueGreenDeploymentConfiguration: {
        terminateBlueInstancesOnDeploymentSuccess: { terminationWaitTimeInMinutes: 2881 },
      },
    },
    "InvalidBlueGreenDeploymentConfiguration",
    /2880/,
  ],
  [
    { loadBalancerInfo: { elbInfoList: many(11, (n) => ({ name: `${n}` })) } },
    "InvalidLoadBalancerInfo",
  ],
  [
    { loadBalancerInfo: { targetGroupPairInfoList: [{ targetGroups: [{ name: "a" }] }] } },
    "InvalidTargetGroupPair",
    /two/,
  ],
  [{ loadBalancerInfo: { targetGroupPairInfoList: [{}, {}] } }, "InvalidTargetGroupPair"],
  [{ ecsServices: [{ serviceName: "a" }] }, "InvalidECSService"],
  [
    { ecsServices: many(2, (n) => ({ serviceName: `${n}`, clusterName: "c" })) },
    "ECSServiceMappingLimitExceeded",
  ],
  [{ outdatedInstancesStrategy: "LATER" }, "InvalidInput"],
  [{ terminationHookEnabled: "yes" }, "Serialization"],
];
const fresh = { applicationName: "shop", deploymentGroupName: "new", serviceRoleArn };
const refusals: Refusal[] = [
  ...badSettings.flatMap(([settings, type, message]): Refusal[] => [
    ["CreateDeploymentGroup", { ...fresh, ...settings }, type, message],
    ["UpdateDeploymentGroup", { ...current, ...settings }, type, message],
  ]),
  ["CreateDeploymentGroup", { ...fresh, applicationName: undefined }, "ApplicationNameRequired"],
  ["CreateDeploymentGroup", { ...fresh, applicationName: "gone" }, "ApplicationDoesNotExist"],
  ["CreateDeploymentGroup", { ...fresh, applicationName: "a b" }, "InvalidApplicationName"],
  ["CreateDeploymentGroup", { ...fresh, deploymentGroupName: "" }, "DeploymentGroupNameRequired"],
  ["CreateDeploymentGroup", { ...fresh, deploymentGroupName: "a b" }, "InvalidDeploymentGroupName"],
  [
    "CreateDeploymentGroup",
    { ...fresh, deploymentGroupName: "prod" },
    "DeploymentGroupAlreadyExists",
    /prod/,
  ],
  ["CreateDeploymentGroup", { ...fresh, serviceRoleArn: undefined }, "RoleRequired"],
  ["CreateDeploymentGroup", { ...fresh, tags: [{ Key: "aws:a" }] }, "InvalidTagsToAdd"],
  ["GetDeploymentGroup", { ...named, deploymentGroupName: "gone" }, "DeploymentGroupDoesNotExist"],
  ["GetDeploymentGroup", { ...named, applicationName: "gone" }, "ApplicationDoesNotExist"],
  ["GetDeploymentGroup", { applicationName: "shop" }, "DeploymentGroupNameRequired"],
  [
    "BatchGetDeploymentGroups",
    { applicationName: "shop", deploymentGroupNames: [] },
    "DeploymentGroupNameRequired",
  ],
  [
    "BatchGetDeploymentGroups",
    { applicationName: "gone", deploymentGroupNames: ["prod"] },
    "ApplicationDoesNotExist",
  ],
  [
    "BatchGetDeploymentGroups",
    { applicationName: "shop", deploymentGroupNames: many(101, (n) => `g${n}`) },
    "BatchLimitExceeded",
  ],
  ["ListDeploymentGroups", {}, "ApplicationNameRequired"],
  ["ListDeploymentGroups", { applicationName: "gone" }, "ApplicationDoesNotExist"],
  ["ListDeploymentGroups", { applicationName: "shop", nextToken: "!" }, "InvalidNextToken"],
  ["UpdateDeploymentGroup", { applicationName: "shop" }, "DeploymentGroupNameRequired"],
  [
    "UpdateDeploymentGroup",
    { ...current, currentDeploymentGroupName: "gone" },
    "DeploymentGroupDoesNotExist",
  ],
  [
    "UpdateDeploymentGroup",
    { ...current, newDeploymentGroupName: "other" },
    "DeploymentGroupAlreadyExists",
  ],
  [
    "UpdateDeploymentGroup",
    { ...current, newDeploymentGroupName: "a b" },
    "InvalidDeploymentGroupName",
  ],
  ["DeleteDeploymentGroup", { applicationName: "shop" }, "DeploymentGroupNameRequired"],
  ["DeleteDeploymentGroup", { ...named, deploymentGroupName: "a b" }, "InvalidDeploymentGroupName"],
];
testRefusals(refusals, async (api) => {
  await api.call("CreateApplication", { applicationName: "shop" });
  await create(api);
  await create(api, { deploymentGroupName: "other" });
});

test("an update that would leave both forms of filters is refused, though it sends only one", async () => {
  using api = await openShop();
  await create(api, { onPremisesInstanceTagFilters: [filter] });
  const input = { ...current, onPremisesTagSet: { onPremisesTagSetList: [[filter]] } };
  const type = "InvalidOnPremisesTagCombinationException";
  await api.refuses("UpdateDeploymentGroup", input, type, /empty list/);
});

async function openShop(): Promise<TestApi> {
  const api = await openTestApi();
  await api.call("CreateApplication", { applicationName: "shop" });
  return api;
}

function create(api: TestApi, settings: object = {}) {
  return api.call("CreateDeploymentGroup", { ...named, serviceRoleArn, ...settings });
}

async function get(api: TestApi, deploymentGroupName = "prod") {
  const got = await api.call("GetDeploymentGroup", {
    applicationName: "shop",
    deploymentGroupName,
  });
  return got.deploymentGroupInfo;
}
