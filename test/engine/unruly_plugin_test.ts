/** Plugins that answer nonsense, never answer or break on the way: the server goes on. @module */
import assert from "node:assert/strict";
import onPremises from "../../plugins/targets/on_premises.ts";
import minimumHealthyHosts from "../../strategies/minimum_healthy_hosts.ts";
import type { AlarmReading } from "../../core/plugin/contract.ts";
import { alarmedTest, readAgain } from "./alarmed_fleet.ts";
import { balancedTest, carryOut } from "./balanced_fleet.ts";
import { fleetTest } from "./fleet.ts";
import { canary, canaryTest, MINUTE, pass } from "./measured_fleet.ts";

const NONSENSE: [what: string, answer: unknown][] = [
  ["nothing", undefined],
  ["a word", "done"],
  ["an unknown step", { kind: "sleep" }],
  ["a bake without a time", { kind: "hold", key: "a", hold: { kind: "bake" } }],
  ["a bake that is no number", { kind: "hold", key: "a", hold: { kind: "bake", ms: NaN } }],
  ["a hold without a key", { kind: "hold", hold: { kind: "pause" } }],
  ["hosts that are no number", { kind: "start", hosts: "2" }],
];
for (const [what, answer] of NONSENSE) {
  fleetTest(`a strategy that answers ${what} fails its deployment`, { hosts: 2 }, async (fleet) => {
    const broken: typeof minimumHealthyHosts = {
      ...minimumHealthyHosts,
      // because a plugin of one's own is checked by nobody before it runs
      next: () => answer as ReturnType<typeof minimumHealthyHosts.next>,
    };
    fleet.plugins = [broken, onPremises];
    fleet.restart();
    const id = await fleet.deploy("v1.zip");
    const { error } = await fleet.ended(id);
    assert.equal(fleet.show(id), "KK Failed HEALTH_CONSTRAINTS");
    assert.match(
      error?.message ?? "",
      /the strategy minimum-healthy-hosts answered .*, which is no/,
    );
  });
}

fleetTest("a strategy that cannot say its zones fails its deployment", {
  hosts: 2,
}, async (fleet) => {
  const broken: typeof minimumHealthyHosts = {
    ...minimumHealthyHosts,
    zoneBy() {
      throw new Error("no zones today");
    },
  };
  fleet.plugins = [broken, onPremises];
  fleet.restart();
  const id = await fleet.deploy("v1.zip");
  assert.deepEqual((await fleet.ended(id)).error, {
    code: "INTERNAL_ERROR",
    message: "The strategy minimum-healthy-hosts threw: no zones today",
  });
});

const NEVER = new Promise<never>(() => {});

for (const ignorePollAlarmFailure of [true, false]) {
  alarmedTest(`an alarm that never answers, failing polls ignored: ${ignorePollAlarmFailure}`, {
    hosts: 1,
    alarmConfiguration: { enabled: true, ignorePollAlarmFailure, alarms: [{ name: "errors" }] },
  }, async (fleet, alarm) => {
    alarm.plugin.read = () => NEVER;
    fleet.clocks = { ...fleet.clocks, notFinished: 50 };
    fleet.restart();
    const id = await fleet.deploy("v1.zip");
    if (ignorePollAlarmFailure) {
      await fleet.run("web-1");
      assert.equal((await fleet.ended(id)).status, "Succeeded");
      return;
    }
    const { error } = await fleet.ended(id);
    assert.equal(fleet.show(id), "K Stopped ALARM_ACTIVE");
    assert.match(
      error?.message ?? "",
      /errors could not be read: it took longer than 0.05 seconds/,
    );
  });
}

for (const reading of [undefined, {}, { state: "GREEN", reason: "" }, { state: "OK" }, "OK"]) {
  alarmedTest(`an alarm that reads ${JSON.stringify(reading)} could not be read`, {
    hosts: 1,
  }, async (fleet, alarm) => {
    // because a plugin of one's own is checked by nobody before it runs
    alarm.plugin.read = () => Promise.resolve(reading as AlarmReading);
    const id = await fleet.deploy("v1.zip");
    const { error } = await fleet.ended(id);
    assert.equal(fleet.show(id), "K Stopped ALARM_ACTIVE");
    assert.match(error?.message ?? "", /errors could not be read: the plugin test answered/);
  });
}

alarmedTest("alarms are read on after the server's clock was set back", {
  hosts: 1,
}, async (fleet, alarm) => {
  const id = await fleet.deploy("v1.zip");
  await fleet.take("web-1");
  alarm.state = "ALARM";
  fleet.now -= 24 * 60 * MINUTE;
  await readAgain(fleet);
  await readAgain(fleet);
  assert.equal(fleet.engine.deployment(id).stop?.error?.code, "ALARM_ACTIVE");
});

canaryTest("an analysis that never answers has no value", {
  steps: [{ hosts: 1 }, { analysis: "errors", max: 1, inconclusiveLimit: 0 }],
}, async (fleet, analysis) => {
  analysis.plugin.measure = () => NEVER;
  fleet.clocks = { ...fleet.clocks, notFinished: 50 };
  fleet.restart();
  const id = await canary(fleet);
  await pass(fleet, MINUTE);
  const { error } = await fleet.ended(id);
  assert.match(error?.message ?? "", /errors had no value: .* it took longer than 0.05 seconds/);
});

balancedTest("a balancer that answers at once, without a promise, has answered", {
  hosts: 1,
  deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITH_TRAFFIC_CONTROL" },
}, async (fleet, balancer) => {
  // because a plugin of one's own is checked by nobody before it runs
  const atOnce = (() => {}) as unknown as typeof balancer.plugin.block;
  Object.assign(balancer.plugin, { block: atOnce, allow: atOnce, check: atOnce });
  const id = await fleet.deploy("v1.zip");
  for (let leg = 0; leg < 3; leg++) await carryOut(fleet, "web-1");
  assert.equal((await fleet.ended(id)).status, "Succeeded");
});
