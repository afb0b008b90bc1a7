/**
 * Every host, whatever becomes of the others: the strategy of a rollback. A host that fails leaves
 * fewer healthy ones, but one that is left alone stays on the revision that is being taken back, so
 * the way goes on host by host and its end says how far it came.
 *
 * The minimum of healthy hosts bounds how many are under way at once. Where it leaves room for none,
 * one at a time is taken all the same.
 * @module
 */
import {
  defineStrategy,
  done,
  fail,
  MinimumHealthyHosts,
  requiredHealthy,
  roomOf,
  start,
  startable,
  wait,
  z,
} from "runtime/plugin";

export default defineStrategy({
  name: "every-host",
  platform: "Server",
  description: "all hosts within the minimum of healthy ones; a failure stops none of the others",
  config: z.object({
    minimumHealthyHosts: MinimumHealthyHosts.default({ type: "FLEET_PERCENT", value: 50 }),
  }),
  next({ fleet, config: { minimumHealthyHosts } }) {
    const { size, pending, running, succeeded, failed, skipped } = fleet;
    if (pending > 0) {
      // Those that failed take no room from the others.
      const room = roomOf({ ...fleet, failed: 0 }, requiredHealthy(size, minimumHealthyHosts));
      const hosts = Math.max(startable(fleet, room), running === 0 ? 1 : 0);
      return hosts > 0 ? start(hosts) : wait();
    }
    if (running > 0) return wait();
    if (failed === 0) return done();
    return fail(`${succeeded + skipped} of ${size} hosts have the revision, ${failed} failed`);
  },
});
