/**
 * A fact for the world outside: something a deployment or one of its hosts did, with all that a
 * notification says of it. It is a snapshot: what happens later, to the deployment or to the names
 * of its group, changes nothing in it. The engine writes it in the commit of the change itself
 * (docs/decisions/009-outbox.md); SNS triggers and EventBridge events are made from it (spec 9).
 * @module
 */
import type {
  DeploymentOverview,
  DeploymentStatus,
  ErrorInformation,
  RollbackInfo,
} from "./deployment.ts";
import type { TriggerConfig } from "./deployment_group.ts";
import type { LifecycleEvent } from "./lifecycle_event.ts";
import type { TargetStatus } from "./target.ts";
import type { z } from "zod";

/** The words of `triggerConfigurations[].triggerEvents` (service model). */
export type TriggerEvent = NonNullable<z.infer<typeof TriggerConfig>["triggerEvents"]>[number];
export type InstanceTriggerEvent = Extract<TriggerEvent, `Instance${string}`>;
export type DeploymentTriggerEvent = Exclude<TriggerEvent, InstanceTriggerEvent>;

/** A trigger of the group that names the fact's event, as the group was at that time. */
export interface MatchingTrigger {
  /** `triggerName`; the topic's message repeats it as `eventTriggerName`. */
  name: string;
  /** `triggerTargetArn`. */
  topicArn: string;
}

interface FactBase {
  /** A UUID; the same however often the fact is told. */
  id: string;
  /** When it became true, in milliseconds since the epoch. */
  time: number;
  account: string;
  region: string;
  applicationName: string;
  deploymentGroupName: string;
  deploymentGroupId: string;
  deploymentId: string;
  /** Those of the group whose `triggerEvents` hold this event; may be empty. */
  triggers: readonly MatchingTrigger[];
}

/** DeploymentRollback speaks of the deployment that ended; `rollback` names the new one. */
export interface DeploymentFact extends FactBase {
  kind: "deployment";
  event: DeploymentTriggerEvent;
  status: DeploymentStatus;
  /** Milliseconds, as every time here. */
  createTime: number;
  completeTime?: number;
  overview: DeploymentOverview;
  error?: ErrorInformation;
  rollback: RollbackInfo;
}

export interface InstanceFact extends FactBase {
  kind: "instance";
  event: InstanceTriggerEvent;
  /** Bare, such as `web-1`. */
  instanceId: string;
  instanceArn: string;
  status: TargetStatus;
  lastUpdated: number;
  /** Every event of the host's run, without what scripts printed. */
  lifecycleEvents: readonly Omit<LifecycleEvent, "diagnostics">[];
}

export type OutboxFact = DeploymentFact | InstanceFact;

/** What a fact is told for when a deployment becomes this; InProgress counts the first time only. */
export const DEPLOYMENT_EVENT: Readonly<
  Partial<Record<DeploymentStatus, DeploymentTriggerEvent>>
> = {
  InProgress: "DeploymentStart",
  Ready: "DeploymentReady",
  Succeeded: "DeploymentSuccess",
  Failed: "DeploymentFailure",
  Stopped: "DeploymentStop",
};

/** What a fact is told for when a host becomes this (spec 9.1). */
export const INSTANCE_EVENT: Readonly<Partial<Record<TargetStatus, InstanceTriggerEvent>>> = {
  InProgress: "InstanceStart",
  Ready: "InstanceReady",
  Succeeded: "InstanceSuccess",
  Failed: "InstanceFailure",
};
