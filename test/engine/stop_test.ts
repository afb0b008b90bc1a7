/** StopDeployment by what it finds (spec 2.4): its answer, and what becomes of the deployment. @module */
import assert from "node:assert/strict";
import { alarmedTest } from "./alarmed_fleet.ts";
import { balancedTest, end, eventsOf } from "./balanced_fleet.ts";
import { allow, ASK, block, blueGreenTest, GREEN, install, TERMINATE } from "./blue_green_fleet.ts";
import { type Fleet, fleetTest, refused } from "./fleet.ts";

const MINUTE = 60_000;

/** What the deployment is when it is stopped, what the stop is answered, and what is then. */
type Row = [found: string, answer: string, then: string, play: (fleet: Fleet) => Promise<string>];

const over = refused("DeploymentAlreadyCompletedException", /already ended/);

async function stop(fleet: Fleet, id: string): Promise<string> {
  const { status, statusMessage } = await fleet.engine.stopDeployment(id, false);
  assert.match(statusMessage, status === "Succeeded" ? /^No more events/ : /^Waiting for/);
  return status;
}

const ROWS: readonly Row[] = [
  [
    "Queued",
    "Succeeded",
    " Stopped MANUAL_STOP",
    (fleet) => fleet.deploy("v1.zip", { startAt: fleet.now + MINUTE }),
  ],
  ["InProgress, an order is not taken yet", "Pending", "RK InProgress", async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    await fleet.poll("web-1");
    return id;
  }],
  ["InProgress, an event runs", "Pending", "RK InProgress", async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    await fleet.progress(await fleet.take("web-1"), "SSR");
    return id;
  }],
  ["InProgress, paused between two hosts", "Succeeded", "SK Stopped MANUAL_STOP", async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    await fleet.engine.intervene(id, { kind: "pause" }, "somebody");
    await fleet.finish(order);
    return id;
  }],
  ["Baking", "Succeeded", "SK Stopped MANUAL_STOP", async (fleet) => {
    await fleet.useStrategy("canary", { steps: [{ hosts: 1 }, { bake: "5m" }] });
    fleet.restart();
    const id = await fleet.deploy("v1.zip", { deploymentConfigName: "mine" });
    await fleet.run("web-1");
    await fleet.settled();
    assert.equal(fleet.engine.deployment(id).status, "Baking");
    return id;
  }],
];
for (const [found, answer, then, play] of ROWS) {
  fleetTest(`spec 2.4 ${found}: ${answer}`, { hosts: 2 }, async (fleet) => {
    const id = await play(fleet);
    assert.equal(await stop(fleet, id), answer);
    assert.equal(fleet.show(id), then);
    assert.equal(await stop(fleet, id), answer, "asked again, it is the same");
  });
}

fleetTest("spec 2.4 the running event ends, then it is Succeeded: nothing is killed", {
  hosts: 2,
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const order = await fleet.take("web-1");
  await fleet.progress(order, "SSR");
  assert.equal(await stop(fleet, id), "Pending");
  assert.equal(await fleet.progress(order, "SSS"), "InProgress", "its reports are wanted still");
  assert.equal(await stop(fleet, id), "Pending");
  await fleet.finish(order, "SSS");
  assert.equal(await stop(fleet, id), "Succeeded");
  assert.equal(fleet.show(id), "FK Stopped MANUAL_STOP");
});

fleetTest(
  "spec 2.4 the running event times out: then it is Succeeded",
  { hosts: 2 },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    await fleet.progress(await fleet.take("web-1"), "SSR");
    assert.equal(await stop(fleet, id), "Pending");
    fleet.now += 60 * MINUTE;
    fleet.engine.tick();
    await fleet.ended(id);
    assert.equal(await stop(fleet, id), "Succeeded");
    assert.equal(fleet.show(id), "FK Stopped MANUAL_STOP");
  },
);

const FAILING: readonly [what: string, letters: string, ends: string][] = [
  ["Succeeded", "SSSSSSS", "S Succeeded"],
  ["Failed", "SSF", "F Failed HEALTH_CONSTRAINTS"],
];
for (const [what, letters, ends] of FAILING) {
  fleetTest(`spec 2.4 ${what}: DeploymentAlreadyCompleted`, { hosts: 1 }, async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    await fleet.run("web-1", letters);
    await fleet.ended(id);
    for (const rollback of [true, false]) {
      await assert.rejects(fleet.engine.stopDeployment(id, rollback), over);
    }
    assert.equal(fleet.show(id), ends);
  });
}

alarmedTest("spec 2.4 Stopped by an alarm: Succeeded", { hosts: 1 }, async (fleet, alarm) => {
  alarm.state = "ALARM";
  const id = await fleet.deploy("v1.zip");
  await fleet.ended(id);
  assert.equal(await stop(fleet, id), "Succeeded");
  assert.equal(fleet.engine.deployment(id).error?.code, "ALARM_ACTIVE");
});

blueGreenTest(
  "spec 2.4 Ready: Succeeded, and blue keeps its traffic",
  ASK,
  async (fleet, balancer) => {
    const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
    await install(fleet);
    await fleet.settled();
    assert.equal(await stop(fleet, id), "Succeeded");
    assert.equal(fleet.show(id), "KKKK Stopped MANUAL_STOP");
    assert.deepEqual(balancer.asked, []);
  },
);

blueGreenTest("spec 2.4 Stopped as nobody continued it: DeploymentAlreadyCompleted", ASK, async (
  fleet,
) => {
  const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
  await install(fleet);
  fleet.now += 30 * MINUTE;
  fleet.engine.tick();
  await fleet.ended(id);
  await assert.rejects(fleet.engine.stopDeployment(id, false), over);
});

blueGreenTest(
  "spec 2.4 in the wait for blue's end: Succeeded, green serves and blue is left",
  TERMINATE,
  async (
    fleet,
    balancer,
  ) => {
    const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
    await install(fleet);
    await allow(fleet);
    await block(fleet);
    await fleet.settled();
    assert.equal(await stop(fleet, id), "Succeeded");
    assert.equal(fleet.show(id), "KKSS Stopped MANUAL_STOP");
    assert.deepEqual([...balancer.blocked].sort(), ["web-1", "web-2"]);
    assert.deepEqual(fleet.group().liveHosts, ["web-3", "web-4"]);
  },
);

balancedTest("spec 2.4 the balancer is at work: Pending until it has answered", {
  hosts: 2,
  deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITH_TRAFFIC_CONTROL" },
}, async (fleet, balancer) => {
  const id = await fleet.deploy("v1.zip");
  const order = await fleet.take("web-1");
  let answer = () => {};
  balancer.held = new Promise<void>((resolve) => answer = resolve);
  await end(fleet, order);
  assert.match(eventsOf(fleet, id, "web-1"), / BlockTraffic:InProgress /);
  assert.equal(await stop(fleet, id), "Pending");
  answer();
  await fleet.ended(id);
  assert.equal(await stop(fleet, id), "Succeeded");
  assert.match(eventsOf(fleet, id, "web-1"), / BlockTraffic:Failed AfterBlockTraffic:Skipped/);
});
