/** Rollbacks by what triggers them, and alarms by how they are configured (spec 8). @module */
import assert from "node:assert/strict";
import type { Deployment } from "../../core/domain/deployment.ts";
import type { AutoRollbackEvent, GroupSettings } from "../../core/domain/deployment_group.ts";
import { defineStrategy, done, fail, start, wait, z } from "../../core/plugin/contract.ts";
import { deployments } from "../../core/store/schema.ts";
import { revision } from "../rollout/letters.ts";
import { alarmedTest, ALARMS, readAgain, type TestAlarm } from "./alarmed_fleet.ts";
import { type Fleet, fleetTest } from "./fleet.ts";

type Play = (fleet: Fleet, alarm: TestAlarm) => Promise<string>;

/** Deploys v2.zip and ends it so, while its first host is at an event. */
const ENDS: Record<AutoRollbackEvent, [ends: string, play: Play]> = {
  DEPLOYMENT_FAILURE: ["F Failed HEALTH_CONSTRAINTS", async (fleet) => {
    const id = await fleet.deploy("v2.zip");
    await fleet.run("web-1", "SSF");
    return id;
  }],
  DEPLOYMENT_STOP_ON_ALARM: ["F Stopped ALARM_ACTIVE", async (fleet, alarm) => {
    const id = await fleet.deploy("v2.zip");
    const order = await fleet.take("web-1");
    await fleet.progress(order, "SSR");
    alarm.state = "ALARM";
    await readAgain(fleet);
    await fleet.finish(order, "SSF");
    return id;
  }],
  DEPLOYMENT_STOP_ON_REQUEST: ["F Stopped MANUAL_STOP", async (fleet) => {
    const id = await fleet.deploy("v2.zip");
    const order = await fleet.take("web-1");
    await fleet.progress(order, "SSR");
    await fleet.engine.stopDeployment(id, false);
    await fleet.finish(order, "SSF");
    return id;
  }],
};
const EVENTS = Object.keys(ENDS) as AutoRollbackEvent[]; // because: the keys of a Record of them

function rules(...events: AutoRollbackEvent[]): GroupSettings {
  return { autoRollbackConfiguration: { enabled: true, events } };
}

for (const event of EVENTS) {
  const [ends, play] = ENDS[event];
  const others = EVENTS.filter((other) => other !== event);
  const none: GroupSettings = { autoRollbackConfiguration: { enabled: false, events: EVENTS } };
  const table: [what: string, settings: GroupSettings, rollsBack: boolean][] = [
    [`with ${event}`, rules(event), true],
    [`with ${others.join(" and ")}`, rules(...others), false],
    ["with all of them, not enabled", none, false],
    ["without rules", {}, false],
  ];
  for (const [what, settings, rollsBack] of table) {
    const follows = rollsBack ? "a rollback follows" : "nothing follows";
    alarmedTest(`spec 8 ${ends.slice(2)} ${what}: ${follows}`, { hosts: 1, ...settings }, async (
      fleet,
      alarm,
    ) => {
      await fleet.succeed("v1.zip", "web-1");
      const id = await play(fleet, alarm);
      const { rollback } = await fleet.ended(id);
      assert.equal(fleet.show(id), ends);
      assert.equal(made(fleet).length, rollsBack ? 3 : 2);
      if (!rollsBack) return assert.deepEqual(rollback, {});
      await fleet.run("web-1");
      const back = await fleet.ended(rollback.rollbackDeploymentId ?? "");
      assert.equal(back.status, "Succeeded");
      assert.deepEqual(back.request.revision, revision("v1.zip"));
      assert.equal(back.request.creator, "codeDeployRollback");
    });
  }
}

const made = (fleet: Fleet): Deployment["id"][] =>
  fleet.store.read.select({ id: deployments.id }).from(deployments).all().map(({ id }) => id);

