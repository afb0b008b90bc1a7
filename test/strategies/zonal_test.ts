/** Zone after zone by example (spec 3.3). Fleets are written as in `fleet_letters.ts`. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { strategyOf } from "../../core/domain/deployment_config.ts";
import zonal from "../../strategies/zonal.ts";
import { INVALID, show, TOO_MANY, view } from "./fleet_letters.ts";

type Config = Parameters<typeof zonal.config.parse>[0];

const hosts = (value: number) => ({ type: "HOST_COUNT", value });
const percent = (value: number) => ({ type: "FLEET_PERCENT", value });
const NONE = { minimumHealthyHosts: hosts(0) };
const WATCHED = { ...NONE, monitorDurationInSeconds: 60 };
const FIRST = { ...WATCHED, firstZoneMonitorDurationInSeconds: 600 };
const half = { ...NONE, minimumHealthyHostsPerZone: percent(50) };

const next = (fleet: string, config: Config, passed: readonly string[] = []) =>
  zonal.next({ fleet: view(fleet, passed), config: zonal.config.parse(config) });

const table: [what: string, fleet: string, config: Config, expected: string, passed?: string][] = [
  ["the first zone goes first, all of it", "a:PPP b:PP", NONE, "start 3 a"],
  ["the next zone waits for the last host", "a:SSR b:PP", NONE, "wait"],
  ["the next zone follows at once without a wait", "a:SSS b:PP", NONE, "start 2 b"],
  ["the last zone ends it", "a:SSS b:SS", WATCHED, "done", "monitor a"],
  ["one host at a time without a minimum", "a:PPP b:PP", {}, "start 1 a"],

  ["hosts without the tag come last", ":PP b:PP", NONE, "start 2 b"],
  ["hosts without the tag are a zone", "b:SS :PP", NONE, "start 2 "],
  ["and are watched like one", "b:SS :PP", WATCHED, "hold monitor b 60000"],
  ["no host with the tag", ":PPP", NONE, INVALID],

  ["the first zone has a wait of its own", "a:SS b:PP c:P", FIRST, "hold monitor a 600000"],
  ["the others have theirs", "a:SS b:SS c:P", FIRST, "hold monitor b 60000", "monitor a"],
  ["a wait that is over lets the next zone go", "a:SS b:PP c:P", FIRST, "start 2 b", "monitor a"],
  ["no wait of its own: that of the others", "a:SS b:PP", WATCHED, "hold monitor a 60000"],
  ["a first wait of none", "a:S b:P", {
    ...WATCHED,
    firstZoneMonitorDurationInSeconds: 0,
  }, "start 1 b"],

  ["per zone: half of three is two", "a:PPP b:PPPP", half, "start 1 a"],
  ["per zone: half of its own hosts, not the fleet's", "a:SSS b:PPPP", half, "start 2 b"],
  ["per zone: one has failed, none is left", "a:FPP b:PPPP", half, TOO_MANY],
  ["per zone: the last host may fail", "a:SSF b:PPPP", half, "start 2 b"],
  ["per zone: a number of hosts", "a:PPP b:PPPP", {
    ...NONE,
    minimumHealthyHostsPerZone: hosts(1),
  }, "start 2 a"],
  ["per zone: a later zone cannot keep it, and nobody is touched", "a:PPP b:P", {
    ...NONE,
    minimumHealthyHostsPerZone: hosts(1),
  }, INVALID],

  ["both hold: the fleet's is the closer one", "a:PPPP b:PPPP", {
    minimumHealthyHosts: hosts(7),
    minimumHealthyHostsPerZone: hosts(1),
  }, "start 1 a"],
  ["both hold: the zone's is the closer one", "a:PPPP b:PPPP", {
    minimumHealthyHosts: hosts(2),
    minimumHealthyHostsPerZone: hosts(3),
  }, "start 1 a"],
  ["the fleet's minimum of all hosts", "a:PP b:PP", { minimumHealthyHosts: hosts(4) }, INVALID],
  ["a failure in one zone counts in the next", "a:SF b:PPP", {
    minimumHealthyHosts: hosts(3),
  }, "start 1 b"],
  ["too many of the fleet failed", "a:FF b:PPP", { minimumHealthyHosts: hosts(3) }, TOO_MANY],
  ["at the end the fleet's minimum decides", "a:SF b:SF", {
    minimumHealthyHosts: hosts(3),
  }, TOO_MANY],
  ["one success is needed in each zone", "a:FF b:PPP", NONE, TOO_MANY],
  ["also in the last", "a:SS b:FF", NONE, TOO_MANY],

  ["unhealthy hosts of a zone cost nothing", "a:uPP b:PP", {
    minimumHealthyHosts: hosts(3),
  }, "start 2 a"],
  ["at the minimum unhealthy ones of later zones come out of turn", "a:PP b:uu", {
    minimumHealthyHosts: hosts(2),
  }, "start 2 b"],
  ["but not while anybody runs", "a:PP b:Ru", { minimumHealthyHosts: hosts(2) }, "wait"],
  ["then the zone goes on", "a:PP b:Su", { minimumHealthyHosts: hosts(2) }, "start 1 a"],
  ["only unhealthy ones come out of turn", "a:PP b:uP", {
    minimumHealthyHosts: hosts(3),
  }, "start 1 b"],

  ["a zone of current hosts is no part of it", "a:kk b:PP c:PP", WATCHED, "start 2 b"],
  ["nor is it watched", "a:SS b:kk c:P", FIRST, "start 1 c", "monitor a"],
  ["nor is the last one waited for", "a:SS b:kk", WATCHED, "done"],
  ["current hosts stay in their zone's count", "a:kkPP b:PP", half, "start 2 a"],
];
for (const [what, fleet, config, expected, passed] of table) {
  test(`zonal: ${what}: ${fleet}`, () => {
    assert.equal(show(next(fleet, config, passed === undefined ? [] : [passed])), expected);
  });
}

test("zonal says which zone failed, and by what", () => {
  const message = (fleet: string, config: Config) => {
    const step = next(fleet, config);
    return step.kind === "fail" ? step.message : show(step);
  };
  assert.equal(message("a:FPP b:PPP", half), "1 of 3 hosts of zone a failed, 2 must stay healthy");
  assert.equal(
    message("a:S :FF", NONE),
    "2 of 2 hosts without a zone failed, at least one must succeed",
  );
  assert.match(message(":PP", NONE), /no host of the deployment has the tag AvailabilityZone/);
  assert.match(message(":PP", { zoneBy: "rack" }), /the tag rack,/);
});

test("zonal carries out what CodeDeploy's zonalConfig says", () => {
  const zonalConfig = {
    firstZoneMonitorDurationInSeconds: 600,
    monitorDurationInSeconds: 60,
    minimumHealthyHostsPerZone: { type: "FLEET_PERCENT", value: 25 },
  } as const;
  const minimumHealthyHosts = { type: "HOST_COUNT", value: 2 } as const;
  const named = { id: "1", name: "zones", computePlatform: "Server" } as const;
  const chosen = strategyOf({ ...named, minimumHealthyHosts, zonalConfig });
  assert.equal(chosen.name, "zonal");
  const config = zonal.config.parse(chosen.config);
  assert.deepEqual(config, { zoneBy: "AvailabilityZone", minimumHealthyHosts, ...zonalConfig });
  assert.equal(zonal.zoneBy?.(config), "AvailabilityZone");
  assert.equal(zonal.zoneBy?.(zonal.config.parse({ zoneBy: "rack" })), "rack");
});
