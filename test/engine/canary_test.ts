/** What a canary is measured by, and the alarms that watch it, with a clock of the test. @module */
import assert from "node:assert/strict";
import { explainDeployment } from "../../core/engine/explain_deployment.ts";
import { putIntegration } from "../../core/store/integrations.ts";
import type { Fleet } from "./fleet.ts";
import { ALARMS, TestAlarm } from "./alarmed_fleet.ts";
import { again, canary, canaryTest, isTakenBack, MINUTE, pass } from "./measured_fleet.ts";

/** As `runtime explain` tells it. */
const causeOf = (fleet: Fleet, id: string) =>
  explainDeployment(fleet.store.read, fleet.engine.deployment(id), { now: fleet.now, timeLapse: 1 })
    .cause;

const throws = (message: string) => () => {
  throw new Error(message);
};
const WITHOUT_VALUE: [what: string, measure: () => number | undefined, told: RegExp][] = [
  ["nothing", () => undefined, /measured undefined/],
  ["NaN", () => NaN, /measured NaN \(NaN\)/],
  ["an infinite value", () => Infinity, /\(Infinity\)/],
  ["an error", throws("no route to host"), /error: no route to host/],
];
const MEASURED = { analysis: "errors", count: 2, interval: "1m", max: 0.05, inconclusiveLimit: 1 };
for (const [what, measure, told] of WITHOUT_VALUE) {
  canaryTest(`an analysis that returns ${what} never passes`, {
    steps: [{ hosts: 1 }, MEASURED],
  }, async (fleet, analysis) => {
    analysis.measure = measure;
    const id = await canary(fleet);
    await pass(fleet, MINUTE);
    await again(fleet);
    assert.equal(fleet.show(id), "SP Baking");
    await pass(fleet, MINUTE);
    const { error, progress } = await fleet.ended(id);
    assert.equal(fleet.show(id), "SK Failed CUSTOMER_APPLICATION_UNHEALTHY");
    assert.match(error?.message ?? "", /^errors had no value: 2 of 2 measurements gave none, 1 is/);
    assert.match(error?.message ?? "", told);
    assert.equal(progress?.hold?.measurements.length, 2);
  });
}

