/**
 * What is known of one deployment while it is followed: the last word about it and about each host,
 * and the end of each host's output. Fed by stream events, read by the tree and the failure report.
 * @module
 */
import { AfterHookName } from "../domain/after_hook.ts";
import type { LogLine } from "../wire/agent_protocol.ts";
import type { StreamEvent } from "../wire/event_stream.ts";

export type DeploymentEvent = Extract<StreamEvent, { kind: "deployment" }>;
export type TargetEvent = Extract<StreamEvent, { kind: "target" }>;
export type HostEvent = TargetEvent["events"][number];

/** Lines kept of a host's output: enough to see why a script failed, whatever it prints. */
const KEPT_LINES = 20;

export interface DeploymentView {
  id: string;
  deployment?: DeploymentEvent;
  targets: Map<string, TargetEvent>;
  /** The last lines of each host's events, oldest first. */
  logs: Map<string, LogLine[]>;
}

export function newView(id: string): DeploymentView {
  return { id, targets: new Map(), logs: new Map() };
}

/** Takes an event of this deployment in; events of others are left out. */
export function record(view: DeploymentView, event: StreamEvent): void {
  if (event.deploymentId !== view.id) return;
  if (event.kind === "deployment") view.deployment = event;
  if (event.kind === "target") view.targets.set(event.targetId, event);
  if (event.kind === "log") {
    // What a hook prints after a failure must not push out what the failed script printed.
    const news = event.lines.filter((line) => !AfterHookName.safeParse(line.event).success);
    const lines = [...(view.logs.get(event.targetId) ?? []), ...news];
    view.logs.set(event.targetId, lines.slice(-KEPT_LINES));
  }
}

/** The host's event that runs now, or the first that failed. */
export function currentEvent(target: TargetEvent): HostEvent | undefined {
  return target.events.find((event) => event.status === "Failed") ??
    target.events.find((event) => event.status === "InProgress");
}

/** The failed host event that ended first: the others often follow from it. */
export function firstFailure(
  view: DeploymentView,
): { target: TargetEvent; event: HostEvent } | undefined {
  let first: { target: TargetEvent; event: HostEvent } | undefined;
  for (const target of view.targets.values()) {
    const event = target.events.find((one) => one.status === "Failed");
    if (event === undefined) continue;
    const sooner = (event.endTime ?? Infinity) < (first?.event.endTime ?? Infinity);
    if (first === undefined || sooner) first = { target, event };
  }
  return first;
}
