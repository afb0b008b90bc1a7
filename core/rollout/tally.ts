/**
 * How many hosts are in which status, of all of them, of a label and of a zone; kept, not counted, so
 * that a report costs the same in a fleet of any size.
 * @module
 */
import { type DeploymentOverview, NO_TARGETS } from "../domain/deployment.ts";
import type { Target } from "../domain/target.ts";

export interface Tally {
  readonly counts: DeploymentOverview;
  /** Of those Pending, the ones that were unhealthy before the deployment. */
  readonly pendingUnhealthy: number;
}

export type Tallies = Map<string, Tally>;

/** Of all hosts. */
export const EVERYBODY = "";
const ONLY_EVERYBODY = [EVERYBODY];
const NOBODY: Tally = { counts: NO_TARGETS, pendingUnhealthy: 0 };

export function zoneKey(zone: string): string {
  return `zone ${zone}`;
}

/** The tallies, and the lines of waiting hosts, that a target belongs to. */
export function keysOf({ label, zone }: Pick<Target, "label" | "zone">): readonly string[] {
  if (label === undefined && zone === undefined) return ONLY_EVERYBODY;
  return [
    EVERYBODY,
    ...(label !== undefined ? [label] : []),
    ...(zone !== undefined ? [zoneKey(zone)] : []),
  ];
}

export function tallyOf(tallies: Tallies, key: string): Tally {
  return tallies.get(key) ?? NOBODY;
}

/** Adds a target to all it belongs to, or takes it away. */
export function count(
  tallies: Tallies,
  target: Target,
  by: 1 | -1,
  unhealthy: ReadonlySet<string>,
): void {
  // A host whose state nobody can tell has no bucket of its own; it counts as failed (rule 10).
  const bucket = target.status === "Unknown" ? "Failed" : target.status;
  const sick = target.status === "Pending" && unhealthy.has(target.id) ? by : 0;
  for (const key of keysOf(target)) {
    const { counts, pendingUnhealthy } = tallyOf(tallies, key);
    tallies.set(key, {
      counts: { ...counts, [bucket]: counts[bucket] + by },
      pendingUnhealthy: pendingUnhealthy + sick,
    });
  }
}

/** How many hosts are in which status, counted. */
export function overviewOfTargets(targets: readonly Target[]): DeploymentOverview {
  const tallies: Tallies = new Map();
  for (const target of targets) count(tallies, target, 1, new Set());
  return tallyOf(tallies, EVERYBODY).counts;
}
