/**
 * The state of one rollout, and how a decision changes it.
 *
 * `advance` only reads a state and answers a decision; `apply` writes it. The two are apart so that
 * a report costs the work of one host, not a copy of the fleet.
 * @module
 */
import {
  type DeploymentOverview,
  type DeploymentRequest,
  type DeploymentStatus,
  type ErrorInformation,
  NO_TARGETS,
} from "../domain/deployment.ts";
import type { Target } from "../domain/target.ts";
import type { FleetView } from "../plugin/contract.ts";

export interface RolloutState {
  readonly id: string;
  readonly request: DeploymentRequest;
  status: DeploymentStatus;
  /** Set as soon as the rollout is known to fail; hosts in flight may still finish. */
  error: ErrorInformation | undefined;
  stop: { at: number; rollback: boolean } | undefined;
  readonly targets: Map<string, Target>;
  /** Hosts in the order they are taken; `cursor` is the first that may still be Pending. */
  readonly order: readonly string[];
  cursor: number;
  /** Hosts that were unhealthy before this rollout. */
  readonly unhealthy: ReadonlySet<string>;
  counts: DeploymentOverview;
  pendingUnhealthy: number;
}

/** What changes; the runner commits it, applies it, and performs its effects, in this order. */
export interface Decision {
  /** Targets with their new values. */
  targets: Target[];
  status?: DeploymentStatus;
  error?: ErrorInformation;
  stop?: { at: number; rollback: boolean };
  /** Hosts to give their order to; they are among `targets` as InProgress. */
  give: string[];
  /** Hosts whose order is to end after its current event. */
  cancel: string[];
}

/** A rollout over hosts in their order, nothing started yet. */
export function newState(
  input: Pick<RolloutState, "id" | "request" | "status" | "error" | "stop" | "unhealthy"> & {
    targets: readonly Target[];
  },
): RolloutState {
  const state: RolloutState = {
    ...input,
    targets: new Map(input.targets.map((target) => [target.id, target])),
    order: input.targets.map((target) => target.id),
    cursor: 0,
    counts: { ...NO_TARGETS },
    pendingUnhealthy: 0,
  };
  for (const target of input.targets) count(state, target, 1);
  skipStarted(state);
  return state;
}

/** Writes a decision into the state. */
export function apply(state: RolloutState, decision: Decision): void {
  for (const target of decision.targets) {
    const before = state.targets.get(target.id);
    if (before) count(state, before, -1);
    count(state, target, 1);
    state.targets.set(target.id, target);
  }
  if (decision.status) state.status = decision.status;
  if (decision.error) state.error = decision.error;
  if (decision.stop) state.stop = decision.stop;
  skipStarted(state);
}

/** The fleet as the strategy sees it. */
export function fleetView(state: RolloutState): FleetView {
  const { Pending, InProgress, Succeeded, Failed, Skipped, Ready } = state.counts;
  return {
    size: state.order.length,
    pending: Pending,
    pendingUnhealthy: state.pendingUnhealthy,
    running: InProgress + Ready,
    succeeded: Succeeded,
    failed: Failed,
    // A strategy is not asked any more once others are skipped: these were current at the start.
    skipped: Skipped,
    zones: [],
    passed: new Set(),
  };
}

/** The next `count` pending hosts in their order. */
export function nextPending(state: RolloutState, count: number): Target[] {
  const pending: Target[] = [];
  for (let i = state.cursor; i < state.order.length && pending.length < count; i++) {
    const target = state.targets.get(state.order[i] ?? "");
    if (target?.status === "Pending") pending.push(target);
  }
  return pending;
}

function count(state: RolloutState, target: Target, by: 1 | -1): void {
  // A host whose state nobody can tell has no bucket of its own; it counts as failed (rule 10).
  const bucket = target.status === "Unknown" ? "Failed" : target.status;
  state.counts = { ...state.counts, [bucket]: state.counts[bucket] + by };
  if (target.status === "Pending" && state.unhealthy.has(target.id)) state.pendingUnhealthy += by;
}

function skipStarted(state: RolloutState): void {
  const started = (id: string | undefined) =>
    id !== undefined && state.targets.get(id)?.status !== "Pending";
  while (started(state.order[state.cursor])) state.cursor++;
}
