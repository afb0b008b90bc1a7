/**
 * The server's answers as far as the command line reads them (service model). Members it does not
 * read are kept at every depth, so that `--json` prints what the server said. Times in seconds since
 * the epoch.
 * @module
 */
import { z } from "zod";
import { DeploymentStatus, FileExistsBehavior } from "../domain/deployment.ts";
import {
  AlarmConfiguration,
  BlueGreenDeploymentConfiguration,
  DeploymentStyle,
  LoadBalancerInfo,
} from "../domain/deployment_group.ts";
import { LifecycleErrorCode, LifecycleEventStatus } from "../domain/lifecycle_event.ts";
import { RevisionLocation } from "../domain/revision.ts";
import { TagFilter } from "../domain/tag.ts";
import { TargetStatus } from "../domain/target.ts";

export const Empty = z.unknown();
export const DeploymentCreated = z.looseObject({ deploymentId: z.string() });

export const DeploymentInfo = z.looseObject({
  deploymentId: z.string(),
  applicationName: z.string().default(""),
  deploymentGroupName: z.string().default(""),
  deploymentConfigName: z.string().default(""),
  status: DeploymentStatus,
  revision: RevisionLocation.optional(),
  createTime: z.number(),
  startTime: z.number().optional(),
  completeTime: z.number().optional(),
  deploymentOverview: z.record(z.string(), z.number()).nullish(),
  errorInformation: z.looseObject({ code: z.string(), message: z.string().default("") }).nullish(),
  rollbackInfo: z.looseObject({
    rollbackDeploymentId: z.string().optional(),
    rollbackTriggeringDeploymentId: z.string().optional(),
    rollbackMessage: z.string().optional(),
  }).nullish(),
  deploymentStatusMessages: z.array(z.string()).nullish(),
  autoRollbackConfiguration: z.looseObject({ enabled: z.boolean().default(false) }).nullish(),
  fileExistsBehavior: FileExistsBehavior.optional(),
  /** Absent but for a RESTART. */
  deploymentMode: z.string().optional(),
});
export type DeploymentInfo = z.infer<typeof DeploymentInfo>;

export const GotDeployment = z.looseObject({ deploymentInfo: DeploymentInfo });
export const GotDeployments = z.looseObject({
  deploymentsInfo: z.array(DeploymentInfo).default([]),
});
export const DeploymentIds = z.looseObject({
  deployments: z.array(z.string()).default([]),
  nextToken: z.string().optional(),
});
export type DeploymentIds = z.infer<typeof DeploymentIds>;

const Diagnostics = z.looseObject({
  errorCode: LifecycleErrorCode.optional(),
  scriptName: z.string().optional(),
  message: z.string().optional(),
  logTail: z.string().optional(),
});

export const InstanceTarget = z.looseObject({
  targetId: z.string(),
  status: TargetStatus,
  /** Blue or Green; absent in place. */
  instanceLabel: z.string().optional(),
  lifecycleEvents: z.array(z.looseObject({
    lifecycleEventName: z.string(),
    status: LifecycleEventStatus,
    startTime: z.number().optional(),
    endTime: z.number().optional(),
    diagnostics: Diagnostics.nullish(),
  })).default([]),
});
export type InstanceTarget = z.infer<typeof InstanceTarget>;

export const TargetIds = z.looseObject({
  targetIds: z.array(z.string()).default([]),
  nextToken: z.string().optional(),
});
export type TargetIds = z.infer<typeof TargetIds>;
export const GotTargets = z.looseObject({
  deploymentTargets: z.array(z.looseObject({ instanceTarget: InstanceTarget.optional() }))
    .default([]),
});

export const GotGroup = z.looseObject({
  deploymentGroupInfo: z.looseObject({
    deploymentConfigName: z.string().optional(),
    targetRevision: RevisionLocation.nullish(),
    onPremisesTagSet: z.looseObject({
      onPremisesTagSetList: z.array(z.array(TagFilter)).optional(),
    }).nullish(),
    autoRollbackConfiguration: z.looseObject({
      enabled: z.boolean().default(false),
      events: z.array(z.string()).default([]),
    }).nullish(),
    triggerConfigurations: z.array(z.looseObject({
      triggerName: z.string().optional(),
      triggerTargetArn: z.string().optional(),
      triggerEvents: z.array(z.string()).optional(),
    })).nullish(),
    loadBalancerInfo: LoadBalancerInfo.loose().nullish(),
    deploymentStyle: DeploymentStyle.loose().nullish(),
    blueGreenDeploymentConfiguration: BlueGreenDeploymentConfiguration.nullish(),
    alarmConfiguration: AlarmConfiguration.loose().nullish(),
  }),
});
export type GotGroup = z.infer<typeof GotGroup>;

export const GotConfig = z.looseObject({
  deploymentConfigInfo: z.looseObject({
    minimumHealthyHosts: z.looseObject({ type: z.string(), value: z.number() }).nullish(),
  }),
});
