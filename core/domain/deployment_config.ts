/**
 * Deployment configs: how many hosts must stay healthy, or how traffic moves (spec 3), and the 17
 * that CodeDeploy ships.
 * @module
 */
import { z } from "zod";
import type { ComputePlatform, Name } from "./name.ts";

/**
 * How many hosts must stay healthy while a deployment runs. `value` is a number of hosts for
 * HOST_COUNT and a percentage of the fleet for FLEET_PERCENT, rounded up to hosts once at the start.
 * Source: spec 1.4 [G], rounding 3.2 [G].
 */
export const MinimumHealthyHosts = z.discriminatedUnion("type", [
  z.object({ type: z.literal("HOST_COUNT"), value: z.number().int().min(0) }),
  z.object({ type: z.literal("FLEET_PERCENT"), value: z.number().int().min(0).max(99) }),
]);
export type MinimumHealthyHosts = z.infer<typeof MinimumHealthyHosts>;

/** What OneAtATime reads as: at most `value` hosts at once. Answered, never accepted (trap 24). */
export interface MostConcurrency {
  type: "MOST_CONCURRENCY";
  value: number;
}

export const TrafficRoutingConfig = z.discriminatedUnion("type", [
  z.object({ type: z.literal("AllAtOnce") }),
  z.object({
    type: z.literal("TimeBasedCanary"),
    timeBasedCanary: z.object({
      canaryPercentage: z.number().int().min(1).max(99),
      canaryInterval: z.number().int().min(1).max(2880),
    }),
  }),
  z.object({
    type: z.literal("TimeBasedLinear"),
    timeBasedLinear: z.object({
      linearPercentage: z.number().int().min(1).max(99),
      linearInterval: z.number().int().min(1),
    }),
  }),
]);
export type TrafficRoutingConfig = z.infer<typeof TrafficRoutingConfig>;

export const ZonalConfig = z.object({
  firstZoneMonitorDurationInSeconds: z.number().int().min(0).optional(),
  monitorDurationInSeconds: z.number().int().min(0).optional(),
  minimumHealthyHostsPerZone: MinimumHealthyHosts.optional(),
});
export type ZonalConfig = z.infer<typeof ZonalConfig>;

/** A strategy by name, and its config as whoever made it gave it. */
export interface ChosenStrategy {
  name: string;
  config: unknown;
}

export interface DeploymentConfig {
  id: string;
  name: Name;
  computePlatform: ComputePlatform;
  /** Milliseconds; absent for the predefined ones. */
  createTime?: number;
  minimumHealthyHosts?: MinimumHealthyHosts | MostConcurrency;
  trafficRoutingConfig?: TrafficRoutingConfig;
  zonalConfig?: ZonalConfig;
  /** What CodeDeploy has no words for; the three members above are then absent. */
  strategy?: ChosenStrategy;
}

type Shape =
  | ["Server", MinimumHealthyHosts | MostConcurrency]
  | ["ECS" | "Lambda", "AllAtOnce"]
  | ["ECS" | "Lambda", "canary" | "linear", minutes: number];

/** Name after `CodeDeployDefault.` and its values, in the order of ListDeploymentConfigs (spec 3.1). */
const PREDEFINED: [name: string, ...Shape][] = [
  ["OneAtATime", "Server", { type: "MOST_CONCURRENCY", value: 1 }],
  ["HalfAtATime", "Server", { type: "FLEET_PERCENT", value: 50 }],
  ["AllAtOnce", "Server", { type: "FLEET_PERCENT", value: 0 }],
  ["ECSAllAtOnce", "ECS", "AllAtOnce"],
  ["ECSCanary10Percent5Minutes", "ECS", "canary", 5],
  ["ECSCanary10Percent15Minutes", "ECS", "canary", 15],
  ["ECSLinear10PercentEvery1Minutes", "ECS", "linear", 1],
  ["ECSLinear10PercentEvery3Minutes", "ECS", "linear", 3],
  ["LambdaAllAtOnce", "Lambda", "AllAtOnce"],
  ["LambdaCanary10Percent5Minutes", "Lambda", "canary", 5],
  ["LambdaCanary10Percent10Minutes", "Lambda", "canary", 10],
  ["LambdaCanary10Percent15Minutes", "Lambda", "canary", 15],
  ["LambdaCanary10Percent30Minutes", "Lambda", "canary", 30],
  ["LambdaLinear10PercentEvery1Minute", "Lambda", "linear", 1],
  ["LambdaLinear10PercentEvery2Minutes", "Lambda", "linear", 2],
  ["LambdaLinear10PercentEvery3Minutes", "Lambda", "linear", 3],
  ["LambdaLinear10PercentEvery10Minutes", "Lambda", "linear", 10],
];

/** The 17 predefined configs by name. */
export const PREDEFINED_CONFIGS: ReadonlyMap<Name, DeploymentConfig> = new Map(
  PREDEFINED.map(([short, ...shape], index) => {
    const name = `CodeDeployDefault.${short}`;
    const id = `00000000-0000-0000-0000-${String(index + 1).padStart(12, "0")}`;
    return [name, { id, name, computePlatform: shape[0], ...values(shape) }];
  }),
);

export const DEFAULT_SERVER_CONFIG = "CodeDeployDefault.OneAtATime";

/** The strategy that carries a config for Server out, and what it is given. */
export function strategyOf(config: DeploymentConfig): ChosenStrategy {
  const { strategy, zonalConfig, minimumHealthyHosts } = config;
  if (strategy) return strategy;
  if (zonalConfig) return { name: "zonal", config: { minimumHealthyHosts, ...zonalConfig } };
  return {
    name: "minimum-healthy-hosts",
    config: { minimumHealthyHosts, predefined: config.createTime === undefined },
  };
}

function values(
  shape: Shape,
): Pick<DeploymentConfig, "minimumHealthyHosts" | "trafficRoutingConfig"> {
  if (shape[0] === "Server") return { minimumHealthyHosts: shape[1] };
  if (shape[1] === "AllAtOnce") return { trafficRoutingConfig: { type: "AllAtOnce" } };
  return {
    trafficRoutingConfig: shape[1] === "canary"
      ? {
        type: "TimeBasedCanary",
        timeBasedCanary: { canaryPercentage: 10, canaryInterval: shape[2] },
      }
      : {
        type: "TimeBasedLinear",
        timeBasedLinear: { linearPercentage: 10, linearInterval: shape[2] },
      },
  };
}
