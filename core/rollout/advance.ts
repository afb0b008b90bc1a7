/**
 * The decision at the heart of a deployment: from its state, one input and the time to what changes.
 * Pure; the engine commits the answer and carries it out.
 *
 * Who is next is the strategy's to say; everything that no strategy may change stands here: a stop
 * wins over everything, a failing rollout starts nobody, hosts in flight may finish, and the end
 * comes when nobody is running.
 * @module
 */
import { type ErrorInformation, TERMINAL_DEPLOYMENT } from "../domain/deployment.ts";
import type { Target } from "../domain/target.ts";
import type { FleetStep, FleetView } from "../plugin/contract.ts";
import { deadline, type HostClocks } from "./host_clock.ts";
import { type HostReport, skipped, withoutAnswer, withReport } from "./host_report.ts";
import { failureMessage } from "./failure_cause.ts";
import { apply, type Decision, fleetView, nextPending, type RolloutState } from "./state.ts";

export type Input =
  /** Nothing happened but the start of the runner: go on from the state as it is. */
  | { kind: "resume" }
  | { kind: "report"; host: string; report: HostReport }
  | { kind: "tick" }
  | { kind: "stop"; rollback: boolean };

export interface Rules {
  /** The strategy over its checked config. */
  next(fleet: FleetView): FleetStep;
  clocks: HostClocks;
}

const NOTHING: Decision = { targets: [], give: [], cancel: [] };

/** What one input changes. The state is only read; hand the answer to `apply`. */
export function advance(state: RolloutState, input: Input, now: number, rules: Rules): Decision {
  if (TERMINAL_DEPLOYMENT.has(state.status)) return NOTHING;
  const first = take(state, input, now, rules);
  if (input.kind !== "resume" && first.targets.length === 0 && !first.stop) return NOTHING;
  // The strategy must see the fleet as this input leaves it; a scratch state is the size of the change.
  const after = withDecision(state, first);
  const second = goOn(after, now, rules);
  return merge(first, second);
}

/** What the input itself says. */
function take(state: RolloutState, input: Input, now: number, rules: Rules): Decision {
  switch (input.kind) {
    case "resume":
      return NOTHING;
    case "report": {
      const target = state.targets.get(input.host);
      if (!target) return NOTHING;
      const after = withReport(target, input.report, {
        now,
        stopped: state.stop !== undefined,
        ignoreStopFailures: state.request.ignoreApplicationStopFailures,
      });
      return after === target ? NOTHING : { ...NOTHING, targets: [after] };
    }
    case "tick":
      return { ...NOTHING, targets: overdue(state, now, rules.clocks) };
    case "stop":
      return stop(state, input.rollback, now);
  }
}

/** StopDeployment (spec 2.4): nobody else starts; a running host ends after its current event. */
function stop(state: RolloutState, rollback: boolean, now: number): Decision {
  if (state.stop) return NOTHING;
  const targets: Target[] = [];
  const cancel: string[] = [];
  for (const target of state.targets.values()) {
    if (target.status === "Pending") targets.push(skipped(target, now));
    if (target.status === "InProgress") cancel.push(target.id);
  }
  return { targets, give: [], cancel, stop: { at: now, rollback } };
}

function overdue(state: RolloutState, now: number, clocks: HostClocks): Target[] {
  const targets: Target[] = [];
  if (state.counts.InProgress === 0) return targets;
  const ignoreStopFailures = state.request.ignoreApplicationStopFailures;
  for (const target of state.targets.values()) {
    if (target.status !== "InProgress") continue;
    const { at, message } = deadline(target, clocks);
    if (at <= now) targets.push(withoutAnswer(target, message, { now, ignoreStopFailures }));
  }
  return targets;
}

/** What follows once the input is taken: the end, a failure, or the next hosts. */
function goOn(state: RolloutState, now: number, rules: Rules): Decision {
  const view = fleetView(state);
  if (state.stop) return view.running > 0 ? NOTHING : end("Stopped", stoppedError());
  if (state.error) return view.running > 0 ? NOTHING : end("Failed", state.error);
  // Every host is on the revision already, which is all that was asked for (spec 6.3).
  if (view.size > 0 && view.skipped === view.size) return end("Succeeded");
  const step = checked(rules.next(view), view);
  switch (step.kind) {
    case "done":
      return end("Succeeded");
    case "fail":
      return fail(state, step, now);
    case "start":
      return start(nextPending(state, step.hosts), now);
    case "hold":
    case "wait":
      return NOTHING;
  }
}

/**
 * The step, or a failure in its place. A strategy that starts or waits for nobody would never be
 * asked again; one that is done too early would leave hosts behind under a deployment that is over.
 */
function checked(step: FleetStep, { pending, running }: FleetView): FleetStep {
  const left = pending + running;
  switch (step.kind) {
    case "start":
      if (running > 0 || (pending > 0 && step.hosts >= 1)) return step;
      return misstep("starts nobody although no host is running");
    case "hold":
      return misstep("holds, which is not carried out yet");
    case "wait":
      return running > 0 ? step : misstep("waits although no host is running");
    case "done":
      return left === 0 ? step : misstep(`is done although ${left} host(s) are not`);
    case "fail":
      return step;
  }
}

function misstep(what: string): FleetStep {
  return { kind: "fail", code: "HEALTH_CONSTRAINTS", message: `the strategy ${what}` };
}

function start(pending: Target[], now: number): Decision {
  const targets = pending.map((target): Target => ({
    ...target,
    status: "InProgress",
    lastUpdated: now,
  }));
  return { targets, give: targets.map((target) => target.id), cancel: [] };
}

function fail(state: RolloutState, step: FleetStep & { kind: "fail" }, now: number): Decision {
  const error: ErrorInformation = {
    code: step.code,
    message: failureMessage(step, state.targets.values()),
  };
  const targets = nextPending(state, state.order.length).map((target) => skipped(target, now));
  const running = state.counts.InProgress + state.counts.Ready > 0;
  return { targets, error, give: [], cancel: [], ...(!running && { status: "Failed" }) };
}

function end(status: "Succeeded" | "Failed" | "Stopped", error?: ErrorInformation): Decision {
  return { ...NOTHING, status, ...(error && { error }) };
}

function stoppedError(): ErrorInformation {
  return {
    code: "MANUAL_STOP",
    message: "The deployment was stopped by a StopDeployment request.",
  };
}

/** A state that reads like `state` after `decision`, sharing what did not change. */
function withDecision(state: RolloutState, decision: Decision): RolloutState {
  if (decision.targets.length === 0 && !decision.stop) return state;
  const targets = new Overlay(state.targets);
  const after: RolloutState = { ...state, targets };
  apply(after, decision);
  return after;
}

/** A map over another: writes stay here. So looking ahead costs the change, not the fleet. */
class Overlay extends Map<string, Target> {
  readonly #below: ReadonlyMap<string, Target>;
  constructor(below: ReadonlyMap<string, Target>) {
    super();
    this.#below = below;
  }
  override get(id: string): Target | undefined {
    return super.get(id) ?? this.#below.get(id);
  }
  override *values(): MapIterator<Target> {
    for (const [id, target] of this.#below) yield super.get(id) ?? target;
  }
}

function merge(first: Decision, second: Decision): Decision {
  const changed = new Map(first.targets.map((target) => [target.id, target]));
  for (const target of second.targets) changed.set(target.id, target);
  return {
    ...first,
    ...second,
    targets: [...changed.values()],
    give: [...first.give, ...second.give],
    cancel: [...first.cancel, ...second.cancel],
  };
}