for (
  const [what, answer, told] of [
    ["a text for a number", { value: "0.01", evidence: "read" }, /answered {"value":"0\.01"/],
    ["no evidence", { value: 0.01 }, /answered {"value":0\.01}/],
    ["nothing at all", undefined, /answered nothing/],
  ] as const
) { // because the answers are those of a file that no compiler has seen
  canaryTest(`an analysis whose plugin answers ${what} never passes`, {
    steps: [{ hosts: 1 }, { ...MEASURED, inconclusiveLimit: 0 }],
  }, async (fleet, analysis) => {
    Object.assign(analysis.plugin, { measure: () => Promise.resolve(answer) });
    const id = await canary(fleet);
    await pass(fleet, MINUTE);
    const { error } = await fleet.ended(id);
    assert.equal(fleet.show(id), "SK Failed CUSTOMER_APPLICATION_UNHEALTHY");
    assert.match(error?.message ?? "", told);
  });
}

canaryTest("an analysis that nobody set up never passes", {
  steps: [{ hosts: 1 }, { ...MEASURED, analysis: "gone", inconclusiveLimit: 0 }],
}, async (fleet) => {
  const id = await canary(fleet);
  await pass(fleet, MINUTE);
  const { error } = await fleet.ended(id);
  assert.equal(fleet.show(id), "SK Failed CUSTOMER_APPLICATION_UNHEALTHY");
  assert.match(error?.message ?? "", /runtime analysis add gone/);
});

canaryTest("measurements are one interval apart, across a restart as well", {
  steps: [{ hosts: 1 }, MEASURED],
}, async (fleet, analysis) => {
  const at: number[] = [];
  analysis.measure = () => {
    at.push(fleet.now);
    return 0.01;
  };
  const id = await canary(fleet);
  const start = fleet.now;
  for (let seconds = 0; seconds < 70; seconds += 10) await pass(fleet, 10_000);
  await again(fleet);
  for (let seconds = 0; seconds < 50; seconds += 10) await pass(fleet, 10_000);
  assert.deepEqual(at.map((time) => time - start), [MINUTE, 2 * MINUTE]);
  await fleet.run("web-2");
  assert.equal((await fleet.ended(id)).status, "Succeeded");
});

canaryTest("one measurement too many that is too high fails it, and it goes back", {
  steps: [{ hosts: 1 }, { ...MEASURED, count: 3, failureLimit: 1 }],
  autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
}, async (fleet, analysis) => {
  const values = [0.5, 0.01, 0.31];
  analysis.measure = () => values.shift();
  const id = await canary(fleet);
  for (let n = 0; n < 3; n++) await pass(fleet, MINUTE);
  await isTakenBack(fleet, id);
  assert.equal(fleet.show(id), "SK Failed CUSTOMER_APPLICATION_UNHEALTHY");
  const cause = causeOf(fleet, id);
  assert.equal(
    cause?.text,
    "errors was 0.31, at most 0.05 is allowed: 2 of 3 measurements failed, 1 is borne",
  );
  const told = cause?.because?.map(({ text, evidence }) => [text.slice(11), ...evidence ?? []]);
  assert.deepEqual(told, [
    ["00:03:02.000Z: 0.31, at most 0.05 is allowed", "measured 0.31"],
    ["00:01:02.000Z: 0.5, at most 0.05 is allowed", "measured 0.5"],
  ]);
});

/** Also watched by the alarm `errors`. */
async function watched(fleet: Fleet): Promise<TestAlarm> {
  const alarm = new TestAlarm();
  fleet.plugins = [...fleet.plugins.filter(({ kind }) => kind !== "alarm"), alarm.plugin];
  const errors = { kind: "alarm", name: "errors", plugin: "test", config: {} } as const;
  await fleet.store.commit((tx) => putIntegration(tx, errors, fleet.now));
  fleet.restart();
  return alarm;
}

const UNDER_ALARM = { deploymentConfigName: "mine", overrideAlarmConfiguration: ALARMS };

for (
  const [events, isBack] of [
    [["DEPLOYMENT_STOP_ON_ALARM"], true],
    [["DEPLOYMENT_FAILURE"], false],
  ] as const
) { // because the names of events are words
  canaryTest(`spec 8 trap 27: an alarm during a bake, rolled back on ${events}: ${isBack}`, {
    steps: [{ hosts: 1 }, { bake: "1h" }],
    autoRollbackConfiguration: { enabled: true, events: [...events] },
  }, async (fleet) => {
    const alarm = await watched(fleet);
    const id = await fleet.deploy("v2.zip", UNDER_ALARM);
    await fleet.run("web-1");
    await pass(fleet, 10_000);
    assert.equal(fleet.show(id), "SP Baking");
    await again(fleet);
    alarm.state = "ALARM";
    await pass(fleet, 10_000);
    const { error, rollback } = await fleet.ended(id);
    assert.equal(fleet.show(id), "SK Stopped ALARM_ACTIVE");
    assert.match(error?.message ?? "", /^the alarm errors is active: errors read ALARM\./);
    assert.deepEqual(causeOf(fleet, id), {
      kind: "alarm",
      text: "the alarm errors is active: errors read ALARM",
      because: [{ kind: "alarm", text: "errors is active", evidence: ["errors read ALARM"] }],
    });
    if (isBack) await isTakenBack(fleet, id);
    else assert.equal(rollback.rollbackDeploymentId, undefined);
  });
}

for (
  const [state, ignorePollAlarmFailure, expected] of [
    ["UNKNOWN", false, "KK Stopped ALARM_ACTIVE"],
    ["UNKNOWN", true, "SP Baking"],
    ["ALARM", true, "KK Stopped ALARM_ACTIVE"],
  ] as const
) { // because a state is a word
  const ignored = ignorePollAlarmFailure ? "ignored" : "not ignored";
  canaryTest(`an alarm that is ${state} at the start, failing polls ${ignored}`, {
    steps: [{ hosts: 1 }, { bake: "1h" }],
  }, async (fleet) => {
    const alarm = await watched(fleet);
    alarm.state = state;
    const overrideAlarmConfiguration = { ...ALARMS, ignorePollAlarmFailure };
    const id = await fleet.deploy("v2.zip", { ...UNDER_ALARM, overrideAlarmConfiguration });
    if (expected.endsWith("Baking")) {
      await fleet.run("web-1");
      await pass(fleet, 10_000);
    } else {
      await fleet.ended(id);
      assert.deepEqual(await fleet.look("web-1"), { cancel: [] });
    }
    assert.equal(fleet.show(id), expected);
  });
}

canaryTest("an alarm stops a deployment that is paused or waits for an approval, too", {
  steps: [{ hosts: 1 }, { approval: "release" }],
}, async (fleet) => {
  const alarm = await watched(fleet);
  const id = await fleet.deploy("v2.zip", UNDER_ALARM);
  await fleet.run("web-1");
  await fleet.settled();
  await fleet.engine.intervene(id, { kind: "pause" }, "ann");
  alarm.state = "ALARM";
  await pass(fleet, 10_000);
  await fleet.ended(id);
  assert.equal(fleet.show(id), "SK Stopped ALARM_ACTIVE");
});
