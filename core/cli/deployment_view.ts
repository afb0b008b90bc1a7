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

/** Lines kept of each hook that is no lifecycle event; the agent's word on how it ended is the last. */
const KEPT_HOOK_LINES = 3;

export interface DeploymentView {
  id: string;
  deployment?: DeploymentEvent;
  targets: Map<string, TargetEvent>;
  /** The last lines of each host's events, oldest first. */
  logs: Map<string, LogLine[]>;
  /** The last lines of each host's hooks after a failure or around a run, a few of each hook. */
  hookLogs: Map<string, LogLine[]>;
}

export function newView(id: string): DeploymentView {
  return { id, targets: new Map(), logs: new Map(), hookLogs: new Map() };
}

/** Takes an event of this deployment in; events of others are left out. */
export function record(view: DeploymentView, event: StreamEvent): void {
  if (event.deploymentId !== view.id) return;
  if (event.kind === "deployment") view.deployment = event;
  if (event.kind === "target") view.targets.set(event.targetId, event);
  if (event.kind === "log") {
    // What a hook prints after a failure must not push out what the failed script printed.
    const { targetId } = event;
    const isOfHook = (line: LogLine) => AfterHookName.safeParse(line.event).success;
    const news = event.lines.filter((line) => !isOfHook(line));
    const lines = [...(view.logs.get(targetId) ?? []), ...news];
    view.logs.set(targetId, lines.slice(-KEPT_LINES));
    const ofHooks = [...(view.hookLogs.get(targetId) ?? []), ...event.lines.filter(isOfHook)];
    if (ofHooks.length > 0) view.hookLogs.set(targetId, lastOfEach(ofHooks));
  }
}

/** So that what one hook prints pushes out no other's. */
function lastOfEach(lines: readonly LogLine[]): LogLine[] {
  return AfterHookName.options.flatMap((hook) =>
    lines.filter((line) => line.event === hook).slice(-KEPT_HOOK_LINES)
  );
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
