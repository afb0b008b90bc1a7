/**
 * What holds for every strategy, whatever its config, on random fleets that are played to their end.
 * @module
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import {
  type FleetView,
  type HostCounts,
  type MinimumHealthyHosts,
  requiredHealthy,
  type Strategy,
} from "../../core/plugin/contract.ts";
import canary from "../../strategies/canary.ts";
import everyHost from "../../strategies/every_host.ts";
import exponential from "../../strategies/exponential.ts";
import minimumHealthyHosts from "../../strategies/minimum_healthy_hosts.ts";
import zonal from "../../strategies/zonal.ts";
import { type Random, randomFrom } from "../random_numbers.ts";
import { randomMinimum } from "./compare_models.ts";
import { letters, type Moment, play, randomFleet } from "./play.ts";

/** A strategy, and a config of it for a fleet of that size. */
interface Subject {
  readonly strategy: Strategy;
  anyConfig(random: Random, size: number): Record<string, unknown>;
  /** Goes on after failures, and takes one host at a time where the minimum has no room for any. */
  readonly forgives?: true;
}

const SUBJECTS: readonly Subject[] = [
  {
    strategy: minimumHealthyHosts,
    anyConfig: (random, size) => ({ minimumHealthyHosts: randomMinimum(random, size) }),
  },
  {
    strategy: zonal,
    anyConfig: (random, size) => ({
      minimumHealthyHosts: randomMinimum(random, size),
      minimumHealthyHostsPerZone: randomMinimum(random, Math.ceil(size / 3)),
      monitorDurationInSeconds: random(2) * 60,
    }),
  },
  { strategy: canary, anyConfig: anyCanary },
  {
    strategy: exponential,
    anyConfig: (random, size) => ({
      first: 1 + random(3),
      factor: 2 + random(2),
      maxFailures: random(size + 1),
      ...(random(2) === 0 && { bake: "1m" }),
    }),
  },
  {
    strategy: everyHost,
    anyConfig: (random, size) => ({ minimumHealthyHosts: randomMinimum(random, size) }),
    forgives: true,
  },
];

function anyCanary(random: Random, size: number): Record<string, unknown> {
  const step = () =>
    [
      { hosts: 1 + random(size + 2) },
      { hosts: `${1 + random(100)}%` },
      { bake: "5m" },
      { analysis: "errors", max: 1 },
      { approval: "release" },
      { pause: true },
    ][random(6)];
  return {
    steps: Array.from({ length: 1 + random(6) }, step),
    maxFailures: random(3) === 0 ? random(size + 1) : 0,
    ...(random(3) === 0 && { minimumHealthyHosts: randomMinimum(random, size) }),
  };
}

const FLEETS = 1500;

for (const { strategy, anyConfig, forgives } of SUBJECTS) {
  test(`the laws hold for ${strategy.name}`, () => {
    const seed = randomInt(2 ** 31);
    for (let at = 0; at < FLEETS; at++) {
      const random = randomFrom(seed + at);
      const hosts = randomFleet(random, { zones: "abc" });
      const raw = anyConfig(random, hosts.length);
      const config = strategy.config.parse(raw);
      const holds = new Set<string>();
      try {
        const last = play(hosts, (fleet) => strategy.next({ fleet, config }), random, (moment) => {
          lawsOf(moment, holds);
          assert.deepEqual(
            strategy.next({ fleet: moment.fleet, config }),
            moment.step,
            "the same view has two answers",
          );
          if (!forgives) keepsMinimum(moment, raw);
        });
        if (last.step.kind === "done") lawsOfSuccess(last, forgives ?? false);
      } catch (cause) {
        const what = `seed ${seed + at}, config ${JSON.stringify(raw)}, ${letters(hosts)}`;
        throw new Error(`${String(cause)}\n${what}`, { cause });
      }
    }
  });
}

/** Of any answer at all. */
function lawsOf({ fleet, step, hosts }: Moment, holds: Set<string>): void {
  const state = letters(hosts);
  switch (step.kind) {
    case "start": {
      const from = step.zone === undefined
        ? fleet
        : fleet.zones.find(({ name }) => name === step.zone);
      assert.ok(from, `starts in zone ${step.zone}, which is not there: ${state}`);
      assert.ok(Number.isInteger(step.hosts) && step.hosts >= 1, `starts ${step.hosts}: ${state}`);
      assert.ok(step.hosts <= from.pending, `starts ${step.hosts} of ${from.pending}: ${state}`);
      return;
    }
    case "wait":
      return assert.ok(fleet.running > 0, `waits for nobody: ${state}`);
    case "hold": {
      assert.ok(!fleet.passed.has(step.key), `holds again for ${step.key}: ${state}`);
      const others = [...holds].filter((key) => key !== step.key && !fleet.passed.has(key));
      assert.deepEqual(others, [], `holds for another key before one has passed: ${state}`);
      holds.add(step.key);
      return;
    }
    case "done":
      return assert.equal(fleet.pending + fleet.running, 0, `is done too early: ${state}`);
    case "fail":
      assert.match(step.message, /\d|no host/, "the message has no numbers");
  }
}

function lawsOfSuccess({ fleet, hosts }: Moment, forgives: boolean): void {
  if (forgives) return assert.equal(fleet.failed, 0, letters(hosts));
  assert.ok(fleet.succeeded > 0, `a success without one: ${letters(hosts)}`);
}

interface Minima {
  minimumHealthyHosts?: MinimumHealthyHosts;
  minimumHealthyHostsPerZone?: MinimumHealthyHosts;
}

/** Law 2: no start takes fleet or zone below its minimum, and what has failed counts. */
function keepsMinimum({ fleet, step, hosts }: Moment, config: Minima): void {
  if (step.kind !== "start") return;
  const unhealthy = (step.zone === undefined ? fleet : zoneOf(fleet, step.zone)).pendingUnhealthy;
  const healthyStarted = Math.max(step.hosts - unhealthy, 0);
  const bounds: [HostCounts, MinimumHealthyHosts | undefined][] = [
    [fleet, config.minimumHealthyHosts],
    ...(step.zone === undefined ? [] : [
      [zoneOf(fleet, step.zone), config.minimumHealthyHostsPerZone],
    ] satisfies [HostCounts, MinimumHealthyHosts | undefined][]),
  ];
  for (const [counts, minimum] of bounds) {
    if (!minimum) continue;
    const required = requiredHealthy(counts.size, minimum);
    const down: number = counts.running + counts.failed + step.hosts;
    assert.ok(down <= counts.size - required, `${down} are down: ${letters(hosts)}`);
    const healthy = counts.succeeded + counts.skipped + counts.pending -
      counts.pendingUnhealthy - healthyStarted;
    const left = `${healthy} of ${required} stay healthy: ${letters(hosts)}`;
    assert.ok(healthyStarted === 0 || healthy >= required, left);
  }
}

function zoneOf({ zones }: FleetView, name: string): HostCounts {
  const zone = zones.find((one) => one.name === name);
  assert.ok(zone);
  return zone;
}
