/** The statuses of targets and of their events, and the overview's sums (spec 2.2, 2.3, 2.5). @module */
import assert from "node:assert/strict";
import { type DeploymentOverview, NO_TARGETS } from "../../core/domain/deployment.ts";
import { IN_PLACE_EVENTS } from "../../core/domain/lifecycle_event.ts";
import type { Order } from "../../core/wire/agent_protocol.ts";
import { show } from "../rollout/letters.ts";
import { alarmedTest, readAgain } from "./alarmed_fleet.ts";
import { carryOut } from "./balanced_fleet.ts";
import { allow, ASK, block, blueGreenTest, GREEN } from "./blue_green_fleet.ts";
import { type Fleet, fleetTest } from "./fleet.ts";

/** Each host with its events, as the store has them: `Failed SSFKKKK`. */
function hosts(fleet: Fleet, id: string): string[] {
  return fleet.targets(id).map(show);
}

fleetTest("spec 2.2 Pending, InProgress, Succeeded: one host after the other", {
  hosts: 3,
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  await fleet.settled();
  assert.deepEqual(hosts(fleet, id), ["InProgress PPPPPPP", "Pending PPPPPPP", "Pending PPPPPPP"]);
  const order = await fleet.take("web-1");
  await fleet.progress(order, "SR");
  assert.deepEqual(hosts(fleet, id), ["InProgress SRPPPPP", "Pending PPPPPPP", "Pending PPPPPPP"]);
  await fleet.finish(order);
  assert.deepEqual(hosts(fleet, id), [
    "Succeeded SSSSSSS",
    "InProgress PPPPPPP",
    "Pending PPPPPPP",
  ]);
});

fleetTest("spec 2.2 Failed, Skipped: the deployment ended before the others were attempted", {
  hosts: 3,
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  await fleet.run("web-1", "SSSF");
  await fleet.ended(id);
  assert.deepEqual(hosts(fleet, id), ["Failed SSSFKKK", "Skipped KKKKKKK", "Skipped KKKKKKK"]);
});

blueGreenTest(
  "spec 2.2 Ready: a green host is installed and waits for traffic",
  ASK,
  async (fleet) => {
    const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
    await carryOut(fleet, "web-3");
    await fleet.settled();
    assert.equal(fleet.show(id), "PPYR InProgress");
  },
);

fleetTest("spec 2.3 Pending: all events are listed from the start, before any is begun", {
  hosts: 1,
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  await fleet.settled();
  const [target] = fleet.targets(id);
  assert.deepEqual(target?.events, IN_PLACE_EVENTS.map((name) => ({ name, status: "Pending" })));
});

type Play = (fleet: Fleet, id: string, order: Order) => Promise<unknown>;

/** The host is at its fourth event then; an agent that is told to stop ends it first. */
const ENDINGS: readonly [how: string, status: string, play: Play][] = [
  ["a failure", "Failed HEALTH_CONSTRAINTS", (fleet, _id, order) => fleet.finish(order, "SSSF")],
  ["a stop", "Stopped MANUAL_STOP", async (fleet, id, order) => {
    await fleet.engine.stopDeployment(id, false);
    await fleet.finish(order, "SSSF");
  }],
  [
    "a stop, trap 26: though the event ended well",
    "Stopped MANUAL_STOP",
    async (fleet, id, order) => {
      await fleet.engine.stopDeployment(id, false);
      await fleet.finish(order, "SSSS");
    },
  ],
];
for (const [how, status, play] of ENDINGS) {
  fleetTest(`spec 2.3 Failed, Skipped: on ${how}`, { hosts: 2 }, async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    await fleet.progress(order, "SSSR");
    await play(fleet, id, order);
    await fleet.ended(id);
    assert.equal(fleet.show(id), `FK ${status}`);
    assert.deepEqual(hosts(fleet, id), ["Failed SSSFKKK", "Skipped KKKKKKK"]);
    assert.notEqual(fleet.targets(id)[0]?.events[3]?.diagnostics?.message ?? "", "");
  });
}

alarmedTest(
  "spec 2.3 Failed, Skipped: on an alarm, trap 26",
  { hosts: 2 },
  async (fleet, alarm) => {
    const id = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    await fleet.progress(order, "SSSR");
    alarm.state = "ALARM";
    await readAgain(fleet);
    assert.deepEqual(await fleet.look("web-1", order.commandId), { cancel: [order.commandId] });
    assert.equal(fleet.show(id), "RK InProgress", "the event that runs may end");
    await fleet.finish(order, "SSSS");
    await fleet.ended(id);
    assert.equal(fleet.show(id), "FK Stopped ALARM_ACTIVE");
    assert.deepEqual(hosts(fleet, id), ["Failed SSSFKKK", "Skipped KKKKKKK"]);
  },
);

/** The overview of the deployment, after it was held against its targets. */
function summed(fleet: Fleet, id: string): string {
  const { overview } = fleet.engine.deployment(id);
  const targets = fleet.targets(id);
  const counted: DeploymentOverview = { ...NO_TARGETS };
  for (const { status } of targets) if (status !== "Unknown") counted[status]++;
  assert.deepEqual(overview, counted);
  const sum = Object.values(overview).reduce((one, other) => one + other, 0);
  assert.equal(sum, targets.length, "every target is in one bucket");
  return Object.entries(overview).flatMap(([name, hosts]) => hosts > 0 ? `${name} ${hosts}` : [])
    .join(", ");
}

fleetTest("spec 2.5 in place: the overview is the number of targets per status, at any time", {
  hosts: 5,
  deploymentConfigName: "CodeDeployDefault.HalfAtATime",
}, async (fleet) => {
  fleet.busyGroup = "queue";
  fleet.restart();
  const id = await fleet.deploy("v1.zip");
  const later = await fleet.deploy("v2.zip");
  await fleet.settled();
  assert.equal(summed(fleet, later), "", "nobody is a target before it begins");
  assert.equal(summed(fleet, id), "Pending 3, InProgress 2");
  const [one, two] = [await fleet.take("web-1"), await fleet.take("web-2")];
  await fleet.finish(one);
  assert.equal(summed(fleet, id), "Pending 2, InProgress 2, Succeeded 1");
  await fleet.finish(two, "F");
  assert.equal(summed(fleet, id), "Pending 2, InProgress 1, Succeeded 1, Failed 1");
  await fleet.run("web-3", "F");
  await fleet.ended(id);
  assert.equal(summed(fleet, id), "Succeeded 1, Failed 2, Skipped 2");
});

blueGreenTest("spec 2.5 blue/green: hosts that wait for the next stage are Ready", ASK, async (
  fleet,
) => {
  const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
  await carryOut(fleet, "web-3");
  assert.equal(summed(fleet, id), "Pending 2, InProgress 1, Ready 1");
  await carryOut(fleet, "web-4");
  await fleet.settled();
  assert.equal(summed(fleet, id), "Pending 2, Ready 2");
  await fleet.engine.continueDeployment(id, "READY_WAIT", "InvalidDeploymentStatusException");
  await allow(fleet);
  await fleet.settled();
  assert.equal(summed(fleet, id), "InProgress 2, Succeeded 2");
  await block(fleet);
  await fleet.ended(id);
  assert.equal(summed(fleet, id), "Succeeded 4");
});
