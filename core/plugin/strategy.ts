/**
 * What a strategy sees and answers.
 *
 * A strategy is a pure function: it is asked again after every change, so the same view must give
 * the same answer. What it waits for (time, a measurement, a person) is a hold with a key of its
 * own choice; a hold that is over is among `passed` from then on, also after a restart.
 * @module
 */
import type { z } from "zod";
import type { Hold } from "../domain/hold.ts";

export type { AnalysisRules, Hold } from "../domain/hold.ts";

/** Hosts by what has become of them. */
export interface HostCounts {
  /** Hosts in this deployment, or in this zone of it, counted once at its start. */
  readonly size: number;
  /** Not started yet. */
  readonly pending: number;
  /** Those of `pending` that are unhealthy now; they are taken first, at no loss to the fleet. */
  readonly pendingUnhealthy: number;
  /** Being deployed to. */
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Left alone from the start: healthy, and on the revision already. */
  readonly skipped: number;
}

/** Hosts with one value of the tag that the strategy goes by. */
export interface ZoneView extends HostCounts {
  /** The tag's value; empty for hosts that do not carry it. */
  readonly name: string;
}

/** The fleet of one deployment as a strategy sees it. Size is the sum of the other five. */
export interface FleetView extends HostCounts {
  /** In the order of their names, by number where they end in one; empty without `zoneBy`. */
  readonly zones: readonly ZoneView[];
  /** Keys of the holds that are over. */
  readonly passed: ReadonlySet<string>;
}

/** Why a strategy gives up: no plan can hold the config, or too many hosts failed. */
export type FailCode = "HEALTH_CONSTRAINTS" | "HEALTH_CONSTRAINTS_INVALID";

/** What a fleet does next. */
export type FleetStep =
  | { readonly kind: "start"; readonly hosts: number; readonly zone?: string }
  | { readonly kind: "wait" }
  | { readonly kind: "hold"; readonly key: string; readonly hold: Hold }
  | { readonly kind: "done" }
  | { readonly kind: "fail"; readonly code: FailCode; readonly message: string };

/** Start this many more hosts now (at least one), of one zone or of all; more than are pending means all. */
export function start(hosts: number, zone?: string): FleetStep {
  return { kind: "start", hosts, ...(zone !== undefined && { zone }) };
}

/** Nothing to start until a running host reports. Waiting while nobody runs is an error. */
export function wait(): FleetStep {
  return { kind: "wait" };
}

/**
 * Nobody is started until the hold is over; then its key is among `fleet.passed`. Holding for a key
 * that has passed is an error.
 */
export function hold(key: string, hold: Hold): FleetStep {
  return { kind: "hold", key, hold };
}

/** The deployment has succeeded. Only when no host is pending or running. */
export function done(): FleetStep {
  return { kind: "done" };
}

/**
 * The deployment has failed: nobody else is started, running hosts may finish, pending ones are
 * skipped. The message states the numbers: "1 of 3 hosts failed, 2 must stay healthy".
 */
export function fail(message: string, code: FailCode = "HEALTH_CONSTRAINTS"): FleetStep {
  return { kind: "fail", code, message };
}

export interface Strategy<Config extends z.ZodType = z.ZodType> {
  readonly kind: "strategy";
  /** Lower case; a team's own carry its prefix: `acme/double-up`. */
  readonly name: string;
  readonly platform: "Server";
  readonly description: string;
  /** Checks and completes the config before a deployment starts. */
  readonly config: Config;
  /** The key of the tag whose values are the zones of the view; none without it. */
  zoneBy?(config: z.output<Config>): string | undefined;
  /** Pure: same view, same answer. */
  next(input: { fleet: FleetView; config: z.output<Config> }): FleetStep;
}

/** Declares a strategy; the default export of its file. */
export function defineStrategy<Config extends z.ZodType>(
  strategy: Omit<Strategy<Config>, "kind">,
): Strategy<Config> {
  return { kind: "strategy", ...strategy };
}
