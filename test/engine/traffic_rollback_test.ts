/** Blue/green deployments that end badly at each of their stages, and where the traffic goes (spec 8). @module */
import assert from "node:assert/strict";
import type { GroupSettings } from "../../core/domain/deployment_group.ts";
import type { TargetInstances } from "../../core/domain/target_instances.ts";
import { putIntegration } from "../../core/store/integrations.ts";
import { ALARMS, readAgain, TestAlarm } from "./alarmed_fleet.ts";
import { carryOut } from "./balanced_fleet.ts";
import { ASK, block, type BlueGreen, blueGreenTest, GREEN, install } from "./blue_green_fleet.ts";
import type { Fleet } from "./fleet.ts";

const MINUTE = 60_000;
const OLD: TargetInstances = {
  tagFilters: [{ Key: "stack", Value: "old", Type: "KEY_AND_VALUE" }],
};
const BLUE = ["web-3", "web-4"];
const GREEN_NOW = ["web-1", "web-2"];
/** Waits for somebody, and for an hour before it ends blue. */
const BOTH_WAITS: BlueGreen = {
  ...ASK,
  terminateBlueInstancesOnDeploymentSuccess: {
    action: "TERMINATE",
    terminationWaitTimeInMinutes: 60,
  },
};
const ON_ALARM: GroupSettings = {
  autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_STOP_ON_ALARM"] },
};
const NOTHING_SHIFTED =
  "No traffic was shifted: the original hosts serve as before, so there is nothing to roll back.";

const goOn = (fleet: Fleet, id: string, wait: "READY_WAIT" | "TERMINATION_WAIT") =>
  fleet.engine.continueDeployment(id, wait, "InvalidDeploymentStatusException");

async function twice(fleet: Fleet, hosts: readonly string[]): Promise<void> {
  for (const host of hosts) {
    await carryOut(fleet, host);
    await carryOut(fleet, host);
  }
}

/** web-3 and web-4 serve v1.zip; v2.zip is installed on web-1 and web-2, and waits to be continued. */
async function ready(fleet: Fleet): Promise<string> {
  const first = await fleet.deploy("v1.zip", { targetInstances: GREEN });
  await install(fleet);
  await fleet.settled();
  await goOn(fleet, first, "READY_WAIT");
  await twice(fleet, BLUE);
  await block(fleet);
  await fleet.settled();
  await goOn(fleet, first, "TERMINATION_WAIT");
  for (const host of GREEN_NOW) await carryOut(fleet, host);
  await fleet.ended(first);
  await fleet.tag("stack", "old", ...GREEN_NOW);
  const id = await fleet.deploy("v2.zip", { targetInstances: OLD });
  for (const host of GREEN_NOW) await carryOut(fleet, host);
  await fleet.settled();
  assert.equal(fleet.show(id), "YYPP Ready");
  return id;
}

type Stop = [how: string, stop: (fleet: Fleet, id: string, alarm: TestAlarm) => Promise<unknown>];
const STOPS: readonly Stop[] = [
  ["by an alarm", async (fleet, _id, alarm) => {
    alarm.state = "ALARM";
    await readAgain(fleet);
  }],
  ["by a request that asks for it", (fleet, id) => fleet.engine.stopDeployment(id, true)],
];

function stopped(
  title: string,
  body: (
    fleet: Fleet,
    id: string,
    stop: () => Promise<unknown>,
    serving: () => string,
  ) => Promise<void>,
): void {
  for (const [how, stop] of STOPS) {
    blueGreenTest(`spec 8 EC2 BG rollback: stopped ${how} ${title}`, BOTH_WAITS, async (
      fleet,
      balancer,
    ) => {
      const alarm = new TestAlarm();
      fleet.plugins = [...fleet.plugins, alarm.plugin];
      const errors = { kind: "alarm", name: "errors", plugin: "test", config: {} } as const;
      await fleet.store.commit((tx) => putIntegration(tx, errors, fleet.now));
      fleet.restart();
      const id = await ready(fleet);
      const serving = () =>
        [...GREEN_NOW, ...BLUE].filter((host) => !balancer.blocked.has(host)).join(" ");
      await body(fleet, id, () => stop(fleet, id, alarm), serving);
    }, { ...ON_ALARM, alarmConfiguration: ALARMS });
  }
}

stopped("while Ready: no traffic was shifted, blue serves", async (fleet, id, stop, serving) => {
  await stop();
  const { rollback } = await fleet.ended(id);
  assert.match(fleet.show(id), /^KKKK Stopped/);
  assert.deepEqual(rollback, { rollbackMessage: NOTHING_SHIFTED });
  assert.equal(serving(), "web-3 web-4");
  assert.deepEqual(fleet.group().liveHosts, BLUE);
});

stopped("while green gets its traffic: green gives it up", async (fleet, id, stop, serving) => {
  await goOn(fleet, id, "READY_WAIT");
  await twice(fleet, ["web-1"]);
  await stop();
  await carryOut(fleet, "web-2");
  const { rollback } = await fleet.ended(id);
  assert.match(fleet.show(id), /^SFKK Stopped/);
  await twice(fleet, ["web-1"]);
  const back = await fleet.ended(rollback.rollbackDeploymentId ?? "");
  assert.equal(fleet.show(back.id), "S Succeeded");
  assert.equal(serving(), "web-3 web-4");
  assert.deepEqual(fleet.group().liveHosts, BLUE);
});

stopped(
  "while blue waits for its end: blue gets its traffic back",
  async (fleet, id, stop, serving) => {
    await goOn(fleet, id, "READY_WAIT");
    await twice(fleet, GREEN_NOW);
    await twice(fleet, BLUE);
    await fleet.settled();
    assert.equal(fleet.show(id), "SSYY InProgress");
    await stop();
    const { rollback } = await fleet.ended(id);
    assert.match(fleet.show(id), /^SSKK Stopped/);
    await twice(fleet, BLUE);
    await twice(fleet, GREEN_NOW);
    const back = await fleet.ended(rollback.rollbackDeploymentId ?? "");
    assert.equal(fleet.show(back.id), "SSSS Succeeded");
    assert.equal(serving(), "web-3 web-4");
    assert.deepEqual(fleet.group().liveHosts, BLUE);
  },
);

stopped("once blue is ended: green keeps the traffic", async (fleet, id, stop, serving) => {
  await goOn(fleet, id, "READY_WAIT");
  await twice(fleet, GREEN_NOW);
  await twice(fleet, BLUE);
  fleet.now += 60 * MINUTE;
  fleet.engine.tick();
  await fleet.settled();
  await carryOut(fleet, "web-3");
  await stop();
  await carryOut(fleet, "web-4");
  const { rollback } = await fleet.ended(id);
  assert.match(fleet.show(id), /^SSS[SF] Stopped/);
  assert.match(rollback.rollbackMessage ?? "", /ended already, so their traffic cannot go back/);
  assert.equal(serving(), "web-1 web-2");
  assert.deepEqual(fleet.group().liveHosts, GREEN_NOW);
});