alarmedTest("spec 8 rollback: its alarms are not read, one that is active still does not stop it", {
  hosts: 1,
  ...rules("DEPLOYMENT_STOP_ON_ALARM"),
}, async (fleet, alarm) => {
  await fleet.succeed("v1.zip", "web-1");
  const [, play] = ENDS.DEPLOYMENT_STOP_ON_ALARM;
  const back = (await fleet.ended(await play(fleet, alarm))).rollback.rollbackDeploymentId ?? "";
  const { reads } = alarm;
  const order = await fleet.take("web-1");
  await readAgain(fleet);
  await fleet.finish(order);
  assert.equal((await fleet.ended(back)).status, "Succeeded");
  assert.deepEqual([alarm.state, alarm.reads], ["ALARM", reads]);
});

/** Everybody at once, and none may fail: hosts are under way still when the deployment fails. */
const strict = defineStrategy({
  name: "strict",
  platform: "Server",
  description: "all hosts at once, none of which may fail",
  config: z.object({}),
  next({ fleet }) {
    if (fleet.failed > 0) return fail("one failed");
    if (fleet.pending > 0) return start(fleet.pending);
    return fleet.running > 0 ? wait() : done();
  },
});

alarmedTest("spec 8 alarm while a failed deployment ends: it stays Failed, and is rolled back", {
  hosts: 2,
  deploymentConfigName: "strict",
  ...rules("DEPLOYMENT_FAILURE"),
}, async (fleet, alarm) => {
  fleet.plugins = [...fleet.plugins, strict];
  fleet.restart();
  await fleet.succeed("v1.zip", "web-1", "web-2");
  const id = await fleet.deploy("v2.zip");
  const [one, two] = [await fleet.take("web-1"), await fleet.take("web-2")];
  await fleet.finish(one, "F");
  alarm.state = "ALARM";
  await readAgain(fleet);
  assert.equal(fleet.show(id), "FR InProgress HEALTH_CONSTRAINTS");
  await fleet.finish(two);
  const { rollback } = await fleet.ended(id);
  assert.equal(fleet.show(id), "FS Failed HEALTH_CONSTRAINTS");
  assert.ok(rollback.rollbackDeploymentId);
});

/** What the alarm reads, whether that may be ignored, and what becomes of the deployment. */
const READINGS: readonly [state: TestAlarm["state"], ignored: boolean, ends: string][] = [
  ["OK", false, "S Succeeded"],
  ["OK", true, "S Succeeded"],
  ["ALARM", false, "K Stopped ALARM_ACTIVE"],
  ["ALARM", true, "K Stopped ALARM_ACTIVE"],
  ["UNKNOWN", false, "K Stopped ALARM_ACTIVE"],
  ["UNKNOWN", true, "S Succeeded"],
];
for (const [state, ignorePollAlarmFailure, ends] of READINGS) {
  alarmedTest(
    `spec 8 ignorePollAlarmFailure ${ignorePollAlarmFailure}, ${state}: ${ends.slice(2)}`,
    {
      hosts: 1,
      alarmConfiguration: { ...ALARMS, ignorePollAlarmFailure },
    },
    async (fleet, alarm) => {
      alarm.state = state;
      const id = await fleet.deploy("v1.zip");
      if (ends.startsWith("S")) await fleet.run("web-1");
      await fleet.ended(id);
      assert.equal(fleet.show(id), ends);
    },
  );
}

alarmedTest("spec 8 enabled false: the alarms are kept and not read", {
  hosts: 1,
  alarmConfiguration: { ...ALARMS, enabled: false },
}, async (fleet, alarm) => {
  alarm.state = "ALARM";
  await fleet.succeed("v1.zip", "web-1");
  assert.equal(alarm.reads, 0);
  assert.deepEqual(fleet.group().settings.alarmConfiguration?.alarms, ALARMS.alarms);
});

