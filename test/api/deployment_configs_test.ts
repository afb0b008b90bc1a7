import assert from "node:assert/strict";
import { test } from "node:test";
import { AWS_QUOTAS } from "../../core/domain/quotas.ts";
import { deploymentConfigs } from "../../core/store/schema.ts";
import { type Refusal, testRefusals } from "./refusals.ts";
import { openTestApi, type TestApi } from "./test_api.ts";

const half = { type: "FLEET_PERCENT", value: 50 };
const canary = {
  type: "TimeBasedCanary",
  timeBasedCanary: { canaryPercentage: 10, canaryInterval: 5 },
};

test("a config for Server is read back as it was made", async () => {
  using api = await openTestApi();
  const zonalConfig = {
    monitorDurationInSeconds: 60,
    minimumHealthyHostsPerZone: { type: "HOST_COUNT", value: 1 },
  };
  const { deploymentConfigId } = await create(api, { minimumHealthyHosts: half, zonalConfig });
  const { deploymentConfigInfo } = await api.call("GetDeploymentConfig", {
    deploymentConfigName: "own",
  });
  const { createTime, ...info } = deploymentConfigInfo;
  assert.equal(typeof createTime, "number");
  assert.deepEqual(info, {
    deploymentConfigId,
    deploymentConfigName: "own",
    minimumHealthyHosts: half,
    computePlatform: "Server",
    zonalConfig,
  });
});

test("a config for Lambda has its traffic routing", async () => {
  using api = await openTestApi();
  await create(api, { computePlatform: "Lambda", trafficRoutingConfig: canary });
  const got = await api.call("GetDeploymentConfig", { deploymentConfigName: "own" });
  assert.deepEqual(got.deploymentConfigInfo.trafficRoutingConfig, canary);
});

test("OneAtATime reads as MOST_CONCURRENCY 1 under its well-known id (trap 24)", async () => {
  using api = await openTestApi();
  const got = await api.call("GetDeploymentConfig", {
    deploymentConfigName: "CodeDeployDefault.OneAtATime",
  });
  assert.deepEqual(got.deploymentConfigInfo, {
    deploymentConfigId: "00000000-0000-0000-0000-000000000001",
    deploymentConfigName: "CodeDeployDefault.OneAtATime",
    minimumHealthyHosts: { type: "MOST_CONCURRENCY", value: 1 },
    computePlatform: "Server",
  });
});

test("a listing has the 17 predefined names, then the custom ones, over pages", async () => {
  using api = await openTestApi();
  const custom = Array.from({ length: 120 }, (_, n) => `own-${String(n).padStart(3, "0")}`);
  await insertConfigs(api, custom);
  const seen: string[] = [];
  let nextToken: string | undefined;
  do {
    const got = await api.call("ListDeploymentConfigs", nextToken ? { nextToken } : {});
    seen.push(...got.deploymentConfigsList);
    nextToken = got.nextToken;
  } while (nextToken !== undefined);
  assert.equal(seen[0], "CodeDeployDefault.OneAtATime");
  assert.ok(seen.slice(0, 17).every((name) => name.startsWith("CodeDeployDefault.")));
  assert.deepEqual(seen.slice(17), custom);
});

test("a config is deleted once no group uses it; a missing one is no fault", async () => {
  using api = await openTestApi();
  await create(api, { minimumHealthyHosts: half });
  await api.call("CreateApplication", { applicationName: "shop" });
  const group = { applicationName: "shop", deploymentGroupName: "prod" };
  const serviceRoleArn = "arn:aws:iam::000000000000:role/runtime";
  await api.call("CreateDeploymentGroup", {
    ...group,
    serviceRoleArn,
    deploymentConfigName: "own",
  });
  const input = { deploymentConfigName: "own" };
  const inUse = "DeploymentConfigInUseException";
  await api.refuses("DeleteDeploymentConfig", input, inUse, /group prod of shop/);
  await api.call("DeleteDeploymentGroup", group);
  assert.deepEqual(await api.call("DeleteDeploymentConfig", input), {});
  await api.refuses("GetDeploymentConfig", input, "DeploymentConfigDoesNotExistException");
  assert.deepEqual(await api.call("DeleteDeploymentConfig", input), {});
});

test("CreateDeploymentConfig refuses one config too many", async () => {
  using api = await openTestApi();
  await insertConfigs(api, Array.from({ length: AWS_QUOTAS.configs }, (_, n) => `own-${n}`));
  const input = { deploymentConfigName: "own", minimumHealthyHosts: half };
  await api.refuses("CreateDeploymentConfig", input, "DeploymentConfigLimitExceededException");
});

