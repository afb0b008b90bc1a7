/** Strategies and the deployment configs that name one, over the API. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { RUNTIME_TARGET_PREFIX } from "../../core/wire/runtime_api.ts";
import { bundle, openShop } from "./shop.ts";
import { openTestApi, type TestApi } from "./test_api.ts";

const put = (api: Pick<TestApi, "target">, input: object) =>
  api.target(`${RUNTIME_TARGET_PREFIX}PutStrategyConfig`, input);
const list = (api: Pick<TestApi, "target">) =>
  api.target(`${RUNTIME_TARGET_PREFIX}ListStrategies`, {});

const SLOWLY = { deploymentConfigName: "slowly", strategy: "exponential", config: { bake: "5m" } };

test("a config of a strategy is listed, read in CodeDeploy's shape, replaced and deleted", async () => {
  using api = await openTestApi();
  const { deploymentConfigId } = await put(api, SLOWLY);
  const { strategies, configs } = await list(api);
  assert.deepEqual(configs, [SLOWLY]);
  const names = new Set(strategies.map(({ name }: { name: string }) => name));
  for (const name of ["canary", "exponential", "minimum-healthy-hosts", "zonal"]) {
    assert.ok(names.has(name), `${name} is missing`);
  }
  assert.ok(
    (await api.call("ListDeploymentConfigs", {})).deploymentConfigsList.includes("slowly"),
  );
  const got = await api.call("GetDeploymentConfig", { deploymentConfigName: "slowly" });
  const { createTime, ...info } = got.deploymentConfigInfo;
  assert.equal(typeof createTime, "number");
  assert.deepEqual(info, {
    deploymentConfigId,
    deploymentConfigName: "slowly",
    computePlatform: "Server",
  });
  const changed = { ...SLOWLY, config: { bake: "1h", first: 2 } };
  assert.deepEqual(await put(api, changed), { deploymentConfigId });
  assert.deepEqual((await list(api)).configs, [changed]);
  await api.call("DeleteDeploymentConfig", { deploymentConfigName: "slowly" });
  assert.deepEqual((await list(api)).configs, []);
});

const faults: [what: string, strategy: string, config: object, says: RegExp][] = [
  ["a member that it has not", "canary", { step: [] }, /^config\.step: .*does not know it.*steps/],
  [
    "a step of no kind",
    "canary",
    { steps: [{ wait: "5m" }] },
    /^config\.steps\.0: must have one of/,
  ],
  [
    "a time without its unit",
    "canary",
    { steps: [{ bake: "5" }] },
    /^config\.steps\.0\.bake: .*"5m"/,
  ],
  ["a step of no hosts", "canary", {
    steps: [{ hosts: 0 }],
  }, /^config\.steps\.0\.hosts: is 0, and must be at least 1/],
  ["a minimum of 100 %", "zonal", {
    minimumHealthyHosts: { type: "FLEET_PERCENT", value: 100 },
  }, /^config\.minimumHealthyHosts\.value: is 100, and must be at most 99/],
];
for (const [what, strategy, config, says] of faults) {
  test(`PutStrategyConfig refuses ${what}`, async () => {
    using api = await openTestApi();
    const ask = () => put(api, { deploymentConfigName: "slowly", strategy, config });
    await api.refusal(ask, "InvalidInputException", says);
  });
}

test("a strategy's name is good for a group and a deployment, and a config goes before it", async () => {
  await using shop = await openShop(1, { deploymentConfigName: "canary" });
  const config = () => shop.call("GetDeploymentConfig", { deploymentConfigName: "canary" });
  assert.deepEqual((await config()).deploymentConfigInfo, {
    deploymentConfigId: "strategy:canary",
    deploymentConfigName: "canary",
    computePlatform: "Server",
  });
  const asked = {
    applicationName: "shop",
    deploymentGroupName: "prod",
    revision: bundle("v1.zip"),
  };
  const { deploymentId } = await shop.call("CreateDeployment", asked);
  const { deploymentInfo } = await shop.call("GetDeployment", { deploymentId });
  assert.equal(deploymentInfo.deploymentConfigName, "canary");
  const minimumHealthyHosts = { type: "HOST_COUNT", value: 0 };
  await shop.call("CreateDeploymentConfig", {
    deploymentConfigName: "canary",
    minimumHealthyHosts,
  });
  assert.deepEqual(
    (await config()).deploymentConfigInfo.minimumHealthyHosts,
    minimumHealthyHosts,
  );
});

test("a strategy that needs a config is none by its name alone", async () => {
  using api = await openTestApi();
  await api.refuses(
    "GetDeploymentConfig",
    { deploymentConfigName: "minimum-healthy-hosts" },
    "InvalidDeploymentConfigNameException",
    /needs a config \(config\.minimumHealthyHosts: .*runtime config create NAME --strategy/,
  );
});

test("PutStrategyConfig refuses a config that no person has written", async () => {
  using api = await openTestApi();
  const steps = [{ analysis: "x".repeat(40_000), max: 1 }];
  await api.refusal(
    () => put(api, { deploymentConfigName: "endless", strategy: "canary", config: { steps } }),
    "InvalidInputException",
    /^config: must be at most 32768 letters of JSON/,
  );
});
