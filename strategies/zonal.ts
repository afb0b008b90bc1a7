/**
 * Zone after zone: CodeDeploy's zonalConfig (spec 3.3), by the value of any tag.
 *
 * Both minima hold, the fleet's over all hosts and the zone's over its own. A zone is over when its
 * last host has ended; then it is watched before the next one begins. A zone that breaks its minimum,
 * or in which nobody succeeded, ends the deployment. Hosts that were current from the start are no
 * part of the work: a zone of those alone is neither waited for nor watched.
 * @module
 */
import {
  defineStrategy,
  done,
  fail,
  type FleetStep,
  type FleetView,
  hold,
  minimumBroken,
  MinimumHealthyHosts,
  requiredHealthy,
  roomOf,
  start,
  startable,
  wait,
  z,
  type ZoneView,
} from "runtime/plugin";

const Seconds = z.number().int().min(0);
const Config = z.object({
  /** The key of the tag whose values are the zones. */
  zoneBy: z.string().min(1).max(128).default("AvailabilityZone"),
  /** The fleet's; one host at a time without it, as CodeDeploy does by default. */
  minimumHealthyHosts: MinimumHealthyHosts.default({ type: "MOST_CONCURRENCY", value: 1 }),
  /** Of each zone, a percentage of its own hosts; none without it. */
  minimumHealthyHostsPerZone: MinimumHealthyHosts.default({ type: "FLEET_PERCENT", value: 0 }),
  monitorDurationInSeconds: Seconds.default(0),
  /** After the first zone; the one of the others without it. */
  firstZoneMonitorDurationInSeconds: Seconds.exactOptional(),
});
type Config = z.output<typeof Config>;

export default defineStrategy({
  name: "zonal",
  platform: "Server",
  description: "one zone after the other, by a tag of the hosts, each watched before the next",
  config: Config,
  zoneBy: (config) => config.zoneBy,
  next({ fleet, config }) {
    if (fleet.zones.every((zone) => zone.name === "")) return noZones(config);
    const zones = workZones(fleet);
    const required = requiredHealthy(fleet.size, config.minimumHealthyHosts);
    const broken = minimumBroken(fleet, required) ?? zoneBroken(zones, config);
    if (broken) return broken;
    for (const [index, zone] of zones.entries()) {
      if (zone.pending + zone.running > 0) return inZones(fleet, zones.slice(index), config);
      if (index === zones.length - 1) return done();
      const ms = 1000 * monitorSeconds(index, config);
      const key = `monitor ${zone.name}`;
      if (ms > 0 && !fleet.passed.has(key)) return hold(key, { kind: "bake", ms });
    }
    return done();
  },
});

/** Zones with anything to do in them, in their order; hosts without the tag are the last one. */
function workZones({ zones }: FleetView): ZoneView[] {
  const work = zones.filter((zone) => zone.skipped < zone.size);
  return [...work.filter(({ name }) => name !== ""), ...work.filter(({ name }) => name === "")];
}

function noZones({ zoneBy }: Config): FleetStep {
  const message = `no host of the deployment has the tag ${zoneBy}, which says its zone, so none ` +
    `may be deployed to`;
  return fail(message, "HEALTH_CONSTRAINTS_INVALID");
}

function monitorSeconds(index: number, config: Config): number {
  const { monitorDurationInSeconds: each, firstZoneMonitorDurationInSeconds: first = each } =
    config;
  return index === 0 ? first : each;
}

function zoneRequired(zone: ZoneView, config: Config): number {
  return requiredHealthy(zone.size, config.minimumHealthyHostsPerZone);
}

/** All zones are looked at: a minimum that nobody can keep is told before anything happens. */
function zoneBroken(zones: readonly ZoneView[], config: Config): FleetStep | undefined {
  for (const zone of zones) {
    const name = zone.name === "" ? " without a zone" : ` of zone ${zone.name}`;
    const broken = minimumBroken(zone, zoneRequired(zone, config), name);
    if (broken) return broken;
  }
}

/**
 * The next hosts of the zone under way, the first of these. Where none of its hosts may go although
 * nobody runs, the fleet is at its minimum, so that of later zones unhealthy hosts alone may go. They
 * come out of turn (rule 9): they serve nobody, so no zone is put at risk, and without them the zone
 * would wait for ever.
 */
function inZones(fleet: FleetView, zones: readonly ZoneView[], config: Config): FleetStep {
  const required = requiredHealthy(fleet.size, config.minimumHealthyHosts);
  const [current, ...later] = zones;
  for (const zone of current ? [current, ...unlessBusy(fleet, later)] : []) {
    const rooms = [roomOf(fleet, required), roomOf(zone, zoneRequired(zone, config))];
    const hosts = startable(zone, ...rooms);
    if (hosts > 0) return start(hosts, zone.name);
  }
  return wait();
}

/** While anybody runs, the zone under way may go on by itself when that host has ended. */
function unlessBusy(fleet: FleetView, later: readonly ZoneView[]): readonly ZoneView[] {
  return fleet.running > 0 ? [] : later;
}
