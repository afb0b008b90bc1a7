/**
 * `runtime/plugin`: all that a plugin may import. The strategies and targets that ship with the
 * server use nothing else, so whatever they can do, a team's own file can do too.
 *
 * A strategy is a pure function: it sees the fleet and its config and answers what is next. It has
 * no clock, no randomness and no network, and is asked again after every change, so the same view
 * must give the same answer.
 * @module
 */
import { z } from "zod";
import { type Tag, type TagFilter, tagFilterMatches } from "../domain/tag.ts";

export { type Tag, type TagFilter, tagFilterMatches, z };

/** The fleet of one deployment as a strategy sees it. Counts are hosts; size is the sum of the five. */
export interface FleetView {
  /** Hosts in this deployment, counted once at its start. */
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

/** Why a strategy gives up: no plan can hold the config, or too many hosts failed. */
export type FailCode = "HEALTH_CONSTRAINTS" | "HEALTH_CONSTRAINTS_INVALID";

/** What a fleet does next. */
export type FleetStep =
  | { readonly kind: "start"; readonly hosts: number }
  | { readonly kind: "wait" }
  | { readonly kind: "done" }
  | { readonly kind: "fail"; readonly code: FailCode; readonly message: string };

/** Start this many more hosts now (at least one); more than are pending means all of them. */
export function start(hosts: number): FleetStep {
  return { kind: "start", hosts };
}

/** Nothing to start until a running host reports. Waiting while nobody runs is an error. */
export function wait(): FleetStep {
  return { kind: "wait" };
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
  /** Pure: same view, same answer. */
  next(input: { fleet: FleetView; config: z.output<Config> }): FleetStep;
}

/** Declares a strategy; the default export of its file. */
export function defineStrategy<Config extends z.ZodType>(
  strategy: Omit<Strategy<Config>, "kind">,
): Strategy<Config> {
  return { kind: "strategy", ...strategy };
}

/** A registered host that a target plugin may choose. */
export interface HostView {
  readonly name: string;
  readonly tags: readonly Tag[];
}

/** What a deployment group says about its hosts. */
export interface GroupView {
  readonly onPremisesInstanceTagFilters: readonly TagFilter[];
  /** A host must match one filter of every inner list. */
  readonly onPremisesTagSet: readonly (readonly TagFilter[])[];
}

export interface TargetPlugin {
  readonly kind: "target";
  readonly name: string;
  readonly platform: "Server";
  readonly description: string;
  /** The hosts of a group, by name. Pure over what it is given. */
  discover(input: { group: GroupView; hosts: Iterable<HostView> }): string[];
}

/** Declares where a group's hosts come from; the default export of its file. */
export function defineTarget(target: Omit<TargetPlugin, "kind">): TargetPlugin {
  return { kind: "target", ...target };
}
