/**
 * Fleets as text, one letter a host: P waits and is healthy, u waits and is unhealthy, R runs,
 * S succeeded, F failed, k was left alone as it is current. Zones stand in order behind their names:
 * `a:PPu b:SF :P`, the last one of hosts without the tag. Steps read back as text too.
 */
import type { FleetStep, FleetView, HostCounts } from "../../core/plugin/contract.ts";

export function view(text: string, passed: readonly string[] = []): FleetView {
  const zoned = text.includes(":");
  const zones = zoned ? text.split(" ").map((part) => part.split(":")) : [];
  const letters = zoned ? zones.map(([, hosts = ""]) => hosts).join("") : text;
  return {
    ...counts(letters),
    zones: zones.map(([name = "", hosts = ""]) => ({ name, ...counts(hosts) })),
    passed: new Set(passed),
  };
}

function counts(letters: string): HostCounts {
  const count = (of: string) => [...letters].filter((letter) => of.includes(letter)).length;
  return {
    size: letters.length,
    pending: count("Pu"),
    pendingUnhealthy: count("u"),
    running: count("R"),
    succeeded: count("S"),
    failed: count("F"),
    skipped: count("k"),
  };
}

/** `start 3`, `start 3 a`, `hold 2 bake 300000`, `fail HEALTH_CONSTRAINTS`, `wait`, `done`. */
export function show(step: FleetStep): string {
  switch (step.kind) {
    case "start":
      return ["start", step.hosts, ...(step.zone === undefined ? [] : [step.zone])].join(" ");
    case "hold": {
      const ms = "ms" in step.hold ? ` ${step.hold.ms}` : "";
      return `hold ${step.key}${ms}`;
    }
    case "fail":
      return `fail ${step.code}`;
    default:
      return step.kind;
  }
}

export const TOO_MANY = "fail HEALTH_CONSTRAINTS";
export const INVALID = "fail HEALTH_CONSTRAINTS_INVALID";
