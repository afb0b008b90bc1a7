/**
 * The state of one rollout, and how a decision changes it.
 *
 * `advance` only reads a state and answers a decision; `apply` writes it. The two are apart so that
 * a report costs the work of one host, not a copy of the fleet.
 * @module
 */
import type {
  Deployment,
  DeploymentOverview,
  DeploymentRequest,
  DeploymentStatus,
  ErrorInformation,
} from "../domain/deployment.ts";
import type { Progress } from "../domain/progress.ts";
import type { Target } from "../domain/target.ts";
import { type Stage, stagesOf } from "./stages.ts";
import { count, EVERYBODY, keysOf, type Tallies, tallyOf, zoneKey } from "./tally.ts";

export interface RolloutState {
  readonly id: string;
  readonly request: DeploymentRequest;
  status: DeploymentStatus;
  /** Set as soon as the rollout is known to fail; hosts in flight may still finish. */
  error: ErrorInformation | undefined;
  stop: Deployment["stop"];
  progress: Progress;
  terminationWait: Deployment["terminationWait"];
  readonly targets: Map<string, Target>;
  /** Hosts in the order they are taken. */
  readonly order: readonly string[];
  /** The same by label and zone (`keysOf`). */
  readonly lines: ReadonlyMap<string, readonly string[]>;
  readonly stages: readonly Stage[];
  /** Position in a line of the first host that may still wait. */
  cursors: Map<string, number>;
  tallies: Tallies;
  /** Hosts that were unhealthy before this rollout. */
  readonly unhealthy: ReadonlySet<string>;
}

/** What changes; the runner commits it, applies it, and performs its effects, in this order. */
export interface Decision {
  /** Targets with their new values. */
  targets: Target[];
  status?: DeploymentStatus;
  error?: ErrorInformation;
  stop?: NonNullable<Deployment["stop"]>;
  progress?: Progress;
  terminationWait?: NonNullable<Deployment["terminationWait"]>;
  /** Hosts to give an order for their next events; they are among `targets` as InProgress. */
  give: string[];
  /** Hosts whose event of traffic begins now. */
  traffic: string[];
  /** Hosts whose order is to end after its current event. */
  cancel: string[];
}

/** A rollout over hosts in their order. */
export function newState(
  input:
    & Pick<RolloutState, "id" | "request" | "status" | "error" | "stop" | "unhealthy">
    & Pick<RolloutState, "progress" | "terminationWait">
    & { targets: readonly Target[] },
): RolloutState {
  const lines = new Map<string, string[]>();
  const tallies: Tallies = new Map();
  for (const target of input.targets) {
    for (const key of keysOf(target)) {
      const line = lines.get(key);
      if (line) line.push(target.id);
      else lines.set(key, [target.id]);
    }
    count(tallies, target, 1, input.unhealthy);
  }
  return {
    ...input,
    targets: new Map(input.targets.map((target) => [target.id, target])),
    order: lines.get(EVERYBODY) ?? [],
    lines,
    stages: stagesOf(input.request),
    cursors: new Map(),
    tallies,
  };
}

/** Writes a decision into the state. */
export function apply(state: RolloutState, decision: Decision): void {
  const moved = new Set<string>();
  for (const target of decision.targets) {
    const before = state.targets.get(target.id);
    state.targets.set(target.id, target);
    if (before?.status === target.status) continue;
    if (before) count(state.tallies, before, -1, state.unhealthy);
    count(state.tallies, target, 1, state.unhealthy);
    for (const key of keysOf(target)) moved.add(key);
  }
  if (decision.progress) {
    // Hosts wait in another status for another stage.
    if (decision.progress.stage !== state.progress.stage) state.cursors = new Map();
    state.progress = decision.progress;
  }
  if (decision.status) state.status = decision.status;
  if (decision.error) state.error = decision.error;
  if (decision.stop) state.stop = decision.stop;
  if (decision.terminationWait) state.terminationWait = decision.terminationWait;
  skipStarted(state, moved);
}

/** How many hosts are in which status. */
export function overviewOf(state: RolloutState): DeploymentOverview {
  return tallyOf(state.tallies, EVERYBODY).counts;
}

/** The stage that is under way. */
export function stageOf(state: Pick<RolloutState, "stages" | "progress">): Stage {
  const stage = state.stages[state.progress.stage];
  if (!stage) throw new RangeError(`there is no stage ${state.progress.stage}`);
  return stage;
}

/** The next `hosts` that wait for the stage, in their order; of one zone, if it says so. */
export function nextWaiting(state: RolloutState, hosts: number, zone?: string): Target[] {
  const stage = stageOf(state);
  const key = zone === undefined ? stage.label ?? EVERYBODY : zoneKey(zone);
  const line = state.lines.get(key) ?? [];
  const waiting: Target[] = [];
  for (let at = state.cursors.get(key) ?? 0; at < line.length && waiting.length < hosts; at++) {
    const target = state.targets.get(line[at] ?? "");
    if (target?.status === stage.from) waiting.push(target);
  }
  return waiting;
}

/** Moves the cursors of these lines past hosts that wait no more. */
function skipStarted(state: RolloutState, keys: Iterable<string>): void {
  const stage = stageOf(state);
  for (const key of keys) {
    const line = state.lines.get(key) ?? [];
    let at = state.cursors.get(key) ?? 0;
    while (at < line.length && state.targets.get(line[at] ?? "")?.status !== stage.from) at++;
    state.cursors.set(key, at);
  }
}
