/**
 * What a host's report does to its target: events only move forward, a terminal state never changes
 * (law 3), and what an agent left out is filled in by the rules of CodeDeploy (spec 2.3).
 * @module
 */
import {
  IGNORABLE_EVENTS,
  type LifecycleEvent,
  type LifecycleEventName,
  type LifecycleEventStatus,
} from "../domain/lifecycle_event.ts";
import type { Target } from "../domain/target.ts";
import { currentLeg, hasEnded, type Leg } from "./leg.ts";

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

/** Said of the event that a stop waited for. */
export const STOPPED = "The deployment was stopped while this event was running.";

export interface ReportContext {
  now: number;
  /** The deployment is being stopped: a host ends after the event it is at. */
  stopped: boolean;
  ignoreStopFailures: boolean;
  /** Before this event the host is Ready for another stage. */
  until?: LifecycleEventName | undefined;
}

/** The target after a report about its order, or the same value when the report says nothing new. */
export function withReport(target: Target, report: HostReport, context: ReportContext): Target {
  const leg = currentLeg(target);
  if (target.status !== "InProgress" || leg?.by !== "agent") return target;
  const { now } = context;
  if (report.kind === "taken") {
    if (!target.command || target.command.takenAt !== undefined) return target;
    return { ...target, command: { ...target.command, takenAt: now }, lastUpdated: now };
  }
  const own = target.events.slice(leg.from, leg.to);
  if (report.kind === "waiting") {
    if (!target.command || own.some(({ status }) => status !== "Pending")) return target;
    const takenAt = target.command.takenAt ?? now;
    return { ...target, command: { ...target.command, takenAt }, lastUpdated: now };
  }
  const merged = merge(own, report.events);
  if (report.kind === "progress") {
    return merged === own ? target : { ...withEvents(target, leg, merged), lastUpdated: now };
  }
  const ended = withEvents(target, leg, endOfRun(merged, report, context));
  const passed = report.succeeded &&
    ended.events.slice(leg.from, leg.to).every((event) => passes(event, context));
  return passed ? afterLeg(ended, leg, context) : giveUp(ended, leg, now);
}

/** The target after the load balancer was asked; the same value when that is not waited for. */
export function withTraffic(
  target: Target,
  answer: { event: LifecycleEventName; failure?: string },
  context: ReportContext,
): Target {
  const leg = currentLeg(target);
  const event = leg && target.events[leg.from];
  if (target.status !== "InProgress" || leg?.by !== "server") return target;
  if (event?.name !== answer.event || event.status !== "InProgress") return target;
  const { now } = context;
  if (answer.failure !== undefined) {
    return giveUp(withEvents(target, leg, [failed(event, 5, answer.failure, now)]), leg, now);
  }
  const done: LifecycleEvent = { ...event, status: "Succeeded", endTime: now };
  return afterLeg(withEvents(target, leg, [done]), leg, context);
}

/** A target that begins, or goes on with what comes next: Ready, done, or at its next leg. */
export function proceed(
  target: Target,
  { now, until }: Pick<ReportContext, "now" | "until">,
): Target {
  const { command: _over, ...idle } = target;
  const leg = currentLeg(idle);
  const next = leg && target.events[leg.from];
  if (!next) return { ...idle, status: "Succeeded", lastUpdated: now };
  if (next.name === until) return { ...idle, status: "Ready", lastUpdated: now };
  const going: Target = { ...idle, status: "InProgress", lastUpdated: now };
  if (leg.by === "agent") return going;
  return withEvents(going, leg, [{ ...next, status: "InProgress", startTime: now }]);
}

/**
 * A target whose host did not answer in time: the event it was at fails, the rest is skipped. Where
 * only the end of the run is missing, the events that were reported decide. Silence is no failure that
 * may be ignored: nobody knows whether the event ran, and none may be skipped (law 1).
 */
export function withoutAnswer(target: Target, message: string, context: ReportContext): Target {
  const leg = currentLeg(target);
  if (!leg) return target;
  const own = target.events.slice(leg.from, leg.to);
  const over = own.some((event) => hasEnded(event) && !passes(event, context));
  const at = over ? -1 : own.findIndex((event) => !hasEnded(event));
  const events = own.map((event, index): LifecycleEvent => {
    if (hasEnded(event)) return event;
    if (index !== at) return { ...event, status: "Skipped" };
    return failed(event, 5, message, context.now);
  });
  const ended = withEvents(target, leg, events);
  const passed = at === -1 && events.every((event) => passes(event, context));
  return passed ? afterLeg(ended, leg, context) : giveUp(ended, leg, context.now);
}

/** A target that will not be attempted, or not go on from where it waits. */
export function skipped(target: Target, now: number): Target {
  return { ...target, status: "Skipped", events: withoutRest(target.events), lastUpdated: now };
}

/** A leg ended well; a stopped deployment ends with it unless it was the last (trap 26). */
function afterLeg(target: Target, leg: Leg, context: ReportContext): Target {
  const last = target.events[leg.to - 1];
  if (!context.stopped || leg.to === target.events.length || !last) return proceed(target, context);
  const events = target.events.with(leg.to - 1, failed(last, 5, STOPPED));
  return giveUp({ ...target, events }, leg, context.now);
}

/** A leg ended badly: nothing follows. */
function giveUp(target: Target, leg: Leg, now: number): Target {
  const events = [
    ...target.events.slice(0, leg.to),
    ...withoutRest(target.events.slice(leg.to)),
  ];
  return { ...target, status: "Failed", events, lastUpdated: now };
}

function withoutRest(events: readonly LifecycleEvent[]): LifecycleEvent[] {
  return events.map((event): LifecycleEvent =>
    hasEnded(event) ? event : { ...event, status: "Skipped" }
  );
}

function withEvents(target: Target, { from, to }: Leg, own: readonly LifecycleEvent[]): Target {
  const events = [...target.events.slice(0, from), ...own, ...target.events.slice(to)];
  return { ...target, events };
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
  context: ReportContext,
): LifecycleEvent[] {
  const open = events.findIndex((event) => !hasEnded(event));
  if (open === -1) return [...events];
  const anyFailed = events.some((event) => event.status === "Failed");
  const interrupted = context.stopped && open > 0 && events[open]?.status === "Pending";
  return events.map((event, index): LifecycleEvent => {
    if (interrupted && !anyFailed && index === open - 1) {
      return failed(event, 5, STOPPED);
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

function passes(
  event: LifecycleEvent,
  context: Pick<ReportContext, "ignoreStopFailures">,
): boolean {
  if (event.status === "Succeeded") return true;
  return event.status === "Failed" && context.ignoreStopFailures &&
    IGNORABLE_EVENTS.includes(event.name);
}
