/** The fleet of the stage that is under way, as its strategy sees it. @module */
import type { FleetView, HostCounts } from "../plugin/contract.ts";
import type { Stage } from "./stages.ts";
import { type RolloutState, stageOf } from "./state.ts";
import { EVERYBODY, tallyOf, zoneKey } from "./tally.ts";

export function fleetView(state: RolloutState): FleetView {
  const stage = stageOf(state);
  return {
    ...hostCounts(state, stage.label ?? EVERYBODY, stage),
    zones: zonesOf(state).map((name) => ({ name, ...hostCounts(state, zoneKey(name), stage) })),
    passed: new Set(state.progress.passed),
  };
}

/**
 * Counts of the hosts of a line. One that has done its part of the stage and is Ready for the next
 * has succeeded; one that is Ready for this stage does not serve yet, and costs the fleet nothing.
 */
function hostCounts(state: RolloutState, key: string, { from, until }: Stage): HostCounts {
  const { counts, pendingUnhealthy } = tallyOf(state.tallies, key);
  const { Pending, InProgress, Succeeded, Failed, Skipped, Ready } = counts;
  return {
    size: state.lines.get(key)?.length ?? 0,
    pending: from === "Ready" ? Ready : Pending,
    pendingUnhealthy: from === "Ready" ? Ready : pendingUnhealthy,
    running: InProgress,
    succeeded: Succeeded + (until === undefined ? 0 : Ready),
    failed: Failed,
    // A strategy is not asked any more once others are skipped: these were current at the start.
    skipped: Skipped,
  };
}

/** Names in natural order, hosts without the tag last. Computed once for a state's lines. */
function zonesOf({ lines }: Pick<RolloutState, "lines">): readonly string[] {
  const known = ZONES.get(lines);
  if (known) return known;
  const prefix = zoneKey("");
  const names = [...lines.keys()].filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));
  const natural = new Intl.Collator("en", { numeric: true });
  names.sort((a, b) => Number(a === "") - Number(b === "") || natural.compare(a, b));
  ZONES.set(lines, names);
  return names;
}

const ZONES = new WeakMap<RolloutState["lines"], readonly string[]>();
