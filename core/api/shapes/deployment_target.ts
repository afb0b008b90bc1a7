/**
 * A target of a deployment as the API shows it (service model, DeploymentTarget), and what the
 * deprecated operations on instances show of a host (InstanceSummary).
 * @module
 */
import { z } from "zod";
import { TargetStatus } from "../../domain/target.ts";
import { LifecycleEventShape } from "./lifecycle_event.ts";
import { Timestamp } from "./timestamp.ts";

/** Blue is the fleet that was there, green the one that replaces it. */
export const TargetLabel = z.enum(["Blue", "Green"]);
export type TargetLabel = z.infer<typeof TargetLabel>;

/** What the four kinds of targets share. */
const TARGET = {
  deploymentId: z.string(),
  targetId: z.string(),
  status: TargetStatus,
  lastUpdatedAt: Timestamp,
  lifecycleEvents: z.array(LifecycleEventShape),
};

export const InstanceTarget = z.object({
  ...TARGET,
  targetArn: z.string(),
  /** Absent for an in-place deployment. */
  instanceLabel: TargetLabel.optional(),
});
export type InstanceTarget = z.infer<typeof InstanceTarget>;

const LambdaTarget = z.object({
  ...TARGET,
  targetArn: z.string().optional(),
  lambdaFunctionInfo: z.object({
    functionName: z.string().optional(),
    functionAlias: z.string().optional(),
    currentVersion: z.string().optional(),
    targetVersion: z.string().optional(),
    /** Percent of the traffic that the new version takes. */
    targetVersionWeight: z.number().optional(),
  }).optional(),
});

const ECSTaskSet = z.object({
  /** Spelled so by the service. */
  identifer: z.string().optional(),
  desiredCount: z.number().int().optional(),
  pendingCount: z.number().int().optional(),
  runningCount: z.number().int().optional(),
  status: z.string().optional(),
  /** Percent. */
  trafficWeight: z.number().optional(),
  targetGroup: z.object({ name: z.string().optional() }).optional(),
  taskSetLabel: TargetLabel.optional(),
});

const ECSTarget = z.object({
  ...TARGET,
  targetArn: z.string().optional(),
  taskSetsInfo: z.array(ECSTaskSet).optional(),
});

const CloudFormationTarget = z.object({
  ...TARGET,
  resourceType: z.string().optional(),
  /** Percent of the traffic that the new version takes. */
  targetVersionWeight: z.number().optional(),
});

/** `deploymentTargetType` says which of the four members is there. */
export const DeploymentTarget = z.object({
  deploymentTargetType: z.enum([
    "InstanceTarget",
    "LambdaTarget",
    "ECSTarget",
    "CloudFormationTarget",
  ]),
  instanceTarget: InstanceTarget.optional(),
  lambdaTarget: LambdaTarget.optional(),
  ecsTarget: ECSTarget.optional(),
  cloudFormationTarget: CloudFormationTarget.optional(),
});
export type DeploymentTarget = z.infer<typeof DeploymentTarget>;

/** A host by the deprecated names: `instanceType` is the label. */
export const InstanceSummary = z.object({
  deploymentId: z.string(),
  instanceId: z.string(),
  status: TargetStatus,
  lastUpdatedAt: Timestamp,
  lifecycleEvents: z.array(LifecycleEventShape),
  instanceType: TargetLabel.optional(),
});
export type InstanceSummary = z.infer<typeof InstanceSummary>;
