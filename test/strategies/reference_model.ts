/**
 * Minimum healthy hosts and zones once more, from the rules alone (spec 3.2 and 3.3) and in another
 * form: no counts, but lists of hosts, and one decision a host. Slow, and plain enough to be read
 * beside the rules.
 * @module
 */
import type { MinimumHealthyHosts } from "../../core/plugin/contract.ts";
import { INVALID, TOO_MANY } from "./fleet_letters.ts";

export interface ModelHost {
  readonly name: string;
  /** Empty: it does not have the tag. */
  readonly zone: string;
  /** Before the deployment. */
  readonly wasHealthy: boolean;
  /** `current`: left alone, as it has the revision. */
  readonly state: "waiting" | "running" | "succeeded" | "failed" | "current";
}

type Hosts = readonly ModelHost[];

/** M by its definition: percent by counting up, until so many are at least that share. */
export function requiredOf(hosts: Hosts, { type, value }: MinimumHealthyHosts): number {
  if (type === "HOST_COUNT") return value;
  let required = 0;
  if (type === "MOST_CONCURRENCY") { while (required + value < hosts.length) required++; }
  else while (required * 100 < hosts.length * value) required++;
  return required;
}

/** What a fleet does next: the hosts it starts, or a word of `show`. */
export function decide(hosts: Hosts, required: number): string[] | string {
  const failure = failureOf(hosts, required);
  if (failure) return failure;
  if (hosts.every((host) => !isOpen(host))) return "done";
  const started = startOf(hosts, (host) => host.state === "waiting", [[hosts, required]]);
  return started.length > 0 ? started : "wait";
}

export interface ModelZones {
  /** Of the fleet and of each zone. */
  readonly required: number;
  readonly perZone: MinimumHealthyHosts;
  /** Seconds after the first zone, and after each other one. */
  readonly monitorFirst: number;
  readonly monitor: number;
  readonly passed: ReadonlySet<string>;
}

/** The same, one zone after the other; the zones are in order, hosts without one last. */
export function decideZones(hosts: Hosts, order: readonly string[], rules: ModelZones) {
  if (hosts.every((host) => host.zone === "")) return INVALID;
  const zones = order.map((name) => hosts.filter((host) => host.zone === name))
    .filter((zone) => zone.some((host) => host.state !== "current"));
  const minimum = (zone: Hosts) => requiredOf(zone, rules.perZone);
  for (
    const [part, required] of [
      [hosts, rules.required] as const,
      ...zones.map((zone) => [zone, minimum(zone)] as const),
    ]
  ) {
    const failure = failureOf(part, required);
    if (failure) return failure;
  }
  for (const zone of zones) {
    if (zone.some(isOpen)) return inZone(hosts, zone, zones, rules);
    if (zone === zones.at(-1)) return "done";
    const seconds = zone === zones[0] ? rules.monitorFirst : rules.monitor;
    const key = `monitor ${zone[0]?.zone}`;
    if (seconds > 0 && !rules.passed.has(key)) return `hold ${key} ${seconds * 1000}`;
  }
  return "done";
}

function inZone(hosts: Hosts, zone: Hosts, zones: readonly Hosts[], rules: ModelZones) {
  const bounds = (of: Hosts): Bound[] => [
    [hosts, rules.required],
    [of, requiredOf(of, rules.perZone)],
  ];
  const waits = (host: ModelHost) => host.state === "waiting";
  const started = startOf(zone, waits, bounds(zone));
  if (started.length > 0) return started;
  if (hosts.some((host) => host.state === "running")) return "wait";
  for (const later of zones.slice(zones.indexOf(zone) + 1)) {
    const outOfTurn = startOf(later, (host) => waits(host) && !host.wasHealthy, bounds(later));
    if (outOfTurn.length > 0) return outOfTurn;
  }
  return "wait";
}

/** Rules 1, 5, 6 and 7. */
function failureOf(hosts: Hosts, required: number): string | undefined {
  if (required > 0 && required >= hosts.length) return INVALID;
  const failed = hosts.filter((host) => host.state === "failed");
  if (hosts.some((host) => host.state === "waiting")) {
    return failed.length >= hosts.length - required ? TOO_MANY : undefined;
  }
  if (hosts.some((host) => host.state === "running")) return undefined;
  const someSucceeded = hosts.some((host) => host.state === "succeeded");
  const healthy = hosts.filter((host) => host.state !== "failed");
  return someSucceeded && healthy.length >= required ? undefined : TOO_MANY;
}

/** Hosts, and how many of them must stay healthy. */
type Bound = readonly [hosts: Hosts, required: number];

/** One host after the other, unhealthy ones first (rule 2), as long as the next may go. */
function startOf(
  hosts: Hosts,
  isCandidate: (host: ModelHost) => boolean,
  bounds: readonly Bound[],
): string[] {
  const candidates = hosts.filter(isCandidate);
  const started: ModelHost[] = [];
  for (const wasHealthy of [false, true]) {
    for (const host of candidates.filter((one) => one.wasHealthy === wasHealthy)) {
      if (!bounds.every((bound) => mayGo(host, started, bound))) return started.map(nameOf);
      started.push(host);
    }
  }
  return started.map(nameOf);
}

/** Rule 3: at most N − M hosts are down, and a healthy one leaves M healthy ones behind. */
function mayGo(host: ModelHost, started: Hosts, [hosts, required]: Bound): boolean {
  const isDown = (one: ModelHost) =>
    one.state === "running" || one.state === "failed" || started.includes(one);
  const down = hosts.filter(isDown);
  if (down.length + 1 > hosts.length - required) return false;
  if (!host.wasHealthy) return true;
  const isHealthy = (one: ModelHost) => one.state === "waiting" ? one.wasHealthy : true;
  const left = hosts.filter((one) => one !== host && !isDown(one) && isHealthy(one));
  return left.length >= required;
}

function isOpen({ state }: ModelHost): boolean {
  return state === "waiting" || state === "running";
}

function nameOf({ name }: ModelHost): string {
  return name;
}
