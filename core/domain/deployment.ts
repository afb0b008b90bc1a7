/**
 * A deployment: one revision on its way to the hosts of one group (spec 2, 8).
 * @module
 */
import { z } from "zod";
import type { Cause } from "./cause.ts";
import type { DeploymentConfig } from "./deployment_config.ts";
import type {
  AlarmConfiguration,
  AutoRollbackConfiguration,
  BlueGreenDeploymentConfiguration,
  DeploymentStyle,
  LoadBalancerInfo,
} from "./deployment_group.ts";
import type { ComputePlatform } from "./name.ts";
import type { Progress } from "./progress.ts";
import { revisionIdentity, type RevisionLocation } from "./revision.ts";
import type { TargetStatus } from "./target.ts";
import type { TargetInstances } from "./target_instances.ts";

export const DeploymentStatus = z.enum([
  "Created",
  "Queued",
  "InProgress",
  "Baking",
  "Succeeded",
  "Failed",
  "Stopped",
  "Ready",
]);
export type DeploymentStatus = z.infer<typeof DeploymentStatus>;

export const TERMINAL_DEPLOYMENT: ReadonlySet<DeploymentStatus> = new Set([
  "Succeeded",
  "Failed",
  "Stopped",
]);

/** Casing is CodeDeploy's own; agents compare `codeDeployRollback` exactly (trap 53). */
export const DeploymentCreator = z.enum([
  "user",
  "autoscaling",
  "codeDeployRollback",
  "CodeDeploy",
  "CodeDeployAutoUpdate",
  "CloudFormation",
  "CloudFormationRollback",
  "autoscalingTermination",
]);
export type DeploymentCreator = z.infer<typeof DeploymentCreator>;

export const FileExistsBehavior = z.enum(["DISALLOW", "OVERWRITE", "RETAIN"]);
export type FileExistsBehavior = z.infer<typeof FileExistsBehavior>;

/** Why a deployment ended badly (spec 2.6); the codes this server can reach. */
export const DeploymentErrorCode = z.enum([
  "AGENT_ISSUE",
  "ALARM_ACTIVE",
  "APPLICATION_MISSING",
  "CUSTOMER_APPLICATION_UNHEALTHY",
  "DEPLOYMENT_GROUP_MISSING",
  "ELASTIC_LOAD_BALANCING_INVALID",
  "ELB_INVALID_INSTANCE",
  "HEALTH_CONSTRAINTS",
  "HEALTH_CONSTRAINTS_INVALID",
  "INTERNAL_ERROR",
  "INVALID_REVISION",
  "MANUAL_STOP",
  "MISSING_BLUE_GREEN_DEPLOYMENT_CONFIGURATION",
  "MISSING_ELB_INFORMATION",
  "NO_INSTANCES",
  "OVER_MAX_INSTANCES",
  "REVISION_MISSING",
  "TIMEOUT",
]);
export type DeploymentErrorCode = z.infer<typeof DeploymentErrorCode>;

export interface ErrorInformation {
  code: DeploymentErrorCode;
  message: string;
}

/** Targets per status; there is no bucket for Unknown (spec 2.5). */
export type DeploymentOverview = Record<Exclude<TargetStatus, "Unknown">, number>;

/**
 * The bundle as it was when the deployment was created: every host gets these bytes, even when the
 * key is written again meanwhile.
 */
export interface Artifact {
  version: string;
  /** Hex. */
  sha256: string;
  /** Bytes. */
  size: number;
  /** Without quotes. */
  eTag: string;
}

/** What a deployment was asked to do; never changes after CreateDeployment. */
export interface DeploymentRequest {
  revision: RevisionLocation;
  /** Set when the revision lies in the server's own store. */
  artifact?: Artifact;
  /** The revision that was on the group before. */
  previousRevision?: RevisionLocation;
  configName: string;
  /** The config as it was at the start; a later change does not touch a running deployment. */
  config: DeploymentConfig;
  computePlatform: ComputePlatform;
  style: DeploymentStyle;
  creator: DeploymentCreator;
  description?: string;
  ignoreApplicationStopFailures: boolean;
  updateOutdatedInstancesOnly: boolean;
  fileExistsBehavior: FileExistsBehavior;
  autoRollback?: AutoRollbackConfiguration;
  /** Those that count: the deployment's own in place of the group's. */
  alarms?: AlarmConfiguration;
  /** The deployment's own, when it was given some. */
  overrideAlarms?: AlarmConfiguration;
  /** Of the group at the start, as `config`. */
  loadBalancer?: LoadBalancerInfo;
  blueGreen?: BlueGreenDeploymentConfiguration;
  /** The replacement environment of a blue/green deployment. */
  targetInstances?: TargetInstances;
  /**
   * Set for deploymentMode RESTART: the deployment that put the revision on the hosts, whose copy
   * of it they run again.
   */
  restartOf?: string;
  /** A follow-on deployment (spec 6.3): the one that hosts came too late for. */
  autoUpdateOf?: string;
  /** The deployment whose end triggered this rollback. */
  rollbackOf?: string;
  /** Of a rollback: the success that it goes back to, whose bundle hosts take if they have it still. */
  reuseArchiveOf?: string;
  /** The group's last success when it began; hosts keep its bundle, as a rollback would take it. */
  keepArchiveOf?: string;
  /** Only these hosts of the group; left out: all of them. */
  hosts?: readonly string[];
  /** The deployment that is stopped so that this one can take its place. */
  supersedes?: string;
  /** Freeze windows do not hold it up; `by` is the ARN of who decided so. */
  overrideFreeze?: { reason: string; by: string };
}

/**
 * The identity of what a deployment puts on a host. A key of the server's own store may have been
 * written again since, so its version counts there, whether or not the request names it.
 */
export function deployedIdentity(
  { revision, artifact }: Pick<DeploymentRequest, "revision" | "artifact">,
): string {
  if (!artifact || revision.revisionType !== "S3") return revisionIdentity(revision);
  const { bucket, key, bundleType } = revision.s3Location;
  const { version } = artifact;
  return revisionIdentity({
    revisionType: "S3",
    s3Location: { bucket, key, bundleType, version },
  });
}

export interface RollbackInfo {
  rollbackDeploymentId?: string;
  rollbackTriggeringDeploymentId?: string;
  rollbackMessage?: string;
}

/** Times in milliseconds since the epoch. */
export interface Deployment {
  id: string;
  applicationId: string;
  groupId: string;
  status: DeploymentStatus;
  request: DeploymentRequest;
  createTime: number;
  /** It does not begin earlier. */
  notBefore?: number;
  startTime?: number;
  completeTime?: number;
  overview: DeploymentOverview;
  error?: ErrorInformation;
  rollback: RollbackInfo;
  statusMessages: readonly string[];
  /** Deployments to hosts that came while it was under way. */
  followOns?: readonly string[];
  /**
   * Set when it is to be stopped: by a request (`rollback` as in autoRollbackEnabled), or for a
   * reason that `error` has, such as an alarm.
   */
  stop?: { at: number; rollback: boolean; error?: ErrorInformation; cause?: Cause };
  /** How far its rollout has come; unset before it begins. */
  progress?: Progress;
  /**
   * The wait before a blue/green deployment ends its original instances: begun at, and cut short at,
   * in milliseconds since the epoch.
   */
  terminationWait?: { startedAt: number; skippedAt?: number };
}

export const NO_TARGETS: DeploymentOverview = {
  Pending: 0,
  InProgress: 0,
  Succeeded: 0,
  Failed: 0,
  Skipped: 0,
  Ready: 0,
};
