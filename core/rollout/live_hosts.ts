/**
 * Who serves a group after one of its blue/green deployments has ended: the hosts that the next one
 * replaces, and must leave alone until it has others. Pure.
 * @module
 */
import type { Deployment } from "../domain/deployment.ts";
import type { LifecycleEventName, LifecycleEventStatus } from "../domain/lifecycle_event.ts";
import type { Target, TargetLabel } from "../domain/target.ts";

export interface EndedTraffic {
  ended: Pick<Deployment, "status" | "request">;
  targets: readonly Target[];
  /** Of a way back: the deployment that it takes back. */
  taken?: { status: Deployment["status"]; targets: readonly Target[] } | undefined;
  /** A rollback follows, whose end will tell. */
  isRolledBack: boolean;
}

/**
 * Names of the hosts that serve from now on; undefined where that has not changed. A deployment that
 * took the traffic from every original host before it failed leaves the group with its new ones.
 */
export function liveHostsAfter(traffic: EndedTraffic): string[] | undefined {
  const { ended: { status, request }, targets, taken, isRolledBack } = traffic;
  if (request.style.deploymentType !== "BLUE_GREEN" || isRolledBack) return undefined;
  if (request.rollbackOf === undefined) {
    if (status === "Succeeded") {
      return named(targets, "Green", (target) => target.status === "Succeeded");
    }
    return unlessAny(
      named(targets, "Blue", (target) => statusOf(target, "BlockTraffic") === "none"),
      named(targets, "Green", (target) => statusOf(target, "AllowTraffic") === "Succeeded"),
    );
  }
  if (!taken) return undefined;
  if (status === "Succeeded") {
    return taken.status === "Succeeded" ? named(taken.targets, "Blue", () => true) : undefined;
  }
  const now = new Map(targets.map((target) => [target.id, target]));
  const inTheEnd = (target: Target, name: LifecycleEventName) => statusOf(now.get(target.id), name);
  return unlessAny(
    named(taken.targets, "Blue", (target) =>
      statusOf(target, "BlockTraffic") === "none" ||
      inTheEnd(target, "AllowTraffic") === "Succeeded"),
    named(taken.targets, "Green", (target) =>
      statusOf(target, "AllowTraffic") === "Succeeded" &&
      inTheEnd(target, "BlockTraffic") === "none"),
  );
}

/** The others, where none of the first is left and some of the others are. */
function unlessAny(first: readonly string[], others: string[]): string[] | undefined {
  return first.length === 0 && others.length > 0 ? others : undefined;
}

function named(
  targets: readonly Target[],
  label: TargetLabel,
  which: (target: Target) => boolean,
): string[] {
  return targets.filter((target) => target.label === label && which(target)).map(({ id }) => id);
}

/** `none` for an event that was not come to. */
function statusOf(
  target: Target | undefined,
  name: LifecycleEventName,
): LifecycleEventStatus | "none" {
  const status = target?.events.find((event) => event.name === name)?.status ?? "Pending";
  return status === "Pending" || status === "Skipped" ? "none" : status;
}
