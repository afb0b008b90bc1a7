/** A deployment as the API shows it (service model, DeploymentInfo). @module */
import { z } from "zod";
import {
  DeploymentCreator,
  DeploymentStatus,
  FileExistsBehavior,
} from "../../domain/deployment.ts";
import {
  AlarmConfiguration,
  AutoRollbackConfiguration,
  BlueGreenDeploymentConfiguration,
  DeploymentStyle,
  LoadBalancerInfo,
} from "../../domain/deployment_group.ts";
import { ComputePlatform } from "../../domain/name.ts";
import { RevisionLocation } from "../../domain/revision.ts";
import { TargetInstances } from "../../domain/target_instances.ts";
import { Timestamp } from "./timestamp.ts";

/** RESTART runs the application again, from the last revision that succeeded. */
export const DeploymentMode = z.enum(["STANDARD", "RESTART"]);
export type DeploymentMode = z.infer<typeof DeploymentMode>;

/** Every code that clients know; `DeploymentErrorCode` of the domain has those reached here. */
export const ErrorCode = z.enum([
  "AGENT_ISSUE",
  "ALARM_ACTIVE",
  "APPLICATION_MISSING",
  "AUTOSCALING_VALIDATION_ERROR",
  "AUTO_SCALING_CONFIGURATION",
  "AUTO_SCALING_IAM_ROLE_PERMISSIONS",
  "CLOUDFORMATION_STACK_FAILURE",
  "CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND",
  "CUSTOMER_APPLICATION_UNHEALTHY",
  "DEPLOYMENT_GROUP_MISSING",
  "ECS_UPDATE_ERROR",
  "ELASTIC_LOAD_BALANCING_INVALID",
  "ELB_INVALID_INSTANCE",
  "HEALTH_CONSTRAINTS",
  "HEALTH_CONSTRAINTS_INVALID",
  "HOOK_EXECUTION_FAILURE",
  "IAM_ROLE_MISSING",
  "IAM_ROLE_PERMISSIONS",
  "INTERNAL_ERROR",
  "INVALID_ECS_SERVICE",
  "INVALID_LAMBDA_CONFIGURATION",
  "INVALID_LAMBDA_FUNCTION",
  "INVALID_REVISION",
  "MANUAL_STOP",
  "MISSING_BLUE_GREEN_DEPLOYMENT_CONFIGURATION",
  "MISSING_ELB_INFORMATION",
  "MISSING_GITHUB_TOKEN",
  "NO_EC2_SUBSCRIPTION",
  "NO_INSTANCES",
  "OVER_MAX_INSTANCES",
  "RESOURCE_LIMIT_EXCEEDED",
  "REVISION_MISSING",
  "THROTTLED",
  "TIMEOUT",
]);
export type ErrorCode = z.infer<typeof ErrorCode>;

const Count = z.number().int().min(0);

export const DeploymentOverview = z.object({
  Pending: Count,
  InProgress: Count,
  Succeeded: Count,
  Failed: Count,
  Skipped: Count,
  Ready: Count,
});
export type DeploymentOverview = z.infer<typeof DeploymentOverview>;

export const RollbackInfo = z.object({
  rollbackDeploymentId: z.string().optional(),
  rollbackTriggeringDeploymentId: z.string().optional(),
  rollbackMessage: z.string().optional(),
});
export type RollbackInfo = z.infer<typeof RollbackInfo>;

export const RelatedDeployments = z.object({
  autoUpdateOutdatedInstancesRootDeploymentId: z.string().optional(),
  autoUpdateOutdatedInstancesDeploymentIds: z.array(z.string()).optional(),
});
export type RelatedDeployments = z.infer<typeof RelatedDeployments>;

export const DeploymentInfo = z.object({
  /** Absent, as the group's name is, once it was deleted. */
  applicationName: z.string().optional(),
  deploymentGroupName: z.string().optional(),
  deploymentConfigName: z.string(),
  deploymentId: z.string(),
  previousRevision: RevisionLocation.optional(),
  revision: RevisionLocation.optional(),
  status: DeploymentStatus,
  errorInformation: z.object({ code: ErrorCode, message: z.string() }).optional(),
  createTime: Timestamp,
  startTime: Timestamp.optional(),
  completeTime: Timestamp.optional(),
  deploymentOverview: DeploymentOverview.optional(),
  description: z.string().optional(),
  creator: DeploymentCreator,
  ignoreApplicationStopFailures: z.boolean(),
  autoRollbackConfiguration: AutoRollbackConfiguration.optional(),
  updateOutdatedInstancesOnly: z.boolean(),
  rollbackInfo: RollbackInfo,
  deploymentStyle: DeploymentStyle,
  targetInstances: TargetInstances.optional(),
  instanceTerminationWaitTimeStarted: z.boolean(),
  blueGreenDeploymentConfiguration: BlueGreenDeploymentConfiguration.optional(),
  loadBalancerInfo: LoadBalancerInfo.optional(),
  additionalDeploymentStatusInfo: z.string().optional(),
  fileExistsBehavior: FileExistsBehavior,
  deploymentStatusMessages: z.array(z.string()),
  computePlatform: ComputePlatform,
  externalId: z.string().optional(),
  relatedDeployments: RelatedDeployments.optional(),
  overrideAlarmConfiguration: AlarmConfiguration.optional(),
  /** Absent for STANDARD: clients must not take the absence for it. */
  deploymentMode: DeploymentMode.optional(),
});
export type DeploymentInfo = z.infer<typeof DeploymentInfo>;
