/**
 * What a rollout waits for: time, measurements, people; and zones, one after the other. The real
 * strategies say when, the fleet is in the letters of rollout.ts, times are in milliseconds.
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hold, start } from "../../core/plugin/contract.ts";
import type { Input, Rules } from "../../core/rollout/advance.ts";
import canary from "../../strategies/canary.ts";
import zonal from "../../strategies/zonal.ts";
import { completion, type Rollout, rollout, show } from "./rollout.ts";

const RESUME: Input = { kind: "resume" };
const TICK: Input = { kind: "tick" };
const MINUTE = 60_000;
const succeed = (n: number) => completion(`web-${n}`, "SSSSSSS");
const measured = (value: number, key = "2 analysis errors"): Input => ({
  kind: "measured",
  key,
  measurement: { at: 0, value, evidence: "asked" },
});
const promote = (whole: boolean): Input => ({ kind: "promote", whole, by: "ana" });

function bySteps(steps: readonly unknown[]): Rules["next"] {
  const config = canary.config.parse({ steps });
  return (fleet) => canary.next({ fleet, config });
}

/** One host has succeeded at 1000, and what follows it is being waited for. */
function held(step: unknown, more: Parameters<typeof rollout>[3] = {}): Rollout {
  const fleet = rollout("PPP", bySteps([{ hosts: 1 }, step]), {}, more);
  fleet.take(RESUME, 0);
  fleet.take(succeed(1), 1_000);
  return fleet;
}

test("a bake lasts from when it was asked for to its last millisecond", () => {
  const fleet = held({ bake: "5m" });
  assert.equal(show(fleet), "SPP Baking");
  assert.deepEqual(fleet.take(TICK, 1_000 + 5 * MINUTE - 1).targets, []);
  assert.deepEqual(fleet.take(TICK, 1_000 + 5 * MINUTE).give, ["web-2", "web-3"]);
  assert.equal(show(fleet), "SRR");
  assert.deepEqual(fleet.state.progress, { stage: 0, passed: ["2 bake"] });
});

test("a restart does not begin a bake anew", () => {
  const fleet = held({ bake: "5m" });
  fleet.reload();
  assert.deepEqual(fleet.take(RESUME, 1_000 + 4 * MINUTE).give, []);
  fleet.reload();
  assert.deepEqual(fleet.take(RESUME, 1_000 + 5 * MINUTE).give, ["web-2", "web-3"]);
});

test("time-lapse shortens a bake", () => {
  const fleet = held({ bake: "5m" }, { timeLapse: 60 });
  assert.deepEqual(fleet.take(TICK, 1_000 + 5_000 - 1).give, []);
  assert.deepEqual(fleet.take(TICK, 1_000 + 5_000).give, ["web-2", "web-3"]);
});

test("a stop ends a bake", () => {
  const fleet = held({ bake: "5m" });
  fleet.take({ kind: "stop", rollback: false });
  assert.equal(show(fleet), "SKK Stopped MANUAL_STOP");
});

test("an approval lets the rest go", () => {
  const fleet = held({ approval: "release" });
  assert.equal(show(fleet), "SPP");
  assert.deepEqual(fleet.take(TICK, 2_000).give, []);
  assert.deepEqual(fleet.take({ kind: "approve" }, 3_000).give, ["web-2", "web-3"]);
});

test("nobody can approve what is no approval", () => {
  const fleet = held({ bake: "5m" });
  assert.deepEqual(fleet.take({ kind: "approve" }, 3_000).give, []);
  assert.equal(show(fleet), "SPP Baking");
});

test("an approval that does not come in time fails the deployment", () => {
  const fleet = held({ approval: "release", within: "2h" }, { timeLapse: 2 });
  fleet.take(TICK, 1_000 + 60 * MINUTE - 1);
  assert.equal(show(fleet), "SPP");
  fleet.take(TICK, 1_000 + 60 * MINUTE);
  assert.equal(show(fleet), "SKK Failed TIMEOUT");
  assert.match(fleet.state.error?.message ?? "", /nobody approved "release" within 120/);
});

test("a pause lasts until it is promoted", () => {
  const fleet = held({ pause: true });
  assert.deepEqual(fleet.take(TICK, 1_000 * MINUTE).give, []);
  assert.deepEqual(fleet.take(promote(false), 1_001 * MINUTE).give, ["web-2", "web-3"]);
});

test("a promotion is for one hold, or for all that come", () => {
  const steps = [{ hosts: 1 }, { pause: true }, { hosts: 2 }, { bake: "5m" }];
  const once = rollout("PPP", bySteps(steps));
  const whole = rollout("PPP", bySteps(steps));
  for (const fleet of [once, whole]) {
    fleet.take(RESUME);
    fleet.take(succeed(1));
  }
  once.take(promote(false));
  once.take(succeed(2));
  assert.equal(show(once), "SSP Baking");
  whole.take(promote(true));
  assert.deepEqual(whole.take(succeed(2)).give, ["web-3"]);
});

test("measurements that pass let the rest go, those of another hold do not count", () => {
  const fleet = held({ analysis: "errors", max: 1, count: 2, interval: "1m" });
  assert.equal(show(fleet), "SPP Baking");
  fleet.take(measured(0.5));
  fleet.take(measured(0.5, "9 analysis errors"));
  assert.equal(show(fleet), "SPP Baking");
  assert.deepEqual(fleet.take(measured(1)).give, ["web-2", "web-3"]);
});

