/**
 * What a host's report does to its target: events only move forward, a terminal state never changes
 * (law 3), and what an agent left out is filled in by the rules of CodeDeploy (spec 2.3).
 * @module
 */
import { IGNORABLE_EVENTS, type LifecycleEvent } from "../domain/lifecycle_event.ts";
import type { LifecycleEventStatus } from "../domain/lifecycle_event.ts";
import type { Target } from "../domain/target.ts";

export type HostReport =
  | { kind: "taken" }
  /** Held by its host, which has not begun it: its clock for beginning starts anew. */
  | { kind: "waiting" }
  | { kind: "progress"; events: readonly LifecycleEvent[] }
  | {
    kind: "completed";
    succeeded: boolean;
    events: readonly LifecycleEvent[];
    /** Agent code and message of the whole run; used when no event of it carries a failure. */
    failure: { code: number; message: string };
  };

const RANK: Record<LifecycleEventStatus, number> = {
  Pending: 0,
  InProgress: 1,
  Succeeded: 2,
  Failed: 2,
  Skipped: 2,
  Unknown: 2,
};

const NOTHING_SAID = { code: 0, message: "" };

/** The target after a report, or the same value when the report says nothing new. */
export function withReport(
  target: Target,
  report: HostReport,
  context: { now: number; stopped: boolean; ignoreStopFailures: boolean },
): Target {
  if (target.status !== "InProgress") return target;
  const { now } = context;
  if (report.kind === "taken") {
    if (!target.command || target.command.takenAt !== undefined) return target;
    return { ...target, command: { ...target.command, takenAt: now }, lastUpdated: now };
  }
  if (report.kind === "waiting") {
    if (!target.command || target.events.some(({ status }) => status !== "Pending")) return target;
    const takenAt = target.command.takenAt ?? now;
    return { ...target, command: { ...target.command, takenAt }, lastUpdated: now };
  }
  const events = merge(target.events, report.events);
  if (report.kind === "progress") {
    return events === target.events ? target : { ...target, events, lastUpdated: now };
  }
  const ended = endOfRun(events, report, context);
  const succeeded = report.succeeded && ended.every((event) => passes(event, context));
  return { ...target, status: succeeded ? "Succeeded" : "Failed", events: ended, lastUpdated: now };
}

/**
 * A target whose host did not answer in time: the event it was at fails, the rest is skipped. Where
 * only the end of the run is missing, the events that were reported decide.
 */
export function withoutAnswer(
  target: Target,
  message: string,
  context: { now: number; ignoreStopFailures: boolean },
): Target {
  const over = target.events.some((event) => hasEnded(event) && !passes(event, context));
  const at = over ? -1 : target.events.findIndex((event) => !hasEnded(event));
  const events = target.events.map((event, index): LifecycleEvent => {
    if (hasEnded(event)) return event;
    if (index !== at) return { ...event, status: "Skipped" };
    return failed(event, 5, message, context.now);
  });
  const succeeded = events.every((event) => passes(event, context));
  return {
    ...target,
    status: succeeded ? "Succeeded" : "Failed",
    events,
    lastUpdated: context.now,
  };
}

/** A target that will not be attempted. */
export function skipped(target: Target, now: number): Target {
  const events = target.events.map((event): LifecycleEvent => ({ ...event, status: "Skipped" }));
  return { ...target, status: "Skipped", events, lastUpdated: now };
}

function merge(
  known: readonly LifecycleEvent[],
  reported: readonly LifecycleEvent[],
): readonly LifecycleEvent[] {
  const news = new Map(reported.map((event) => [event.name, event]));
  let changed = false;
  const merged = known.map((event) => {
    const next = news.get(event.name);
    if (!next || RANK[next.status] <= RANK[event.status]) return event;
    changed = true;
    return next;
  });
  return changed ? merged : known;
}

/**
 * A run is over: an event that never ended has failed; later ones are skipped. When the deployment
 * was stopped, the event that the stop found running is the one that failed (trap 26).
 */
function endOfRun(
  events: readonly LifecycleEvent[],
  report: HostReport & { kind: "completed" },
  context: { now: number; stopped: boolean },
): LifecycleEvent[] {
  const open = events.findIndex((event) => !hasEnded(event));
  if (open === -1) return [...events];
  const anyFailed = events.some((event) => event.status === "Failed");
  const interrupted = context.stopped && open > 0 && events[open]?.status === "Pending";
  return events.map((event, index): LifecycleEvent => {
    if (interrupted && !anyFailed && index === open - 1) {
      return failed(event, 5, "The deployment was stopped while this event was running.");
    }
    if (hasEnded(event)) return event;
    const unreached = event.status === "Pending" && (anyFailed || interrupted);
    if (index > open || unreached) return { ...event, status: "Skipped" };
    // What an agent says of a run that it takes for a success explains no failure.
    const { code, message } = report.succeeded ? NOTHING_SAID : report.failure;
    const missing = `The agent ended the run without ${event.name}.`;
    return failed(event, code || 5, message || missing, context.now);
  });
}

function failed(
  event: LifecycleEvent,
  code: number,
  message: string,
  endTime = event.endTime,
): LifecycleEvent {
  const { script_name = "", log = "" } = event.diagnostics ?? {};
  return {
    ...event,
    status: "Failed",
    diagnostics: { error_code: code, script_name, message, log },
    ...(endTime !== undefined && { startTime: event.startTime ?? endTime, endTime }),
  };
}

function hasEnded(event: LifecycleEvent): boolean {
  return RANK[event.status] === RANK.Succeeded;
}

function passes(event: LifecycleEvent, context: { ignoreStopFailures: boolean }): boolean {
  if (event.status === "Succeeded") return true;
  return event.status === "Failed" && context.ignoreStopFailures &&
    IGNORABLE_EVENTS.includes(event.name);
}
