/**
 * Minimum healthy hosts: the strategy behind OneAtATime, HalfAtATime, AllAtOnce and every custom
 * config of CodeDeploy for hosts (user guide, "Instance health"; spec 3.2).
 *
 * N hosts, of which M must stay healthy, so N − M may be down at once, whether being deployed to or
 * failed. Slots refill one by one, there are no waves.
 * @module
 */
import { defineStrategy, done, fail, type FleetView, start, wait, z } from "runtime/plugin";

const Config = z.object({
  minimumHealthyHosts: z.discriminatedUnion("type", [
    z.object({ type: z.literal("HOST_COUNT"), value: z.number().int().min(0) }),
    z.object({ type: z.literal("FLEET_PERCENT"), value: z.number().int().min(0).max(99) }),
    z.object({ type: z.literal("MOST_CONCURRENCY"), value: z.number().int().min(1) }),
  ]),
  /** One of the configs that CodeDeploy ships; decides rule 8. */
  predefined: z.boolean().default(false),
});
type Config = z.output<typeof Config>;

/**
 * M, counted once over the fleet at the start. FLEET_PERCENT is rounded up to hosts: 95 % of 10 is
 * 10. A single host under a predefined config needs none: half of one host would be that host
 * itself, and no deployment could ever start (rule 8, left open by the guide).
 */
export function requiredHealthy(size: number, config: Config): number {
  const { type, value } = config.minimumHealthyHosts;
  if (size === 1 && config.predefined) return 0;
  switch (type) {
    case "HOST_COUNT":
      return value;
    case "FLEET_PERCENT":
      return Math.ceil((size * value) / 100);
    case "MOST_CONCURRENCY":
      return Math.max(size - value, 0);
  }
}

export default defineStrategy({
  name: "minimum-healthy-hosts",
  platform: "Server",
  description: "as many hosts at once as the minimum of healthy hosts allows",
  config: Config,
  next({ fleet, config }) {
    const required = requiredHealthy(fleet.size, config);
    const mayBeDown = fleet.size - required;
    if (required > 0 && required >= fleet.size) {
      return fail(
        `${required} of ${counted(fleet.size)} must stay healthy, so none may be deployed to`,
        "HEALTH_CONSTRAINTS_INVALID",
      );
    }
    if (fleet.pending === 0) return fleet.running > 0 ? wait() : end(fleet, required);
    // Hosts are left that would take the fleet below its minimum (rule 5). With none left the last
    // failure may bring it exactly to the minimum (rule 6), which `end` decides.
    if (fleet.failed >= mayBeDown) return fail(numbers(fleet, required));
    const hosts = Math.min(startable(fleet, mayBeDown, required), fleet.pending);
    return hosts > 0 ? start(hosts) : wait();
  },
});

/**
 * Hosts to start now. N − M caps the hosts in flight and failed; an unhealthy one costs nothing, a
 * healthy one only while more than M are healthy beside it (rules 3 and 9).
 */
function startable(fleet: FleetView, mayBeDown: number, required: number): number {
  const slots = mayBeDown - fleet.running - fleet.failed;
  const unhealthy = Math.min(slots, fleet.pendingUnhealthy);
  const healthy = fleet.succeeded + fleet.skipped + fleet.pending - fleet.pendingUnhealthy;
  const spare = Math.max(healthy - required, 0);
  return Math.max(unhealthy + Math.min(slots - unhealthy, spare), 0);
}

/** All hosts have been attempted (rules 6 and 7): one must have succeeded, and M be healthy. */
function end(fleet: FleetView, required: number) {
  const healthy = fleet.size - fleet.failed;
  return fleet.succeeded > 0 && healthy >= required ? done() : fail(numbers(fleet, required));
}

function numbers(fleet: FleetView, required: number): string {
  const must = required === 0 ? "at least one must succeed" : `${required} must stay healthy`;
  return `${fleet.failed} of ${counted(fleet.size)} failed, ${must}`;
}

/** `1 host`, `3 hosts`. */
function counted(count: number): string {
  return count === 1 ? "1 host" : `${count} hosts`;
}
