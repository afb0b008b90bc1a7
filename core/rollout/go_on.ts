/**
 * What follows once an input is taken: the end, a wait, the next hosts, or the next stage. Each
 * question is an early return; the first that has an answer decides.
 * @module
 */
import type { ErrorInformation } from "../domain/deployment.ts";
import type { Target } from "../domain/target.ts";
import type { FleetStep, FleetView } from "../plugin/contract.ts";
import { failureOf } from "./failure_cause.ts";
import { fleetView } from "./fleet_view.ts";
import type { HostClocks } from "./host_clock.ts";
import { proceed, skipped } from "./host_report.ts";
import { holdOn } from "./hold_on.ts";
import { merge, withDecision } from "./look_ahead.ts";
import type { Stage } from "./stages.ts";
import { type Decision, nextWaiting, overviewOf, type RolloutState, stageOf } from "./state.ts";
import { EVERYBODY } from "./tally.ts";
import { waitBefore } from "./stage_wait.ts";

export interface Rules {
  /** The strategy over its checked config. */
  next(fleet: FleetView): FleetStep;
  clocks: HostClocks;
  /** Waits are this many times shorter than they say; 1 for as long as they say. */
  timeLapse: number;
  /** Whether alarms and balancers are to be found in order before the first host is touched. */
  checksFirst: boolean;
}

export const NOTHING: Decision = { targets: [], give: [], traffic: [], cancel: [] };

/** The decision on a state that has taken its input. */
export function goOn(state: RolloutState, now: number, rules: Rules): Decision {
  const overview = overviewOf(state);
  if (state.stop) {
    return overview.InProgress > 0
      ? NOTHING
      : endAll("Stopped", state.stop.error ?? STOPPED_BY_REQUEST, state, now);
  }
  if (state.error) {
    return overview.InProgress > 0 ? NOTHING : endAll("Failed", state.error, state, now);
  }
  // Every host is on the revision already, which is all that was asked for (spec 6.3).
  if (state.order.length > 0 && overview.Skipped === state.order.length) return end("Succeeded");
  if (rules.checksFirst && state.progress.checkedAt === undefined) return NOTHING;
  const stage = stageOf(state);
  const wait = waitBefore(stage, state, now, rules.timeLapse);
  if (wait.kind === "expired") return expire(state, wait.error, now);
  if (wait.kind === "waiting") return { ...NOTHING, ...wait.change };
  const going = { ...NOTHING, ...wait.change };
  return merge(going, step(withDecision(state, going), stage, now, rules));
}

/** The next step of a stage that has begun. */
function step(state: RolloutState, stage: Stage, now: number, rules: Rules): Decision {
  const view = fleetView(state);
  const step = stage.pace === "together" ? together(view, stage) : checked(rules.next(view), view);
  if (step.kind === "fail") return fail(state, step, now);
  if (state.progress.paused) return whilePaused(state, step, now, rules);
  if (step.kind === "hold") return hold(state, step, now, rules);
  const left = leaveHold(state);
  switch (step.kind) {
    case "done":
      return merge(left, nextStage(withDecision(state, left), now, rules));
    case "start":
      return merge(left, start(nextWaiting(state, step.hosts, step.zone), now));
    case "wait":
      return left;
  }
}

/**
 * Who is paused starts nobody and ends no stage. An analysis that fails still ends the rollout: what
 * it measures serves somebody. An approval's time runs out only for one that is not paused.
 */
function whilePaused(state: RolloutState, step: FleetStep, now: number, rules: Rules): Decision {
  if (step.kind !== "hold" || step.hold.kind !== "analysis") return NOTHING;
  const held = holdOn(state.progress, step, now, rules.timeLapse);
  return held.kind === "failed" ? fail(state, held.failure, now) : NOTHING;
}

function hold(
  state: RolloutState,
  step: FleetStep & { kind: "hold" },
  now: number,
  rules: Rules,
): Decision {
  const held = holdOn(state.progress, step, now, rules.timeLapse);
  if (held.kind === "failed") return fail(state, held.failure, now);
  const change = statusChanged(state, { ...NOTHING, ...held.change });
  if (held.kind === "holding") return change;
  return merge(change, goOn(withDecision(state, change), now, rules));
}

