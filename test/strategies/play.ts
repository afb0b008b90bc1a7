/**
 * Plays a fleet to its end by a strategy: hosts end one by one, in any order, well or badly, and
 * holds pass. Everything follows from the numbers it is given.
 * @module
 */
import assert from "node:assert/strict";
import type { FleetStep, FleetView, HostCounts } from "../../core/plugin/contract.ts";
import type { Random } from "../random_numbers.ts";
import type { ModelHost } from "./reference_model.ts";

/** A strategy over its config. */
export type Next = (fleet: FleetView) => FleetStep;

/** A moment of the game: what was seen, what was answered. */
export interface Moment {
  readonly hosts: readonly ModelHost[];
  readonly fleet: FleetView;
  readonly step: FleetStep;
}

/** One zone out of the letters of `zones`, in order; most hosts are healthy, some are current. */
export function randomFleet(random: Random, { zones = "", maxSize = 40 } = {}): ModelHost[] {
  const size = 1 + random(1 + random(maxSize));
  const healthy = random(5);
  const current = random(4) === 0 ? 1 + random(3) : 0;
  const hosts: ModelHost[] = [];
  for (let number = 0; number < size; number++) {
    const wasHealthy = random(4) < healthy;
    const isCurrent = wasHealthy && random(4) < current;
    hosts.push({
      name: `h${number}`,
      zone: zones.charAt(random(zones.length + 1)),
      wasHealthy,
      state: isCurrent ? "current" : "waiting",
    });
  }
  // All of them current would be a deployment that is over.
  const [first] = hosts;
  if (first && hosts.every(({ state }) => state === "current")) {
    hosts[0] = { ...first, state: "waiting" };
  }
  return hosts.sort((a, b) => Number(a.wasHealthy) - Number(b.wasHealthy));
}

/** Names of zones in the order of a view: alphabetical, so the empty one comes first. */
export function zoneNames(hosts: readonly ModelHost[]): string[] {
  return [...new Set(hosts.map(({ zone }) => zone))].sort();
}

/** The view of a fleet; zones are there for whoever goes by them. */
export function viewOf(hosts: readonly ModelHost[], passed: ReadonlySet<string>): FleetView {
  const zones = hosts.every(({ zone }) => zone === "")
    ? [{ name: "", ...counts(hosts, undefined) }]
    : zoneNames(hosts).map((name) => ({ name, ...counts(hosts, name) }));
  return { ...counts(hosts, undefined), zones, passed };
}

function counts(hosts: readonly ModelHost[], zone: string | undefined): HostCounts {
  const counted = { waiting: 0, running: 0, succeeded: 0, failed: 0, current: 0 };
  let size = 0;
  let pendingUnhealthy = 0;
  for (const host of hosts) {
    if (zone !== undefined && host.zone !== zone) continue;
    size++;
    counted[host.state]++;
    if (host.state === "waiting" && !host.wasHealthy) pendingUnhealthy++;
  }
  const { waiting: pending, running, succeeded, failed, current: skipped } = counted;
  return { size, pending, pendingUnhealthy, running, succeeded, failed, skipped };
}

/** The hosts that a start means: the first that wait, of its zone, unhealthy ones first. */
export function startedBy(hosts: readonly ModelHost[], step: FleetStep): ModelHost[] {
  if (step.kind !== "start") return [];
  const waiting = hosts.filter(({ state, zone }) =>
    state === "waiting" && (step.zone === undefined || step.zone === zone)
  );
  return waiting.slice(0, step.hosts);
}

/** Plays to `done` or `fail` and answers the last moment; each is told to `see`. */
export function play(
  start: readonly ModelHost[],
  next: Next,
  random: Random,
  see: (moment: Moment) => void,
): Moment {
  let hosts = [...start];
  const passed = new Set<string>();
  const failsOfTen = [0, 0, 1, 3, 10][random(5)] ?? 0;
  const end = (host: ModelHost): ModelHost => ({
    ...host,
    state: random(10) < failsOfTen ? "failed" : "succeeded",
  });
  // A host is started and ends once, a hold passes once, and each is asked about once.
  for (let left = 4 * start.length + 300; left > 0; left--) {
    const fleet = viewOf(hosts, new Set(passed));
    const moment = { hosts, fleet, step: next(fleet) };
    see(moment);
    const { step } = moment;
    if (step.kind === "done" || step.kind === "fail") return moment;
    if (step.kind === "start") {
      const started = new Set(startedBy(hosts, step));
      hosts = hosts.map((host) => started.has(host) ? { ...host, state: "running" } : host);
      continue;
    }
    const running = hosts.filter(({ state }) => state === "running");
    // While a hold is waited for, hosts may end, and time may pass first.
    if (step.kind === "hold" && (running.length === 0 || random(2) === 0)) {
      passed.add(step.key);
      continue;
    }
    const ended = running[random(running.length)];
    if (!ended) throw new assert.AssertionError({ message: `waits for nobody: ${letters(hosts)}` });
    hosts = hosts.map((host) => host === ended ? end(host) : host);
  }
  throw new assert.AssertionError({ message: "no end in sight" });
}

/** The fleet in letters, for whoever looks for a mistake. */
export function letters(hosts: readonly ModelHost[]): string {
  const LETTER = { waiting: "P", running: "R", succeeded: "S", failed: "F", current: "k" } as const;
  return hosts.map(({ state, wasHealthy, zone }) =>
    zone + (state === "waiting" && !wasHealthy ? "u" : LETTER[state])
  ).join(" ");
}
