/**
 * Tells the world outside what happened to a deployment, by a fact in the same commit (design 3.6):
 * so neither a crash nor a slow receiver comes between a change and its notification. Where nobody
 * listens, nothing is written.
 * @module
 */
import type { Deployment, DeploymentStatus } from "../domain/deployment.ts";
import { instanceArn } from "../domain/identity.ts";
import {
  DEPLOYMENT_EVENT,
  type DeploymentTriggerEvent,
  INSTANCE_EVENT,
  type InstanceTriggerEvent,
  type OutboxFact,
  type TriggerEvent,
} from "../domain/outbox_fact.ts";
import type { Target } from "../domain/target.ts";
import type { Tx } from "../store/group_commit.ts";
import { insertFacts, type Listeners, listenersOf } from "../store/outbox.ts";
import { instanceArnNamed } from "../store/instances.ts";
import type { EngineContext } from "./context.ts";
import type { Names } from "./order.ts";

/** What happened; a host's has the host as it is now. */
export type Happening =
  | { event: DeploymentTriggerEvent }
  | { event: InstanceTriggerEvent; target: Target };

/** The deployment began: InProgress for the first time. */
export const STARTED: Happening = { event: "DeploymentStart" };

/**
 * What there is to tell of hosts whose status is now another than `before` says. One that goes on
 * after it was Ready has started already, and Ready is told of green hosts alone (spec 9.1).
 */
export function turnsOf(
  targets: readonly Target[],
  before: (id: string) => Target["status"] | undefined,
): Happening[] {
  return targets.flatMap((target) => {
    const event = INSTANCE_EVENT[target.status];
    const was = before(target.id);
    if (event === undefined || was === target.status) return [];
    if (event === "InstanceStart" && was === "Ready") return [];
    if (event === "InstanceReady" && target.label !== "Green") return [];
    return [{ event, target }];
  });
}

/** What there is to tell of a deployment that has become this, and has made a rollback or not. */
export function becameOf(
  status: DeploymentStatus | undefined,
  rollbackId: string | undefined,
): Happening[] {
  const event = status && status !== "InProgress" ? DEPLOYMENT_EVENT[status] : undefined;
  return [
    ...(event ? [{ event }] : []),
    ...(rollbackId !== undefined ? [{ event: "DeploymentRollback" } as const] : []),
  ];
}

/** Writes the facts of what happened, in this order, if anybody listens; `deployment` as it is now. */
export function tell(
  tx: Tx,
  happenings: readonly Happening[],
  deployment: Deployment,
  names: Names,
  context: Pick<EngineContext, "realm" | "now" | "randomBytes">,
): void {
  if (happenings.length === 0) return;
  const listeners = listenersOf(tx, deployment.groupId);
  if (listeners.triggers.length === 0 && !listeners.hasEventTarget) return;
  const facts = happenings.flatMap((happening) => {
    const triggers = matching(listeners, happening.event);
    if (triggers.length === 0 && !listeners.hasEventTarget) return [];
    const base = {
      id: uuidFrom(context.randomBytes(16)),
      time: context.now(),
      ...context.realm,
      applicationName: names.application,
      deploymentGroupName: names.group,
      deploymentGroupId: deployment.groupId,
      deploymentId: deployment.id,
      triggers,
    };
    return [factOf(tx, base, happening, deployment)];
  });
  insertFacts(tx, facts);
}

type Base = Pick<
  OutboxFact,
  | "id"
  | "time"
  | "account"
  | "region"
  | "applicationName"
  | "deploymentGroupName"
  | "deploymentGroupId"
  | "deploymentId"
  | "triggers"
>;

function factOf(
  tx: Tx,
  base: Base,
  happening: Happening,
  deployment: Deployment,
): OutboxFact {
  if ("target" in happening) {
    const { event, target: { id, status, lastUpdated, events } } = happening;
    return {
      ...base,
      kind: "instance",
      event,
      instanceId: id,
      // A host that was deregistered and forgotten meanwhile has none of its own.
      instanceArn: instanceArnNamed(tx, id) ?? instanceArn(base, id),
      status,
      lastUpdated,
      lifecycleEvents: events.map(({ diagnostics: _printed, ...event }) => event),
    };
  }
  const { event } = happening;
  const { status, createTime, completeTime, overview, error, rollback } = deployment;
  const whole = { ...base, kind: "deployment", event, createTime, overview, rollback } as const;
  // A deployment may end in the very commit that began it; its start knows nothing of that.
  if (event === "DeploymentStart") return { ...whole, status: "InProgress" };
  return {
    ...whole,
    status,
    ...(error && { error }),
    ...(completeTime !== undefined && { completeTime }),
  };
}

function matching({ triggers }: Listeners, event: TriggerEvent) {
  return triggers.flatMap(({ triggerName, triggerTargetArn, triggerEvents }) =>
    triggerName !== undefined && triggerTargetArn !== undefined && triggerEvents?.includes(event)
      ? [{ name: triggerName, topicArn: triggerTargetArn }]
      : []
  );
}

/** A random UUID (version 4) of sixteen random bytes. */
function uuidFrom(random: Uint8Array): string {
  const hex = Array.from(random.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  const variant = "89ab"[parseInt(hex[16] ?? "0", 16) % 4];
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`];
  return [...parts, `${variant}${hex.slice(17, 20)}`, hex.slice(20)].join("-");
}