alarmedTest(
  "spec 8 alarm during the deployment: read every ten seconds, at most 23 s to the stop",
  {
    hosts: 2,
  },
  async (fleet, alarm) => {
    const id = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    assert.equal(alarm.reads, 1, "before the first host");
    fleet.now += 9_999;
    fleet.engine.tick();
    await fleet.settled();
    assert.equal(alarm.reads, 1);
    alarm.state = "ALARM";
    await readAgain(fleet);
    assert.deepEqual(await fleet.poll("web-1", order.commandId), { cancel: [order.commandId] });
    await fleet.finish(order, "F");
    const { error, rollback } = await fleet.ended(id);
    assert.equal(fleet.show(id), "FK Stopped ALARM_ACTIVE");
    assert.match(error?.message ?? "", /have been stopped\. Activated alarms: <errors>$/);
    assert.deepEqual(rollback, {}, "an alarm by itself just stops");
  },
);

const OWN: readonly [what: string, own: typeof ALARMS, ends: string, reads: number][] = [
  ["disabled for it", { ...ALARMS, enabled: false }, "S Succeeded", 0],
  ["none for it", { ...ALARMS, alarms: [] }, "S Succeeded", 0],
  [
    "another one, that may be ignored",
    { ...ALARMS, ignorePollAlarmFailure: true, alarms: [{ name: "other" }] },
    "S Succeeded",
    0,
  ],
];
for (const [what, own, ends, reads] of OWN) {
  alarmedTest(`spec 8 overrideAlarmConfiguration, ${what}: the group's is not asked`, {
    hosts: 1,
  }, async (fleet, alarm) => {
    alarm.state = "ALARM";
    const id = await fleet.deploy("v1.zip", { overrideAlarmConfiguration: own });
    await fleet.run("web-1");
    await fleet.ended(id);
    assert.equal(fleet.show(id), ends);
    assert.equal(alarm.reads, reads);
    assert.deepEqual(fleet.group().settings.alarmConfiguration, ALARMS);
  });
}

alarmedTest("spec 8 overrideAlarmConfiguration: its own alarm stops it where the group has none", {
  hosts: 1,
  alarmConfiguration: { ...ALARMS, enabled: false, alarms: [] },
}, async (fleet, alarm) => {
  alarm.state = "ALARM";
  const id = await fleet.deploy("v1.zip", { overrideAlarmConfiguration: ALARMS });
  await fleet.ended(id);
  assert.equal(fleet.show(id), "K Stopped ALARM_ACTIVE");
});

fleetTest("spec 8 manual rollback: a deployment of an older revision, like any other", {
  hosts: 2,
}, async (fleet) => {
  await fleet.succeed("v1.zip", "web-1", "web-2");
  await fleet.succeed("v2.zip", "web-1", "web-2");
  const id = await fleet.succeed("v1.zip", "web-1", "web-2");
  const { request, rollback } = fleet.engine.deployment(id);
  assert.deepEqual([request.creator, rollback], ["user", {}]);
  assert.deepEqual(request.previousRevision, revision("v2.zip"));
  assert.deepEqual(fleet.group().targetRevision, revision("v1.zip"));
});

fleetTest("spec 8 rollback: what the second last deployment was, when the last one failed too", {
  hosts: 1,
  ...rules("DEPLOYMENT_FAILURE"),
}, async (fleet) => {
  await fleet.succeed("v1.zip", "web-1");
  for (const key of ["v2.zip", "v3.zip"]) {
    const bad = await fleet.deploy(key);
    await fleet.run("web-1", "F");
    const back = (await fleet.ended(bad)).rollback.rollbackDeploymentId ?? "";
    const order = await fleet.take("web-1");
    await fleet.finish(order, "F");
    assert.equal((await fleet.ended(back)).status, "Failed");
    assert.deepEqual(fleet.engine.deployment(back).request.revision, revision("v1.zip"));
    assert.deepEqual(fleet.engine.deployment(back).rollback.rollbackDeploymentId, undefined);
  }
  assert.deepEqual(fleet.group().targetRevision, revision("v1.zip"));
});
