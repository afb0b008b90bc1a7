/**
 * Which hosts a deployment has left without traffic: those that a balancer took out, and no later
 * step let in. They stay out until another deployment lets them in. Pure.
 * @module
 */
import type { LifecycleEvent, LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { Target } from "../domain/target.ts";
import { STOPPED } from "./host_report.ts";

/** Names of the hosts that are out after `runs`, the targets of deployments one after the other. */
export function outOfTraffic(...runs: readonly (readonly Target[])[]): string[] {
  const out = new Set<string>();
  for (const { id, events } of runs.flat()) {
    if (wasDone(events, "BlockTraffic")) out.add(id);
    if (wasDone(events, "AllowTraffic")) out.delete(id);
  }
  return [...out];
}

/** A stop fails the step that it waited for, though the balancer did what it was asked for. */
function wasDone(events: readonly LifecycleEvent[], name: LifecycleEventName): boolean {
  const { status, diagnostics } = events.find((event) => event.name === name) ?? {};
  return status === "Succeeded" || (status === "Failed" && diagnostics?.message === STOPPED);
}
