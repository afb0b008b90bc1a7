/** The strategies against the reference model: every decision of random games. @module */
import assert from "node:assert/strict";
import type { MinimumHealthyHosts } from "../../core/plugin/contract.ts";
import minimumHealthyHosts from "../../strategies/minimum_healthy_hosts.ts";
import zonal from "../../strategies/zonal.ts";
import { type Random, randomFrom } from "../random_numbers.ts";
import { show } from "./fleet_letters.ts";
import { letters, type Moment, play, randomFleet, startedBy, zoneNames } from "./play.ts";
import { decide, decideZones, type ModelHost, requiredOf } from "./reference_model.ts";

export interface Compared {
  fleets: number;
  decisions: number;
}

/** Plays so many fleets; throws for the first decision that differs, with the seed of its fleet. */
export function compareModels(fleets: number, seed: number): Compared {
  let decisions = 0;
  for (let at = 0; at < fleets; at++) {
    const random = randomFrom(seed + at);
    try {
      // A fifth of the fleets goes by zones.
      decisions += at % 5 === 4 ? compareZonal(random) : compareFleet(random);
    } catch (cause) {
      throw new Error(`the fleet of seed ${seed + at}: ${String(cause)}`, { cause });
    }
  }
  return { fleets, decisions };
}

/** A minimum that a fleet of that size is often near. */
export function randomMinimum(random: Random, size: number): MinimumHealthyHosts {
  switch (random(4)) {
    case 0:
      return { type: "FLEET_PERCENT", value: random(100) };
    case 1:
      return { type: "MOST_CONCURRENCY", value: 1 + random(size + 2) };
    case 2:
      return { type: "HOST_COUNT", value: Math.max(0, size - random(4)) };
    default:
      return { type: "HOST_COUNT", value: random(size + 2) };
  }
}

function compareFleet(random: Random): number {
  const hosts = randomFleet(random);
  const minimum = randomMinimum(random, hosts.length);
  const predefined = random(2) === 0;
  const config = minimumHealthyHosts.config.parse({ minimumHealthyHosts: minimum, predefined });
  // Rule 8: CodeDeploy's own configs let a single host go.
  const required = predefined && hosts.length === 1 ? 0 : requiredOf(hosts, minimum);
  let decisions = 0;
  play(hosts, (fleet) => minimumHealthyHosts.next({ fleet, config }), random, (moment) => {
    decisions++;
    same(moment, decide(moment.hosts, required), config);
  });
  return decisions;
}

function compareZonal(random: Random): number {
  const hosts = randomFleet(random, { zones: "abcd".slice(0, 1 + random(4)), maxSize: 24 });
  const minimum = randomMinimum(random, hosts.length);
  const perZone = randomMinimum(random, Math.ceil(hosts.length / 3));
  const [monitorFirst, monitor] = [random(2) * 60, random(2) * 30];
  const config = zonal.config.parse({
    minimumHealthyHosts: minimum,
    minimumHealthyHostsPerZone: perZone,
    firstZoneMonitorDurationInSeconds: monitorFirst,
    monitorDurationInSeconds: monitor,
  });
  const named = zoneNames(hosts).filter((name) => name !== "");
  const required = requiredOf(hosts, minimum);
  let decisions = 0;
  play(hosts, (fleet) => zonal.next({ fleet, config }), random, (moment) => {
    decisions++;
    const { passed } = moment.fleet;
    const rules = { required, perZone, monitorFirst, monitor, passed };
    same(moment, decideZones(moment.hosts, [...named, ""], rules), config);
  });
  return decisions;
}

/** The model names hosts, the strategy a number of them: they must be the same hosts. */
function same({ hosts, step }: Moment, model: string[] | string, config: object): void {
  const names = ({ name }: ModelHost) => name;
  const ours = step.kind === "start" ? startedBy(hosts, step).map(names).join(" ") : show(step);
  const wanted = typeof model === "string" ? model : model.join(" ");
  // The text costs more than the comparison.
  if (ours !== wanted) assert.equal(ours, wanted, `${letters(hosts)} by ${JSON.stringify(config)}`);
}
