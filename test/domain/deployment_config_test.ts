import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type DeploymentConfig,
  PREDEFINED_CONFIGS,
  strategyOf,
} from "../../core/domain/deployment_config.ts";

const own: DeploymentConfig = { id: "1", name: "own", computePlatform: "Server", createTime: 1 };
const minimumHealthyHosts = { type: "HOST_COUNT", value: 2 } as const;

test("every config for Server has a strategy that carries it out", () => {
  const oneAtATime = PREDEFINED_CONFIGS.get("CodeDeployDefault.OneAtATime");
  assert.ok(oneAtATime);
  assert.deepEqual(strategyOf(oneAtATime), {
    name: "minimum-healthy-hosts",
    config: { minimumHealthyHosts: { type: "MOST_CONCURRENCY", value: 1 }, predefined: true },
  });
  assert.deepEqual(strategyOf({ ...own, minimumHealthyHosts }), {
    name: "minimum-healthy-hosts",
    config: { minimumHealthyHosts, predefined: false },
  });
  const zonalConfig = { monitorDurationInSeconds: 60 };
  assert.deepEqual(strategyOf({ ...own, minimumHealthyHosts, zonalConfig }), {
    name: "zonal",
    config: { minimumHealthyHosts, monitorDurationInSeconds: 60 },
  });
  const strategy = { name: "canary", config: { maxFailures: 1 } };
  assert.equal(strategyOf({ ...own, strategy }), strategy);
});
