/** A deployment group as the API shows it (service model, DeploymentGroupInfo). @module */
import { z } from "zod";
import { DeploymentStatus } from "../../domain/deployment.ts";
import { GroupSettings } from "../../domain/deployment_group.ts";
import { ComputePlatform } from "../../domain/name.ts";
import { RevisionLocation } from "../../domain/revision.ts";
import { Timestamp } from "./timestamp.ts";

/** Names when they are written, objects when they are read. */
export const AutoScalingGroup = z.object({
  name: z.string(),
  hook: z.string().optional(),
  terminationHook: z.string().optional(),
});
export type AutoScalingGroup = z.infer<typeof AutoScalingGroup>;

export const LastDeploymentInfo = z.object({
  deploymentId: z.string(),
  status: DeploymentStatus,
  endTime: Timestamp.optional(),
  createTime: Timestamp,
});
export type LastDeploymentInfo = z.infer<typeof LastDeploymentInfo>;

export const DeploymentGroupInfo = z.object({
  ...GroupSettings.shape,
  // The settings that every group has; the lists are empty, not left out.
  deploymentConfigName: z.string(),
  ec2TagFilters: GroupSettings.shape.ec2TagFilters.unwrap(),
  onPremisesInstanceTagFilters: GroupSettings.shape.onPremisesInstanceTagFilters.unwrap(),
  triggerConfigurations: GroupSettings.shape.triggerConfigurations.unwrap(),
  deploymentStyle: GroupSettings.shape.deploymentStyle.unwrap(),
  outdatedInstancesStrategy: GroupSettings.shape.outdatedInstancesStrategy.unwrap(),
  terminationHookEnabled: z.boolean(),
  autoScalingGroups: z.array(AutoScalingGroup),
  applicationName: z.string(),
  deploymentGroupId: z.string(),
  deploymentGroupName: z.string(),
  /** Of the last deployment that succeeded. */
  targetRevision: RevisionLocation.optional(),
  lastSuccessfulDeployment: LastDeploymentInfo.optional(),
  lastAttemptedDeployment: LastDeploymentInfo.optional(),
  computePlatform: ComputePlatform,
});
export type DeploymentGroupInfo = z.infer<typeof DeploymentGroupInfo>;
