/**
 * Random histories of a rollout by each strategy: hosts end in any order, time passes, people and
 * measurements come, the server starts again at any moment. Each comes to its end, gives no host two
 * orders, and tells its strategy what is true.
 * @module
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import type { Strategy } from "../../core/plugin/contract.ts";
import type { Input } from "../../core/rollout/advance.ts";
import canary from "../../strategies/canary.ts";
import everyHost from "../../strategies/every_host.ts";
import exponential from "../../strategies/exponential.ts";
import minimumHealthyHosts from "../../strategies/minimum_healthy_hosts.ts";
import zonal from "../../strategies/zonal.ts";
import { type Random, randomFrom } from "../random_numbers.ts";
import { completion, type Rollout, rollout, show } from "./rollout.ts";

const HISTORIES = 150;
/** Longer than any hold but a pause. */
const LONG = 100 * 60_000;
const ENDED = /(Succeeded|Failed|Stopped)/;

const SUBJECTS: readonly [strategy: Strategy, configs: readonly object[]][] = [
  [minimumHealthyHosts, [
    { minimumHealthyHosts: { type: "MOST_CONCURRENCY", value: 2 } },
    { minimumHealthyHosts: { type: "FLEET_PERCENT", value: 60 } },
  ]],
  [zonal, [
    { monitorDurationInSeconds: 60 },
    {
      minimumHealthyHosts: { type: "FLEET_PERCENT", value: 30 },
      minimumHealthyHostsPerZone: { type: "FLEET_PERCENT", value: 50 },
    },
  ]],
  [canary, [
    {},
    {
      steps: [{ hosts: 2 }, { approval: "go" }, { hosts: "60%" }, { pause: true }],
      maxFailures: 2,
    },
    { steps: [{ hosts: 1 }, { analysis: "errors", max: 1, count: 2, interval: "1m" }] },
  ]],
  [exponential, [{ bake: "1m", maxFailures: 1 }]],
  [everyHost, [{}]],
];

/** A fleet in letters, and a letter a host for its zone. */
function randomHosts(random: Random): [hosts: string, zones: string] {
  const pick = (letters: string) => letters.charAt(random(letters.length));
  const size = 1 + random(9);
  const hosts = Array.from({ length: size }, () => pick("PPPu"));
  const zones = Array.from({ length: size }, () => pick("abc."));
  // A fleet without any zone does not begin.
  return [hosts.join(""), `a${zones.join("").slice(1)}`];
}

/** What happens next; it may be nothing that this rollout waits for. */
function randomInput({ state }: Rollout, random: Random): Input {
  const running = [...state.targets.values()].filter(({ status }) => status === "InProgress");
  const host = running[random(running.length + 1)];
  if (host) return completion(host.id, random(6) === 0 ? "SSF" : "SSSSSSS");
  const key = state.progress.hold?.key ?? "none";
  const value = random(8) === 0 ? 2 : 0.5;
  const others: readonly Input[] = [
    { kind: "tick" },
    { kind: "approve" },
    { kind: "measured", key, measurement: { at: 0, value, evidence: "asked" } },
    { kind: "promote", whole: random(4) === 0, by: "ana" },
    { kind: "pause", by: "ana" },
    { kind: "unpause" },
  ];
  return others[random(others.length)] ?? { kind: "tick" };
}

function checkHistory(strategy: Strategy, raw: object, random: Random): void {
  const [hosts, zones] = randomHosts(random);
  const config = strategy.config.parse(raw);
  const fleet = rollout(hosts, (fleet) => strategy.next({ fleet, config }), {}, { zones });
  const given = new Set<string>();
  let now = 1_000;
  const take = (input: Input) => {
    for (const host of fleet.take(input, now).give) {
      assert.ok(!given.has(host), `${host} has two orders: ${show(fleet)}`);
      given.add(host);
    }
  };
  take({ kind: "resume" });
  for (let left = 60 * hosts.length + 300; !ENDED.test(show(fleet)); left--) {
    assert.ok(left > 0, `no end in sight: ${show(fleet)} ${JSON.stringify(fleet.state.progress)}`);
    if (random(5) === 0) {
      fleet.reload();
      take({ kind: "resume" });
    }
    now += random(3) === 0 ? LONG : 1_000;
    take(randomInput(fleet, random));
  }
  for (const { size, pending, running, succeeded, failed, skipped, zones } of fleet.views) {
    assert.equal(pending + running + succeeded + failed + skipped, size);
    assert.equal(zones.reduce((sum, zone) => sum + zone.size, 0), size);
    assert.equal(zones.reduce((sum, zone) => sum + zone.pending, 0), pending);
  }
  assert.ok(!/[PR]/.test(show(fleet).split(" ")[0] ?? ""), `somebody is left: ${show(fleet)}`);
}

for (const [strategy, configs] of SUBJECTS) {
  test(`every history by ${strategy.name} comes to its end, and no host has two orders`, () => {
    const seed = randomInt(2 ** 31);
    for (const [place, config] of configs.entries()) {
      for (let at = 0; at < HISTORIES; at++) {
        try {
          checkHistory(strategy, config, randomFrom(seed + at));
        } catch (cause) {
          throw new Error(`config ${place}, seed ${seed + at}: ${String(cause)}`, { cause });
        }
      }
    }
  });
}
