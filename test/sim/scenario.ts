/**
 * What a history is about, drawn from its seed: a fleet, how its group deploys, by which config, with
 * which alarms and rollbacks, and how much goes wrong.
 * @module
 */
import type { DeploymentConfig } from "../../core/domain/deployment_config.ts";
import type { GroupSettings } from "../../core/domain/deployment_group.ts";
import type { BusyGroup } from "../../core/domain/group_policy.ts";
import type { Tag } from "../../core/domain/tag.ts";
import type { MinimumHealthyHosts } from "../../core/plugin/contract.ts";
import type { World } from "./world.ts";

export type Style = "in place" | "balanced" | "blue/green";

export interface Scenario {
  style: Style;
  hosts: readonly { name: string; tags: Tag[] }[];
  settings: GroupSettings;
  config: DeploymentConfig;
  busyGroup: BusyGroup;
  /** The group has had a success, and its hosts are healthy. */
  isOld: boolean;
  /** Deployments that somebody asks for, beside rollbacks. */
  deployments: number;
  ignoreApplicationStopFailures: boolean;
  updateOutdatedInstancesOnly: boolean;
  trouble: Trouble;
}

/** How often something goes wrong, in so many of 1,000 cases. */
export interface Trouble {
  /** A script fails. */
  script: number;
  /** A message is lost, late or repeated. */
  network: number;
  /** A balancer, an alarm or an analysis fails or does not answer. */
  plugin: number;
  /** A process ends, of a server or an agent, between two steps. */
  crash: number;
}

export const BALANCER = "front";
export const ALARM = "errors";
export const ANALYSIS = "latency";
const CONFIG = "drawn";

export function drawScenario(world: World): Scenario {
  const style = world.pick<Style>(["in place", "in place", "balanced", "blue/green", "blue/green"]);
  const size = world.pick([1, 2, 2, 3, 3, 4, 5, 8]);
  const hosts = Array.from({ length: Math.max(size, style === "blue/green" ? 2 : 1) }, (_, at) => ({
    name: `web-${at + 1}`,
    tags: [
      { Key: "fleet", Value: style === "blue/green" && at % 2 === 1 ? "b" : "a" },
      ...(world.happens(900) ? [{ Key: "AvailabilityZone", Value: `z${at % 3 + 1}` }] : []),
    ],
  }));
  return {
    style,
    hosts,
    settings: drawSettings(world, style),
    config: {
      id: "c-1",
      name: CONFIG,
      computePlatform: "Server",
      createTime: 1,
      ...drawConfig(world, style, hosts.length),
    },
    isOld: world.happens(800),
    busyGroup: world.pick(["refuse", "refuse", "queue", "supersede"] as const),
    deployments: world.pick([1, 2, 2, 3]),
    ignoreApplicationStopFailures: world.happens(300),
    updateOutdatedInstancesOnly: world.happens(150),
    trouble: {
      script: world.pick([0, 0, 5, 20, 60]),
      network: world.pick([0, 20, 60, 200]),
      plugin: world.pick([0, 0, 20, 80]),
      crash: world.pick([0, 3, 8, 20]),
    },
  };
}

/** Whether a host belongs to the fleet of this name. */
export function isOf(fleet: string, { tags }: Scenario["hosts"][number]): boolean {
  return tags.some(({ Key, Value }) => Key === "fleet" && Value === fleet);
}

/** The hosts that carry this tag. */
export function fleetFilter(fleet: string) {
  return [{ Key: "fleet", Value: fleet, Type: "KEY_AND_VALUE" as const }];
}

