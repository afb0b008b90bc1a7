/**
 * A deployment group: which hosts, with which config, style, alarms, triggers and rollback rules
 * (spec 1.3, 1.4, appendix A).
 * @module
 */
import { z } from "zod";
import { Name } from "./name.ts";
import type { RevisionLocation } from "./revision.ts";
import { TagFilter } from "./tag.ts";

export const AutoRollbackEvent = z.enum([
  "DEPLOYMENT_FAILURE",
  "DEPLOYMENT_STOP_ON_ALARM",
  "DEPLOYMENT_STOP_ON_REQUEST",
]);
export type AutoRollbackEvent = z.infer<typeof AutoRollbackEvent>;

export const AutoRollbackConfiguration = z.object({
  enabled: z.boolean().default(false),
  events: z.array(AutoRollbackEvent).default([]),
});
export type AutoRollbackConfiguration = z.infer<typeof AutoRollbackConfiguration>;

export const AlarmConfiguration = z.object({
  enabled: z.boolean().default(false),
  ignorePollAlarmFailure: z.boolean().default(false),
  alarms: z.array(z.object({ name: z.string().min(1).max(255) })).default([]),
});
export type AlarmConfiguration = z.infer<typeof AlarmConfiguration>;

export const DeploymentStyle = z.object({
  deploymentType: z.enum(["IN_PLACE", "BLUE_GREEN"]).default("IN_PLACE"),
  deploymentOption: z.enum(["WITH_TRAFFIC_CONTROL", "WITHOUT_TRAFFIC_CONTROL"])
    .default("WITHOUT_TRAFFIC_CONTROL"),
});
export type DeploymentStyle = z.infer<typeof DeploymentStyle>;

export const TriggerConfig = z.object({
  triggerName: z.string().min(1).optional(),
  triggerTargetArn: z.string().min(1).optional(),
  triggerEvents: z.array(z.enum([
    "DeploymentStart",
    "DeploymentSuccess",
    "DeploymentFailure",
    "DeploymentStop",
    "DeploymentRollback",
    "DeploymentReady",
    "InstanceStart",
    "InstanceSuccess",
    "InstanceFailure",
    "InstanceReady",
  ])).optional(),
});

const TargetGroupInfo = z.object({ name: z.string().optional() });
const TrafficRoute = z.object({ listenerArns: z.array(z.string()).max(1).optional() });

export const LoadBalancerInfo = z.object({
  elbInfoList: z.array(z.object({ name: z.string().optional() })).max(10).optional(),
  targetGroupInfoList: z.array(TargetGroupInfo).max(10).optional(),
  targetGroupPairInfoList: z.array(z.object({
    targetGroups: z.array(TargetGroupInfo).max(2).optional(),
    prodTrafficRoute: TrafficRoute.optional(),
    testTrafficRoute: TrafficRoute.optional(),
  })).max(1).optional(),
});
export type LoadBalancerInfo = z.infer<typeof LoadBalancerInfo>;

export const BlueGreenDeploymentConfiguration = z.object({
  terminateBlueInstancesOnDeploymentSuccess: z.object({
    action: z.enum(["TERMINATE", "KEEP_ALIVE"]).optional(),
    terminationWaitTimeInMinutes: z.number().int().min(0).max(2880).optional(),
  }).optional(),
  deploymentReadyOption: z.object({
    actionOnTimeout: z.enum(["CONTINUE_DEPLOYMENT", "STOP_DEPLOYMENT"]).optional(),
    waitTimeInMinutes: z.number().int().min(0).optional(),
  }).optional(),
  greenFleetProvisioningOption: z.object({
    action: z.enum(["DISCOVER_EXISTING", "COPY_AUTO_SCALING_GROUP"]).optional(),
  }).optional(),
});
export type BlueGreenDeploymentConfiguration = z.infer<typeof BlueGreenDeploymentConfiguration>;

/**
 * Everything a caller may set on a group. Each member is optional so that an update can say "leave
 * it" by leaving it out; `[]` clears a list (trap 39). Defaults are filled in by `newGroupSettings`.
 */
export const GroupSettings = z.object({
  deploymentConfigName: Name,
  serviceRoleArn: z.string().min(1),
  ec2TagFilters: z.array(TagFilter),
  ec2TagSet: z.object({ ec2TagSetList: z.array(z.array(TagFilter)).optional() }),
  onPremisesInstanceTagFilters: z.array(TagFilter),
  onPremisesTagSet: z.object({ onPremisesTagSetList: z.array(z.array(TagFilter)).optional() }),
  autoScalingGroups: z.array(z.string().min(1)),
  triggerConfigurations: z.array(TriggerConfig),
  alarmConfiguration: AlarmConfiguration,
  autoRollbackConfiguration: AutoRollbackConfiguration,
  outdatedInstancesStrategy: z.enum(["UPDATE", "IGNORE"]),
  deploymentStyle: DeploymentStyle,
  blueGreenDeploymentConfiguration: BlueGreenDeploymentConfiguration,
  loadBalancerInfo: LoadBalancerInfo,
  ecsServices: z.array(z.object({
    serviceName: z.string().optional(),
    clusterName: z.string().optional(),
  })),
  terminationHookEnabled: z.boolean(),
}).partial();
export type GroupSettings = z.infer<typeof GroupSettings>;

export interface DeploymentGroup {
  id: string;
  applicationId: string;
  name: Name;
  settings: GroupSettings;
  /** The revision of the last deployment that succeeded (law 5). */
  targetRevision?: RevisionLocation;
  lastSuccessfulDeploymentId?: string;
  lastAttemptedDeploymentId?: string;
}