test("a measurement too many fails the deployment", () => {
  const fleet = held({ analysis: "errors", max: 1, count: 3, failureLimit: 1 });
  fleet.take(measured(2));
  assert.equal(show(fleet), "SPP Baking");
  fleet.take(measured(3));
  assert.equal(show(fleet), "SKK Failed CUSTOMER_APPLICATION_UNHEALTHY");
});

test("who is paused starts nobody, and who goes on does", () => {
  const fleet = rollout("PPP", bySteps([{ hosts: 1 }]));
  fleet.take(RESUME);
  fleet.take({ kind: "pause", by: "ana" }, 5);
  fleet.take({ kind: "pause", by: "bob" }, 9);
  assert.deepEqual(fleet.state.progress.paused, { at: 5, by: "ana" });
  assert.deepEqual(fleet.take(succeed(1)).give, []);
  assert.deepEqual(fleet.take({ kind: "unpause" }).give, ["web-2", "web-3"]);
});

test("a paused rollout does not begin a hold, and a failure still ends it", () => {
  const fleet = rollout("PPP", bySteps([{ hosts: 1 }, { bake: "5m" }]));
  fleet.take(RESUME);
  fleet.take({ kind: "pause", by: "ana" });
  fleet.take(succeed(1));
  assert.equal(fleet.state.progress.hold, undefined);
  const failing = rollout("PPP", bySteps([{ hosts: 2 }]));
  failing.take(RESUME);
  failing.take({ kind: "pause", by: "ana" });
  failing.take(completion("web-1", "SSF"));
  assert.equal(show(failing), "FRK");
});

test("of what a paused rollout holds for only an analysis that fails ends it", () => {
  const measuring = held({ analysis: "errors", max: 1 });
  measuring.take({ kind: "pause", by: "ana" });
  measuring.take(measured(0.5));
  assert.equal(show(measuring), "SPP Baking");
  const failing = held({ analysis: "errors", max: 1 });
  failing.take({ kind: "pause", by: "ana" });
  failing.take(measured(2));
  assert.equal(show(failing), "SKK Failed CUSTOMER_APPLICATION_UNHEALTHY");
  const asking = held({ approval: "release", within: "1h" });
  asking.take({ kind: "pause", by: "ana" });
  asking.take(TICK, 120 * MINUTE);
  assert.equal(show(asking), "SPP");
});

test("nobody is touched before alarms and balancers were found in order", () => {
  const fleet = rollout("PP", bySteps([{ hosts: 1 }]), {}, { checksFirst: true });
  assert.deepEqual(fleet.take(RESUME).give, []);
  assert.deepEqual(fleet.take({ kind: "checked" }).give, ["web-1"]);
  const refused = rollout("PP", bySteps([{ hosts: 1 }]), {}, { checksFirst: true });
  refused.take(RESUME);
  const failure = { code: "ELASTIC_LOAD_BALANCING_INVALID", message: "it is gone" } as const;
  refused.take({ kind: "checked", failure });
  assert.equal(show(refused), "KK Failed ELASTIC_LOAD_BALANCING_INVALID");
  fleet.take({ kind: "checked", failure });
  assert.equal(show(fleet), "RP", "hosts were found in order once");
});

test("a strategy that holds for what has passed, or in a zone where nobody waits, has failed", () => {
  const again = rollout("PP", () => hold("a", { kind: "bake", ms: 5 }));
  again.take(RESUME, 0);
  again.take(TICK, 5);
  assert.match(again.state.error?.message ?? "", /the strategy holds again for "a"/);
  const nowhere = rollout("PP", () => start(1, "c"), {}, { zones: "ab" });
  nowhere.take(RESUME);
  assert.match(nowhere.state.error?.message ?? "", /the zone "c", where none waits/);
});

/** Zones in the order of hosts; none must stay healthy. */
function byZones(hosts: string, zones: string, more: object): Rollout {
  const config = zonal.config.parse({
    minimumHealthyHosts: { type: "HOST_COUNT", value: 0 },
    ...more,
  });
  return rollout(hosts, (fleet) => zonal.next({ fleet, config }), {}, { zones });
}

test("zones go one after the other, hosts without one last, each watched but the last", () => {
  const fleet = byZones("PPPP", "b.ab", { monitorDurationInSeconds: 60 });
  assert.deepEqual(fleet.take(RESUME, 0).give, ["web-3"]);
  fleet.take(succeed(3), 0);
  assert.equal(show(fleet), "PPSP Baking");
  assert.deepEqual(fleet.take(TICK, MINUTE).give, ["web-1", "web-4"]);
  fleet.take(succeed(1), MINUTE);
  fleet.take(succeed(4), MINUTE);
  assert.deepEqual(fleet.take(TICK, 2 * MINUTE).give, ["web-2"]);
  fleet.take(succeed(2), 2 * MINUTE);
  assert.equal(show(fleet), "SSSS Succeeded");
});

test("zones are in the order of their numbers, and their unhealthy hosts are known", () => {
  const fleet = byZones("PPu", "ba.", {});
  fleet.take(RESUME);
  const [view] = fleet.views;
  assert.deepEqual(view?.zones.map(({ name }) => name), ["a", "b", ""]);
  assert.deepEqual(view?.zones.map(({ pendingUnhealthy }) => pendingUnhealthy), [0, 0, 1]);
});

test("no host with the tag fails the deployment before anybody is touched", () => {
  const fleet = byZones("PP", "..", {});
  fleet.take(RESUME);
  assert.equal(show(fleet), "KK Failed HEALTH_CONSTRAINTS_INVALID");
});
