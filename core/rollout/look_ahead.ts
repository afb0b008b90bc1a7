/** Decisions on top of each other: what the second sees is what the first leaves. @module */
import type { Target } from "../domain/target.ts";
import { apply, type Decision, type RolloutState } from "./state.ts";

/** A state that reads like `state` after `decision`, sharing what did not change. */
export function withDecision(state: RolloutState, decision: Decision): RolloutState {
  if (isEmpty(decision)) return state;
  const after: RolloutState = {
    ...state,
    targets: decision.targets.length > 0 ? new Overlay(state.targets) : state.targets,
    cursors: new Map(state.cursors),
    tallies: new Map(state.tallies),
  };
  apply(after, decision);
  return after;
}

/** Most decisions that are looked ahead from change nothing, and a state costs something to copy. */
function isEmpty(decision: Decision): boolean {
  const { targets, status, error, stop, progress, terminationWait } = decision;
  return targets.length === 0 && (status ?? error ?? stop ?? progress ?? terminationWait) ===
      undefined;
}

/** Both as one; the later value of a target counts. */
export function merge(first: Decision, second: Decision): Decision {
  const cancel = second.cancel.length === 0 ? first.cancel : [...first.cancel, ...second.cancel];
  return { ...first, ...second, targets: together(first.targets, second.targets), cancel };
}

function together(first: Target[], second: Target[]): Target[] {
  if (first.length === 0) return second;
  if (second.length === 0) return first;
  const changed = new Map(first.map((target) => [target.id, target]));
  for (const target of second) changed.set(target.id, target);
  return [...changed.values()];
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
