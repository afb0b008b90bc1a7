/**
 * A blue/green group behind a balancer of the test: web-1 and web-2 serve, web-3 and web-4 are there to
 * replace them. @module
 */
import assert from "node:assert/strict";
import type { GroupSettings } from "../../core/domain/deployment_group.ts";
import type { TargetInstances } from "../../core/domain/target_instances.ts";
import { balancedTest, carryOut, type TestBalancer } from "./balanced_fleet.ts";
import type { Fleet } from "./fleet.ts";

export type BlueGreen = NonNullable<GroupSettings["blueGreenDeploymentConfiguration"]>;

export const style = {
  deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
  deploymentConfigName: "CodeDeployDefault.AllAtOnce",
} as const;
export const GREEN: TargetInstances = {
  tagFilters: [{ Key: "stack", Value: "green", Type: "KEY_AND_VALUE" }],
};
export const INSTALLED = "ApplicationStop DownloadBundle BeforeInstall Install AfterInstall " +
  "ApplicationStart ValidateService";

export function blueGreenTest(
  name: string,
  blueGreenDeploymentConfiguration: BlueGreen,
  body: (fleet: Fleet, balancer: TestBalancer) => Promise<void>,
  more: GroupSettings = {},
): void {
  const settings = { hosts: 4, ...style, blueGreenDeploymentConfiguration, ...more };
  balancedTest(name, settings, async (fleet, balancer) => {
    await fleet.tag("stack", "green", "web-3", "web-4");
    balancer.blocked.add("web-3").add("web-4");
    await body(fleet, balancer);
  });
}

export async function install(fleet: Fleet): Promise<void> {
  for (const host of ["web-3", "web-4"]) assert.equal(await carryOut(fleet, host), INSTALLED);
}

export async function allow(fleet: Fleet): Promise<void> {
  for (const host of ["web-3", "web-4"]) {
    assert.equal(await carryOut(fleet, host), "BeforeAllowTraffic");
    assert.equal(await carryOut(fleet, host), "AfterAllowTraffic");
  }
}

export async function block(fleet: Fleet, hosts = ["web-1", "web-2"]): Promise<void> {
  for (const host of hosts) {
    assert.equal(await carryOut(fleet, host), "BeforeBlockTraffic");
    assert.equal(await carryOut(fleet, host), "AfterBlockTraffic");
  }
}

export const KEEP: BlueGreen = {
  terminateBlueInstancesOnDeploymentSuccess: { action: "KEEP_ALIVE" },
  deploymentReadyOption: { actionOnTimeout: "CONTINUE_DEPLOYMENT" },
  greenFleetProvisioningOption: { action: "DISCOVER_EXISTING" },
};
export const ASK: BlueGreen = {
  ...KEEP,
  deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 30 },
};
export const TERMINATE: BlueGreen = {
  ...KEEP,
  terminateBlueInstancesOnDeploymentSuccess: {
    action: "TERMINATE",
    terminationWaitTimeInMinutes: 60,
  },
};
