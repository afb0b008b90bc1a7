/**
 * Minimum healthy hosts, for every strategy that is bound by it: how many hosts must stay healthy,
 * and how many more may therefore be started (spec 3.2). N hosts, of which M must stay healthy: N − M
 * may be down at once, whether being deployed to or failed.
 * @module
 */
import { z } from "zod";
import { hosts } from "../domain/wording.ts";
import { fail, type FleetStep, type HostCounts } from "./strategy.ts";

/** At least so many hosts or percent of the fleet healthy, or at most so many hosts down. */
export const MinimumHealthyHosts = z.discriminatedUnion("type", [
  z.object({ type: z.literal("HOST_COUNT"), value: z.number().int().min(0) }),
  z.object({ type: z.literal("FLEET_PERCENT"), value: z.number().int().min(0).max(99) }),
  z.object({ type: z.literal("MOST_CONCURRENCY"), value: z.number().int().min(1) }),
]);
export type MinimumHealthyHosts = z.output<typeof MinimumHealthyHosts>;

/** M of so many hosts. FLEET_PERCENT is rounded up to hosts: 95 % of 10 is 10. */
export function requiredHealthy(size: number, { type, value }: MinimumHealthyHosts): number {
  switch (type) {
    case "HOST_COUNT":
      return value;
    case "FLEET_PERCENT":
      return Math.ceil((size * value) / 100);
    case "MOST_CONCURRENCY":
      return Math.max(size - value, 0);
  }
}

/** What is left of a minimum: hosts that may go down yet, and healthy ones that may be among them. */
export interface Room {
  readonly slots: number;
  readonly spare: number;
}

/** The room of a fleet or zone of which `required` hosts must stay healthy. */
export function roomOf(counts: HostCounts, required: number): Room {
  const { size, pending, pendingUnhealthy, running, succeeded, failed, skipped } = counts;
  const healthy = succeeded + skipped + pending - pendingUnhealthy;
  return {
    slots: Math.max(size - required - running - failed, 0),
    spare: Math.max(healthy - required, 0),
  };
}

/**
 * How many of the pending hosts may be started at once, within all of the rooms: unhealthy ones as
 * far as there are slots, healthy ones as far as there are some to spare. Both together never take
 * more than the slots, as a healthy host can be spared only for a slot that no unhealthy one takes.
 */
export function startable(counts: HostCounts, ...rooms: readonly Room[]): number {
  const slots = Math.min(...rooms.map((room) => room.slots));
  const spare = Math.min(...rooms.map((room) => room.spare));
  return Math.min(Math.min(slots, counts.pendingUnhealthy) + spare, counts.pending);
}

/**
 * The failure of a fleet or zone of at least one host by its minimum, if it has failed: none can be taken down at all
 * (rule 1); as many have failed as may be down, and hosts remain (rule 5); or all have been
 * attempted, and none succeeded or too few are healthy (rules 6 and 7). The last host's failure may
 * so bring a fleet exactly to its minimum. `where` begins the message: `of zone a `.
 */
export function minimumBroken(
  counts: HostCounts,
  required: number,
  where = "",
): FleetStep | undefined {
  const { size, pending, running, succeeded, failed } = counts;
  if (required >= size) {
    const message = `${required} of ${hosts(size)}${where} must stay healthy, so none may be ` +
      `deployed to`;
    return fail(message, "HEALTH_CONSTRAINTS_INVALID");
  }
  const must = required === 0 ? "at least one must succeed" : `${required} must stay healthy`;
  const tooMany = () => fail(`${failed} of ${hosts(size)}${where} failed, ${must}`);
  if (pending > 0) return failed >= size - required ? tooMany() : undefined;
  if (running > 0) return undefined;
  return succeeded > 0 && size - failed >= required ? undefined : tooMany();
}
