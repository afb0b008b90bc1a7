/** A deployment config as the API shows it (service model, DeploymentConfigInfo). @module */
import { z } from "zod";
import { TrafficRoutingConfig, ZonalConfig } from "../../domain/deployment_config.ts";
import { ComputePlatform } from "../../domain/name.ts";
import { Timestamp } from "./timestamp.ts";

/** MOST_CONCURRENCY is answered for OneAtATime alone and never accepted. */
const MinimumHealthyHosts = z.object({
  type: z.enum(["HOST_COUNT", "FLEET_PERCENT", "MOST_CONCURRENCY"]),
  value: z.number().int(),
});

export const DeploymentConfigInfo = z.object({
  deploymentConfigId: z.string(),
  deploymentConfigName: z.string(),
  minimumHealthyHosts: MinimumHealthyHosts.optional(),
  /** Absent for the predefined ones. */
  createTime: Timestamp.optional(),
  computePlatform: ComputePlatform,
  trafficRoutingConfig: TrafficRoutingConfig.optional(),
  zonalConfig: ZonalConfig.optional(),
});
export type DeploymentConfigInfo = z.infer<typeof DeploymentConfigInfo>;
