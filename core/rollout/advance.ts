/**
 * The decision at the heart of a deployment: from its state, one input and the time to what changes.
 * Pure; the engine commits the answer and carries it out.
 *
 * Who is next is the strategy's to say; everything that no strategy may change stands here and in
 * `go_on.ts`: a stop wins over everything, a failing rollout starts nobody, hosts in flight may
 * finish, and the end comes when nobody is running.
 * @module
 */
import { type ErrorInformation, TERMINAL_DEPLOYMENT } from "../domain/deployment.ts";
import type { LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { Measurement } from "../domain/measurement.ts";
import type { Progress } from "../domain/progress.ts";
import type { Target } from "../domain/target.ts";
import type { AlarmVerdict } from "./alarms.ts";
import { fail, goOn, NOTHING, type Rules } from "./go_on.ts";
import { deadline, type HostClocks } from "./host_clock.ts";
import {
  type HostReport,
  type ReportContext,
  skipped,
  withoutAnswer,
  withReport,
  withTraffic,
} from "./host_report.ts";
import { currentLeg } from "./leg.ts";
import { merge, withDecision } from "./look_ahead.ts";
import { type Decision, overviewOf, type RolloutState, stageOf } from "./state.ts";

export type { Rules } from "./go_on.ts";

/** Who asked for something, as the audit has them. */
interface Asked {
  by: string;
}

export type Input =
  /** Nothing happened but the start of the runner: go on from the state as it is. */
  | { kind: "resume" }
  /** `command` is the order that it is about. */
  | { kind: "report"; host: string; command: string; report: HostReport }
  /** What the load balancer has done, or why it has not. */
  | { kind: "traffic"; host: string; event: LifecycleEventName; failure?: string }
  | { kind: "tick" }
  /** The alarms were read. */
  | { kind: "alarms"; verdict: AlarmVerdict }
  /** What is looked at before the first host is in order, or is not. */
  | { kind: "checked"; failure?: { code: ErrorInformation["code"]; message: string } }
  | { kind: "measured"; key: string; measurement: Measurement }
  /** `error` says more than that somebody asked for it. */
  | { kind: "stop"; rollback: boolean; error?: ErrorInformation }
  | { kind: "continue"; wait: "READY_WAIT" | "TERMINATION_WAIT" }
  | { kind: "pause"; message?: string } & Asked
  | { kind: "unpause" }
  /** Goes on without waiting for the hold that is under way, or for any from now on. */
  | { kind: "promote"; whole: boolean } & Asked
  | { kind: "approve" };

/** What one input changes. The state is only read; hand the answer to `apply`. */
export function advance(state: RolloutState, input: Input, now: number, rules: Rules): Decision {
  if (TERMINAL_DEPLOYMENT.has(state.status)) return NOTHING;
  const first = take(state, input, now, rules);
  if (!first) return NOTHING;
  // Most reports leave a host in its status: nothing follows that did not follow before.
  if (input.kind === "report" && keepsStatuses(state, first)) return withEffects(state, first);
  // The strategy must see the fleet as this input leaves it; looking ahead costs the change alone.
  return withEffects(state, merge(first, goOn(withDecision(state, first), now, rules)));
}

function keepsStatuses(state: RolloutState, { targets }: Decision): boolean {
  return targets.every(({ id, status }) => state.targets.get(id)?.status === status);
}

/** What the input itself says; undefined when it changes nothing. */
function take(
  state: RolloutState,
  input: Input,
  now: number,
  rules: Rules,
): Decision | undefined {
  switch (input.kind) {
    case "resume":
      return NOTHING;
    case "report":
      return takeReport(state, input, now);
    case "traffic":
      return changed(
        state,
        input.host,
        (target) => withTraffic(target, input, contextOf(state, target, now)),
      );
    case "tick":
      return tick(state, now, rules.clocks);
    case "alarms":
      // What has failed ends as Failed, so that the rollback of a failure follows.
      return input.verdict.kind === "stop" && !state.error
        ? stop(state, { ...input.verdict, rollback: false }, now)
        : undefined;
    case "checked":
      return takeChecks(state, input.failure, now);
    case "stop":
      return stop(state, input, now);
    default: {
      const change = progressed(state, input, now);
      return change && { ...NOTHING, ...change };
    }
  }
}

function takeReport(
  state: RolloutState,
  { host, command, report }: Input & { kind: "report" },
  now: number,
): Decision | undefined {
  return changed(state, host, (target) => {
    // An order that is over has said all that counts.
    if (target.command?.id !== command) return target;
    return withReport(target, report, contextOf(state, target, now));
  });
}

function changed(
  state: RolloutState,
  host: string,
  change: (target: Target) => Target,
): Decision | undefined {
  const target = state.targets.get(host);
  const after = target && change(target);
  return !after || after === target ? undefined : { ...NOTHING, targets: [after] };
}

/** What decides about a target's next state. */
function contextOf(state: RolloutState, target: Target, now: number): ReportContext {
  const stage = stageOf(state);
  const isIts = stage.label === undefined || stage.label === target.label;
  return {
    now,
    stopped: state.stop !== undefined,
    ignoreStopFailures: state.request.ignoreApplicationStopFailures,
    until: isIts ? stage.until : undefined,
  };
}

/** Overdue hosts have failed; where something is waited for, the strategy is asked again. */
function tick(state: RolloutState, now: number, clocks: HostClocks): Decision | undefined {
  const targets = overdue(state, now, clocks);
  const waits = state.progress.hold !== undefined || state.terminationWait !== undefined ||
    state.status === "Ready";
  return targets.length > 0 || waits ? { ...NOTHING, targets } : undefined;
}

function overdue(state: RolloutState, now: number, clocks: HostClocks): Target[] {
  const targets: Target[] = [];
  if (overviewOf(state).InProgress === 0) return targets;
  for (const target of state.targets.values()) {
    if (target.status !== "InProgress") continue;
    const { at, message } = deadline(target, clocks);
    if (at > now) continue;
    targets.push(withoutAnswer(target, message, contextOf(state, target, now)));
  }
  return targets;
}

/** A deployment whose alarms or balancers are not in order touches no host. */
function takeChecks(
  state: RolloutState,
  failure: (Input & { kind: "checked" })["failure"],
  now: number,
): Decision | undefined {
  if (state.progress.checkedAt !== undefined || state.error || state.stop) return undefined;
  if (failure) return fail(state, failure, now);
  return { ...NOTHING, progress: { ...state.progress, checkedAt: now } };
}

/** StopDeployment (spec 2.4): nobody else starts; a running host ends after its current event. */
function stop(
  state: RolloutState,
  { rollback, error, cause }: Pick<
    NonNullable<RolloutState["stop"]>,
    "rollback" | "error" | "cause"
  >,
  now: number,
): Decision | undefined {
  if (state.stop) return undefined;
  const targets: Target[] = [];
  const cancel: string[] = [];
  for (const target of state.targets.values()) {
    const { status, id } = target;
    if (status === "Pending" || status === "Ready") targets.push(skipped(target, now));
    if (status === "InProgress" && target.command) cancel.push(id);
  }
  return {
    ...NOTHING,
    targets,
    cancel,
    stop: { at: now, rollback, ...(error && { error }), ...(cause && { cause }) },
  };
}

/** What inputs that touch no host change of the rollout's progress. */
function progressed(
  { progress, status, terminationWait }: RolloutState,
  input: Exclude<
    Input,
    { kind: "resume" | "report" | "traffic" | "tick" | "alarms" | "checked" | "stop" }
  >,
  now: number,
): Pick<Decision, "progress" | "terminationWait"> | undefined {
  const { hold } = progress;
  switch (input.kind) {
    case "measured": {
      if (hold?.key !== input.key || hold.hold.kind !== "analysis") return undefined;
      const measurements = [...hold.measurements, input.measurement];
      return { progress: { ...progress, hold: { ...hold, measurements } } };
    }
    case "continue": {
      if (input.wait === "READY_WAIT") {
        return status === "Ready" ? { progress: { ...progress, continuedAt: now } } : undefined;
      }
      if (!terminationWait || terminationWait.skippedAt !== undefined) return undefined;
      return { terminationWait: { ...terminationWait, skippedAt: now } };
    }
    case "pause": {
      if (progress.paused) return undefined;
      const { by, message } = input;
      return {
        progress: {
          ...progress,
          paused: { at: now, by, ...(message !== undefined && { message }) },
        },
      };
    }
    case "unpause": {
      if (!progress.paused) return undefined;
      const { paused: _over, ...going } = progress;
      return { progress: going };
    }
    case "promote": {
      if (input.whole) {
        return { progress: { ...over(progress), promoted: { at: now, by: input.by } } };
      }
      return hold ? { progress: over(progress) } : undefined;
    }
    case "approve":
      return hold?.hold.kind === "approval" ? { progress: over(progress) } : undefined;
  }
}

/** The hold that is under way has passed. */
function over(progress: Progress): Progress {
  const { hold, ...going } = progress;
  return hold ? { ...going, passed: [...going.passed, hold.key] } : progress;
}

/** Who gets an order, and whose traffic is to change, follows from what became of the targets. */
function withEffects(state: RolloutState, decision: Decision): Decision {
  const give: string[] = [];
  const traffic: string[] = [];
  for (const target of decision.targets) {
    if (target.status !== "InProgress" || target.command) continue;
    const before = state.targets.get(target.id);
    // Without an order before and now: the balancer was asked already, or the host has no number.
    const leg = currentLeg(target);
    const wasAt = before && before.status === "InProgress" && !before.command
      ? currentLeg(before)?.index
      : undefined;
    if (!leg || leg.index === wasAt) continue;
    if (leg.by === "agent") give.push(target.id);
    else traffic.push(target.id);
  }
  return { ...decision, give, traffic };
}
