/**
 * A fact in the form of CodeDeploy's events on EventBridge (spec 9.2, user guide). Pure.
 * @module
 */
import { z } from "zod";
import { DETAIL_TYPES, EVENT_STATES, type EventPattern } from "../domain/event_target.ts";
import type { OutboxFact, TriggerEvent } from "../domain/outbox_fact.ts";

const Detail = z.object({
  /** The deployment group's UUID. */
  instanceGroupId: z.string(),
  /** Bare, of an instance's event alone. */
  instanceId: z.string().optional(),
  region: z.string(),
  application: z.string(),
  deploymentId: z.string(),
  state: z.enum(EVENT_STATES),
  deploymentGroup: z.string(),
});

export const EventBridgeEvent = z.object({
  version: z.literal("0"),
  /** A UUID, the same however often the event is sent. */
  id: z.string(),
  "detail-type": z.enum(DETAIL_TYPES),
  source: z.literal("aws.codedeploy"),
  account: z.string(),
  /** ISO 8601 in UTC, whole seconds. */
  time: z.string(),
  region: z.string(),
  resources: z.array(z.string()),
  detail: Detail,
});
export type EventBridgeEvent = z.infer<typeof EventBridgeEvent>;

type State = typeof EVENT_STATES[number];

/** There is no event for a rollback: the new deployment's START tells of it. */
const STATE: Readonly<Record<TriggerEvent, State | undefined>> = {
  DeploymentStart: "START",
  DeploymentReady: "READY",
  DeploymentSuccess: "SUCCESS",
  DeploymentFailure: "FAILURE",
  DeploymentStop: "STOP",
  DeploymentRollback: undefined,
  InstanceStart: "START",
  InstanceReady: "READY",
  InstanceSuccess: "SUCCESS",
  InstanceFailure: "FAILURE",
};

/** Undefined for a fact that EventBridge has no event for. */
export function eventBridgeEvent(fact: OutboxFact): EventBridgeEvent | undefined {
  const state = STATE[fact.event];
  if (state === undefined) return undefined;
  const { id, account, region, applicationName, deploymentGroupName } = fact;
  const ours = `arn:aws:codedeploy:${region}:${account}`;
  const application = `${ours}:application:${applicationName}`;
  const group = `${ours}:deploymentgroup:${applicationName}/${deploymentGroupName}`;
  const isInstance = fact.kind === "instance";
  return {
    version: "0",
    id,
    "detail-type": isInstance ? DETAIL_TYPES[1] : DETAIL_TYPES[0],
    source: "aws.codedeploy",
    account,
    time: new Date(fact.time).toISOString().replace(/\.\d+Z$/, "Z"),
    region,
    resources: isInstance ? [fact.instanceArn, group, application] : [application, group],
    detail: {
      instanceGroupId: fact.deploymentGroupId,
      ...(isInstance && { instanceId: fact.instanceId }),
      region,
      application: applicationName,
      deploymentId: fact.deploymentId,
      state,
      deploymentGroup: deploymentGroupName,
    },
  };
}

/** Whether a pattern lets an event pass; each list of the pattern must hold the event's value. */
export function matchesPattern(event: EventBridgeEvent, pattern: EventPattern = {}): boolean {
  const { state, application, deploymentGroup } = pattern.detail ?? {};
  return holds(pattern["detail-type"], event["detail-type"]) && holds(state, event.detail.state) &&
    holds(application, event.detail.application) &&
    holds(deploymentGroup, event.detail.deploymentGroup);
}

function holds(values: readonly string[] | undefined, value: string): boolean {
  return values === undefined || values.includes(value);
}