/** A strategy that asks for something else holds no more. */
function leaveHold(state: RolloutState): Decision {
  const { hold, ...progress } = state.progress;
  return {
    ...NOTHING,
    ...(hold && { progress }),
    ...(state.status === "Baking" && { status: "InProgress" }),
  };
}

/** All hosts at once; one that fails fails the deployment (rule 11). */
function together({ size, pending, running, failed }: FleetView, { name }: Stage): FleetStep {
  if (failed > 0) {
    const message = `${failed} of ${size} hosts did not ${TOGETHER[name]}, each of them must`;
    return { kind: "fail", code: "HEALTH_CONSTRAINTS", message };
  }
  if (pending > 0) return { kind: "start", hosts: pending };
  return running > 0 ? { kind: "wait" } : { kind: "done" };
}

const TOGETHER: Readonly<Record<Stage["name"], string>> = {
  install: "take the revision",
  allow: "get their traffic",
  block: "give up their traffic",
  end: "end their application",
};

/** The stage after this that has hosts, or the end. */
function nextStage(state: RolloutState, now: number, rules: Rules): Decision {
  const { stages, progress } = state;
  const next = stages.findIndex((stage, index) =>
    index > progress.stage && (state.lines.get(stage.label ?? EVERYBODY)?.length ?? 0) > 0
  );
  if (next === -1) return end("Succeeded");
  // What was waited for with the hosts of one stage is waited for with those of the next again.
  const change: Decision = { ...NOTHING, progress: { ...progress, stage: next, passed: [] } };
  return merge(change, goOn(withDecision(state, change), now, rules));
}

/**
 * The step, or a failure in its place. A strategy that starts or waits for nobody would never be
 * asked again; one that is done too early would leave hosts behind under a deployment that is over.
 */
function checked(step: FleetStep, view: FleetView): FleetStep {
  const { pending, running } = view;
  const left = pending + running;
  switch (step.kind) {
    case "start": {
      const zone = view.zones.find(({ name }) => name === step.zone);
      if (step.zone !== undefined && !zone?.pending) {
        return misstep(`starts hosts in the zone "${step.zone}", where none waits`);
      }
      if (running > 0 || (pending > 0 && step.hosts >= 1)) return step;
      return misstep("starts nobody although no host is running");
    }
    case "hold":
      return view.passed.has(step.key) ? misstep(`holds again for "${step.key}"`) : step;
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

function start(waiting: readonly Target[], now: number): Decision {
  return { ...NOTHING, targets: waiting.map((target) => proceed(target, { now })) };
}

/** The deployment is to fail: nobody else begins, hosts in flight may finish. */
export function fail(
  state: RolloutState,
  step: { code: ErrorInformation["code"]; message: string },
  now: number,
): Decision {
  const error = failureOf(step, state.targets.values());
  const running = overviewOf(state).InProgress > 0;
  return {
    ...NOTHING,
    targets: leftBehind(state, now),
    error,
    ...(!running && { status: "Failed" }),
  };
}

/** A wait ran out: nobody is running, and nothing goes on. */
function expire(state: RolloutState, error: ErrorInformation, now: number): Decision {
  return endAll("Stopped", error, state, now);
}

/** The end, also of hosts that were in flight when it was decided, and came to a stage that does not. */
function endAll(
  status: "Failed" | "Stopped",
  error: ErrorInformation,
  state: RolloutState,
  now: number,
): Decision {
  return { ...end(status, error), targets: leftBehind(state, now) };
}

/** Whoever has not begun, or waits for a stage that does not come. */
function leftBehind({ targets }: RolloutState, now: number): Target[] {
  const left: Target[] = [];
  for (const target of targets.values()) {
    if (target.status === "Pending" || target.status === "Ready") left.push(skipped(target, now));
  }
  return left;
}

/** Only what is not so already, as each change is told to whoever listens. */
function statusChanged(state: RolloutState, { status, ...change }: Decision): Decision {
  return status === undefined || status === state.status ? change : { ...change, status };
}

function end(status: "Succeeded" | "Failed" | "Stopped", error?: ErrorInformation): Decision {
  return { ...NOTHING, status, ...(error && { error }) };
}

const STOPPED_BY_REQUEST: ErrorInformation = {
  code: "MANUAL_STOP",
  message: "The deployment was stopped by a StopDeployment request.",
};