function drawSettings(world: World, style: Style): GroupSettings {
  const alarms = world.happens(350);
  const isRolledBack = world.happens(700);
  return {
    deploymentConfigName: CONFIG,
    onPremisesInstanceTagFilters: fleetFilter("a"),
    deploymentStyle: {
      deploymentType: style === "blue/green" ? "BLUE_GREEN" : "IN_PLACE",
      deploymentOption: style === "in place" ? "WITHOUT_TRAFFIC_CONTROL" : "WITH_TRAFFIC_CONTROL",
    },
    ...(style !== "in place" &&
      { loadBalancerInfo: { targetGroupInfoList: [{ name: BALANCER }] } }),
    ...(style === "blue/green" && { blueGreenDeploymentConfiguration: drawBlueGreen(world) }),
    ...(alarms && {
      alarmConfiguration: {
        enabled: true,
        ignorePollAlarmFailure: world.happens(500),
        alarms: [{ name: ALARM }],
      },
    }),
    ...(isRolledBack && {
      autoRollbackConfiguration: {
        enabled: true,
        events: ([
          "DEPLOYMENT_FAILURE",
          "DEPLOYMENT_STOP_ON_ALARM",
          "DEPLOYMENT_STOP_ON_REQUEST",
        ] as const)
          .filter(() => world.happens(700)),
      },
    }),
  };
}

function drawBlueGreen(
  world: World,
): NonNullable<GroupSettings["blueGreenDeploymentConfiguration"]> {
  return {
    terminateBlueInstancesOnDeploymentSuccess: world.pick([
      { action: "KEEP_ALIVE" },
      { action: "TERMINATE", terminationWaitTimeInMinutes: 0 },
      { action: "TERMINATE", terminationWaitTimeInMinutes: 5 },
    ]),
    deploymentReadyOption: world.pick([
      { actionOnTimeout: "CONTINUE_DEPLOYMENT" },
      { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 5 },
    ]),
    greenFleetProvisioningOption: { action: "DISCOVER_EXISTING" },
  };
}

function drawConfig(world: World, style: Style, size: number): Pick<DeploymentConfig, "strategy"> {
  const minimumHealthyHosts = drawMinimum(world, size);
  const kinds = [
    "minimum",
    "minimum",
    "canary",
    "exponential",
    ...(style === "blue/green" ? [] : ["zonal"]),
  ];
  switch (world.pick(kinds)) {
    case "minimum":
      return {
        strategy: {
          name: "minimum-healthy-hosts",
          config: { minimumHealthyHosts, predefined: world.happens(700) },
        },
      };
    case "zonal":
      return {
        strategy: {
          name: "zonal",
          config: {
            minimumHealthyHosts,
            minimumHealthyHostsPerZone: world.pick([
              { type: "FLEET_PERCENT", value: 0 },
              { type: "FLEET_PERCENT", value: 50 },
              { type: "HOST_COUNT", value: 1 },
            ]),
            monitorDurationInSeconds: world.pick([0, 30, 90]),
          },
        },
      };
    case "canary":
      return {
        strategy: {
          name: "canary",
          config: {
            steps: drawSteps(world),
            maxFailures: world.pick([0, 0, 1]),
            ...(world.happens(500) && { minimumHealthyHosts }),
          },
        },
      };
    default:
      return {
        strategy: {
          name: "exponential",
          config: { ...(world.happens(500) && { bake: "30s" }), maxFailures: world.pick([0, 1]) },
        },
      };
  }
}

function drawMinimum(world: World, size: number): MinimumHealthyHosts {
  return world.pick<MinimumHealthyHosts>([
    { type: "MOST_CONCURRENCY", value: 1 },
    { type: "MOST_CONCURRENCY", value: 2 },
    { type: "FLEET_PERCENT", value: 50 },
    { type: "FLEET_PERCENT", value: 0 },
    { type: "FLEET_PERCENT", value: world.between(1, 90) },
    { type: "HOST_COUNT", value: world.between(0, world.happens(100) ? size : size - 1) },
  ]);
}

function drawSteps(world: World): unknown[] {
  return Array.from({ length: world.between(1, 4) }, () =>
    world.pick<() => unknown>([
      () => ({ hosts: world.between(1, 3) }),
      () => ({ hosts: `${world.pick([10, 50, 100])}%` }),
      () => ({ bake: world.pick(["20s", "90s"]) }),
      () => ({
        analysis: ANALYSIS,
        count: world.between(1, 3),
        interval: "20s",
        max: 100,
        failureLimit: 0,
        inconclusiveLimit: world.between(0, 2),
      }),
      () => ({ approval: "release", within: "10m" }),
      () => ({ pause: true }),
    ])());
}
