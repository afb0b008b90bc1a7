/**
 * The lifecycle events of each flow of hosts, in their order (spec 4.1): as they are listed from the
 * start, and as they were asked for, by host and by balancer. Flows of Auto Scaling, ECS and Lambda
 * are not built.
 * @module
 */
import assert from "node:assert/strict";
import type { GroupSettings } from "../../core/domain/deployment_group.ts";
import { LifecycleEventName, SERVER_EVENTS } from "../../core/domain/lifecycle_event.ts";
import { balancedTest, carryOut, end, hasOrder } from "./balanced_fleet.ts";
import { blueGreenTest, GREEN, KEEP, TERMINATE } from "./blue_green_fleet.ts";
import { type Fleet, fleetTest } from "./fleet.ts";

const BLOCK = "BeforeBlockTraffic BlockTraffic AfterBlockTraffic";
const ALLOW = "BeforeAllowTraffic AllowTraffic AfterAllowTraffic";
const SEVEN =
  "ApplicationStop DownloadBundle BeforeInstall Install AfterInstall ApplicationStart " +
  "ValidateService";

/** The events that a host of the deployment has, all Pending still or not. */
function listed(fleet: Fleet, id: string, host: string): string {
  const target = fleet.targets(id).find((target) => target.id === host);
  return target?.events.map(({ name }) => name).join(" ") ?? "";
}

/** Carries out what hosts are asked until the deployment ends; answers what each did, in order. */
async function course(fleet: Fleet, id: string): Promise<string[]> {
  const done: string[] = [];
  await fleet.settled();
  const hosts = fleet.targets(id).map((target) => target.id);
  for (let idle = 0; idle < 3; idle++) {
    for (const host of hosts) {
      if (!hasOrder(fleet, id, host)) continue;
      done.push(`${host} ${await carryOut(fleet, host)}`);
      idle = 0;
    }
    await fleet.settled();
  }
  return done;
}

/** Each host on its own, its events one after the other as they ended. */
function ended(fleet: Fleet, id: string, host: string): string {
  const target = fleet.targets(id).find((target) => target.id === host);
  return target?.events.map(({ name, status }) =>
    status === "Succeeded" ? name : `${name}:${status}`
  )
    .join(" ") ?? "";
}

fleetTest(
  "spec 4.1 in place, no balancer: seven events in one order",
  { hosts: 1 },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    await fleet.settled();
    assert.equal(listed(fleet, id, "web-1"), SEVEN);
    assert.deepEqual(await course(fleet, id), [`web-1 ${SEVEN}`]);
    assert.equal(ended(fleet, id, "web-1"), SEVEN);
  },
);

const BALANCED: GroupSettings = {
  deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITH_TRAFFIC_CONTROL" },
  autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
};
balancedTest("spec 4.1 in-place rollback: the whole flow again, balancer and all", {
  hosts: 1,
  ...BALANCED,
}, async (fleet, balancer) => {
  await course(fleet, await fleet.deploy("v1.zip"));
  const bad = await fleet.deploy("v2.zip");
  await carryOut(fleet, "web-1");
  await carryOut(fleet, "web-1", "ValidateService");
  const back = (await fleet.ended(bad)).rollback.rollbackDeploymentId ?? "";
  balancer.asked.length = 0;
  await fleet.settled();
  assert.equal(listed(fleet, back, "web-1"), `${BLOCK} ${SEVEN} ${ALLOW}`);
  assert.deepEqual(await course(fleet, back), [
    "web-1 BeforeBlockTraffic",
    `web-1 AfterBlockTraffic ${SEVEN} BeforeAllowTraffic`,
    "web-1 AfterAllowTraffic",
  ]);
  assert.deepEqual(balancer.asked, ["block web-1", "allow web-1"]);
});

const BLUE = [
  ["kept", KEEP, BLOCK, []],
  ["ended", TERMINATE, `${BLOCK} ApplicationStop`, [
    "web-1 ApplicationStop",
    "web-2 ApplicationStop",
  ]],
] as const;
for (const [what, blueGreen, blueEvents, last] of BLUE) {
  blueGreenTest(
    `spec 4.1 blue/green, blue is ${what}: green first, then the original`,
    blueGreen,
    async (
      fleet,
      balancer,
    ) => {
      const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
      await fleet.settled();
      assert.equal(listed(fleet, id, "web-1"), blueEvents);
      assert.equal(listed(fleet, id, "web-3"), `${SEVEN} ${ALLOW}`);
      const done = await course(fleet, id);
      assert.deepEqual(done, [
        `web-3 ${SEVEN}`,
        `web-4 ${SEVEN}`,
        "web-3 BeforeAllowTraffic",
        "web-4 BeforeAllowTraffic",
        "web-3 AfterAllowTraffic",
        "web-4 AfterAllowTraffic",
        "web-1 BeforeBlockTraffic",
        "web-2 BeforeBlockTraffic",
        "web-1 AfterBlockTraffic",
        "web-2 AfterBlockTraffic",
      ]);
      assert.deepEqual(balancer.asked, [
        "allow web-3",
        "allow web-4",
        "block web-1",
        "block web-2",
      ]);
      fleet.now += 60 * 60_000;
      fleet.engine.tick();
      await fleet.settled();
      assert.deepEqual(await course(fleet, id), last);
      assert.equal((await fleet.ended(id)).status, "Succeeded");
      assert.equal(ended(fleet, id, "web-3"), `${SEVEN} ${ALLOW}`);
      assert.equal(ended(fleet, id, "web-1"), blueEvents);
    },
  );
}

balancedTest("spec 4.1 BlockTraffic and AllowTraffic are the server's, all others a host's", {
  hosts: 1,
  ...BALANCED,
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const asked: string[] = [];
  for (let leg = 0; leg < 3; leg++) {
    const order = await fleet.take("web-1");
    asked.push(...order.events);
    await end(fleet, order);
  }
  await fleet.ended(id);
  const others = LifecycleEventName.options.filter((name) => !SERVER_EVENTS.has(name));
  assert.deepEqual([...SERVER_EVENTS], ["BlockTraffic", "AllowTraffic"]);
  assert.deepEqual(asked, others);
});
