/**
 * Minimum healthy hosts: the strategy behind OneAtATime, HalfAtATime, AllAtOnce and every custom
 * config of CodeDeploy for hosts (user guide, "Instance health"; spec 3.2).
 *
 * Slots refill one by one, there are no waves (rule 4). What the minimum leaves room for, and when it
 * is broken, is the arithmetic of the contract, which zones and plans go by as well.
 * @module
 */
import {
  defineStrategy,
  done,
  minimumBroken,
  MinimumHealthyHosts,
  requiredHealthy,
  roomOf,
  start,
  startable,
  wait,
  z,
} from "runtime/plugin";

const Config = z.object({
  minimumHealthyHosts: MinimumHealthyHosts,
  /** One of the configs that CodeDeploy ships; decides rule 8. */
  predefined: z.boolean().default(false),
});

export default defineStrategy({
  name: "minimum-healthy-hosts",
  platform: "Server",
  description: "as many hosts at once as the minimum of healthy hosts allows",
  config: Config,
  next({ fleet, config }) {
    const required = requiredOf(fleet.size, config);
    const broken = minimumBroken(fleet, required);
    if (broken) return broken;
    if (fleet.pending + fleet.running === 0) return done();
    const hosts = startable(fleet, roomOf(fleet, required));
    return hosts > 0 ? start(hosts) : wait();
  },
});

/**
 * A single host under a predefined config needs none: half of one host would be that host itself, and
 * no deployment could ever start (rule 8, left open by the guide).
 */
function requiredOf(size: number, config: z.output<typeof Config>): number {
  if (size === 1 && config.predefined) return 0;
  return requiredHealthy(size, config.minimumHealthyHosts);
}