const own = { deploymentConfigName: "own" };
const linear = (linearPercentage: number, linearInterval: number) => ({
  ...own,
  computePlatform: "ECS",
  trafficRoutingConfig: {
    type: "TimeBasedLinear",
    timeBasedLinear: { linearPercentage, linearInterval },
  },
});
const hosts = (minimumHealthyHosts: unknown) => ({ ...own, minimumHealthyHosts });
const refusals: Refusal[] = [
  ["CreateDeploymentConfig", { minimumHealthyHosts: half }, "DeploymentConfigNameRequired"],
  [
    "CreateDeploymentConfig",
    { deploymentConfigName: "a b", minimumHealthyHosts: half },
    "InvalidDeploymentConfigName",
  ],
  [
    "CreateDeploymentConfig",
    { deploymentConfigName: "CodeDeployDefault.Mine", minimumHealthyHosts: half },
    "InvalidDeploymentConfigName",
    /predefined/,
  ],
  [
    "CreateDeploymentConfig",
    { deploymentConfigName: "taken", minimumHealthyHosts: half },
    "DeploymentConfigAlreadyExists",
  ],
  ["CreateDeploymentConfig", own, "InvalidMinimumHealthyHostValue", /needs it/],
  [
    "CreateDeploymentConfig",
    hosts({ type: "MOST_CONCURRENCY", value: 1 }),
    "InvalidMinimumHealthyHostValue",
  ],
  [
    "CreateDeploymentConfig",
    hosts({ type: "FLEET_PERCENT", value: 100 }),
    "InvalidMinimumHealthyHostValue",
    /minimumHealthyHosts\.value/,
  ],
  [
    "CreateDeploymentConfig",
    hosts({ type: "HOST_COUNT", value: -1 }),
    "InvalidMinimumHealthyHostValue",
  ],
  [
    "CreateDeploymentConfig",
    hosts({ type: "HOST_COUNT", value: 1.5 }),
    "InvalidMinimumHealthyHostValue",
  ],
  ["CreateDeploymentConfig", hosts({ type: "HOST_COUNT", value: "1" }), "Serialization"],
  [
    "CreateDeploymentConfig",
    { ...hosts(half), computePlatform: "Cloud" },
    "InvalidComputePlatform",
  ],
  [
    "CreateDeploymentConfig",
    { ...hosts(half), trafficRoutingConfig: canary },
    "InvalidTrafficRoutingConfiguration",
  ],
  [
    "CreateDeploymentConfig",
    { ...hosts(half), computePlatform: "ECS", trafficRoutingConfig: canary },
    "InvalidMinimumHealthyHostValue",
  ],
  [
    "CreateDeploymentConfig",
    { ...own, computePlatform: "ECS" },
    "InvalidTrafficRoutingConfiguration",
    /needs it/,
  ],
  ["CreateDeploymentConfig", linear(100, 1), "InvalidTrafficRoutingConfiguration"],
  ["CreateDeploymentConfig", linear(10, 0), "InvalidTrafficRoutingConfiguration"],
  ["CreateDeploymentConfig", linear(1, 30), "InvalidTrafficRoutingConfiguration", /2970 minutes/],
  [
    "CreateDeploymentConfig",
    { ...linear(10, 1), zonalConfig: {} },
    "InvalidZonalDeploymentConfiguration",
  ],
  [
    "CreateDeploymentConfig",
    { ...hosts(half), zonalConfig: { monitorDurationInSeconds: -1 } },
    "InvalidZonalDeploymentConfiguration",
  ],
  ["GetDeploymentConfig", {}, "DeploymentConfigNameRequired"],
  ["GetDeploymentConfig", { deploymentConfigName: "a b" }, "InvalidDeploymentConfigName"],
  ["GetDeploymentConfig", { deploymentConfigName: "gone" }, "DeploymentConfigDoesNotExist", /gone/],
  ["ListDeploymentConfigs", { nextToken: "***" }, "InvalidNextToken"],
  ["DeleteDeploymentConfig", {}, "DeploymentConfigNameRequired"],
  ["DeleteDeploymentConfig", { deploymentConfigName: "a b" }, "InvalidDeploymentConfigName"],
  [
    "DeleteDeploymentConfig",
    { deploymentConfigName: "CodeDeployDefault.AllAtOnce" },
    "InvalidOperation",
  ],
];
testRefusals(refusals, (api) =>
  api.call("CreateDeploymentConfig", {
    deploymentConfigName: "taken",
    minimumHealthyHosts: half,
  }));

function create(api: TestApi, input: object) {
  return api.call("CreateDeploymentConfig", { ...own, ...input });
}

function insertConfigs(api: TestApi, names: readonly string[]): Promise<unknown> {
  return api.context.store.commit((tx) => {
    const rows = names.map((name) => ({
      name,
      config: { id: name, name, computePlatform: "Server" as const },
    }));
    tx.insert(deploymentConfigs).values(rows).run();
  });
}
