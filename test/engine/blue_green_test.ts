/** Blue/green deployments over hosts that are there already (spec 4.1, 7, 8). @module */
import assert from "node:assert/strict";
import type { GroupSettings } from "../../core/domain/deployment_group.ts";
import { carryOut, eventsOf } from "./balanced_fleet.ts";
import {
  allow,
  ASK,
  block,
  blueGreenTest,
  GREEN,
  install,
  KEEP,
  TERMINATE,
} from "./blue_green_fleet.ts";

blueGreenTest("green is installed, gets the traffic, blue gives it up and is kept", KEEP, async (
  fleet,
  balancer,
) => {
  const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
  await install(fleet);
  await allow(fleet);
  await block(fleet);
  const ended = await fleet.ended(id);
  assert.equal(ended.status, "Succeeded");
  assert.equal(ended.terminationWait, undefined);
  assert.deepEqual([...balancer.blocked].sort(), ["web-1", "web-2"]);
  assert.deepEqual(fleet.group().liveHosts, ["web-3", "web-4"]);
  assert.match(eventsOf(fleet, id, "web-3"), /^Succeeded ApplicationStop:Succeeded/);
  assert.equal(fleet.targets(id).map(({ label }) => label).join(), "Blue,Blue,Green,Green");
});

blueGreenTest(
  "Ready waits for ContinueDeployment, across a restart",
  ASK,
  async (fleet, balancer) => {
    const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
    await install(fleet);
    await fleet.settled();
    assert.equal(fleet.show(id), "PPYY Ready");
    fleet.restart();
    await fleet.settled();
    assert.equal(fleet.show(id), "PPYY Ready");
    assert.deepEqual(balancer.asked, []);
    await fleet.engine.continueDeployment(id, "READY_WAIT", "InvalidDeploymentStatusException");
    await allow(fleet);
    await block(fleet);
    assert.equal((await fleet.ended(id)).status, "Succeeded");
  },
);

blueGreenTest("a Ready wait that runs out stops the deployment, with AWS's words", ASK, async (
  fleet,
) => {
  const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
  await install(fleet);
  await fleet.settled();
  fleet.now += 29 * 60_000;
  fleet.engine.tick();
  await fleet.settled();
  assert.equal(fleet.engine.deployment(id).status, "Ready");
  fleet.now += 60_000;
  fleet.engine.tick();
  const { error } = await fleet.ended(id);
  assert.equal(fleet.show(id), "KKKK Stopped TIMEOUT");
  assert.equal(
    error?.message,
    "The deployment timed out while waiting for a notification to continue. This time out period " +
      "is 30 minutes.",
  );
});

blueGreenTest("blue is ended after the wait, which may be cut short", TERMINATE, async (fleet) => {
  const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
  await install(fleet);
  await allow(fleet);
  await block(fleet);
  await fleet.settled();
  const waiting = fleet.engine.deployment(id);
  assert.equal(fleet.show(id), "YYSS InProgress", "trap 28: InProgress during the wait");
  assert.equal(waiting.terminationWait?.startedAt, fleet.now);
  await fleet.engine.continueDeployment(id, "TERMINATION_WAIT", "InvalidDeploymentStatusException");
  for (const host of ["web-1", "web-2"]) {
    assert.equal(await carryOut(fleet, host), "ApplicationStop");
  }
  assert.equal((await fleet.ended(id)).status, "Succeeded");
});

blueGreenTest("the wait for blue's end is over by itself", TERMINATE, async (fleet) => {
  const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
  await install(fleet);
  await allow(fleet);
  await block(fleet);
  await fleet.settled();
  fleet.now += 60 * 60_000;
  fleet.engine.tick();
  for (const host of ["web-1", "web-2"]) await carryOut(fleet, host);
  assert.equal((await fleet.ended(id)).status, "Succeeded");
});

blueGreenTest(
  "a canary holds with the first host that is installed, and with the first that serves",
  KEEP,
  async (
    fleet,
    balancer,
  ) => {
    await fleet.useStrategy("canary", { steps: [{ hosts: 1 }, { bake: "5m" }] });
    const id = await fleet.deploy("v1.zip", {
      targetInstances: GREEN,
      deploymentConfigName: "mine",
    });
    const bake = async () => {
      await fleet.settled();
      assert.equal(fleet.engine.deployment(id).status, "Baking");
      fleet.now += 5 * 60_000;
      fleet.engine.tick();
    };
    assert.match(await carryOut(fleet, "web-3"), /ValidateService$/);
    await bake();
    assert.match(await carryOut(fleet, "web-4"), /ValidateService$/);
    assert.equal(await carryOut(fleet, "web-3"), "BeforeAllowTraffic");
    assert.equal(await carryOut(fleet, "web-3"), "AfterAllowTraffic");
    await bake();
    assert.deepEqual(balancer.asked, ["allow web-3"]);
    await carryOut(fleet, "web-4");
    await carryOut(fleet, "web-4");
    await block(fleet);
    assert.equal((await fleet.ended(id)).status, "Succeeded");
  },
  {},
);

const BACK: GroupSettings = {
  autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
};

blueGreenTest(
  "spec 4.1 way back: blue gets its traffic again, then green gives it up",
  KEEP,
  async (fleet, balancer) => {
    const first = await fleet.deploy("v1.zip", { targetInstances: GREEN });
    await install(fleet);
    await allow(fleet);
    await block(fleet);
    await fleet.ended(first);
    // Now web-3 and web-4 serve; back to web-1 and web-2 with the next version.
    await fleet.tag("stack", "other", "web-1", "web-2");
    const other = {
      tagFilters: [{ Key: "stack", Value: "other", Type: "KEY_AND_VALUE" as const }],
    };
    const bad = await fleet.deploy("v2.zip", { targetInstances: other });
    for (const host of ["web-1", "web-2"]) await carryOut(fleet, host);
    for (const host of ["web-1", "web-2"]) {
      await carryOut(fleet, host);
      await carryOut(fleet, host);
    }
    await carryOut(fleet, "web-3");
    await carryOut(fleet, "web-3");
    await carryOut(fleet, "web-4");
    await carryOut(fleet, "web-4", "AfterBlockTraffic");
    const failed = await fleet.ended(bad);
    assert.equal(failed.status, "Failed");
    assert.match(failed.error?.message ?? "", /1 of 2 hosts did not give up their traffic/);
    const back = failed.rollback.rollbackDeploymentId ?? "";
    balancer.asked.length = 0;
    for (const host of ["web-3", "web-4"]) {
      assert.equal(await carryOut(fleet, host), "BeforeAllowTraffic");
      assert.equal(await carryOut(fleet, host), "AfterAllowTraffic");
    }
    await block(fleet);
    assert.equal((await fleet.ended(back)).status, "Succeeded");
    assert.deepEqual(balancer.asked.toSorted(), [
      "allow web-3",
      "allow web-4",
      "block web-1",
      "block web-2",
    ]);
    assert.deepEqual([...balancer.blocked].sort(), ["web-1", "web-2"]);
    assert.deepEqual(fleet.group().liveHosts, ["web-3", "web-4"]);
  },
  BACK,
);

blueGreenTest("a failure before the traffic leaves blue as it is, and says so", KEEP, async (
  fleet,
  balancer,
) => {
  const id = await fleet.deploy("v1.zip", { targetInstances: GREEN });
  await carryOut(fleet, "web-3", "ApplicationStart");
  await carryOut(fleet, "web-4", "ApplicationStart");
  const { rollback } = await fleet.ended(id);
  assert.equal(fleet.show(id), "KKFF Failed HEALTH_CONSTRAINTS");
  assert.match(rollback.rollbackMessage ?? "", /No traffic was shifted/);
  assert.deepEqual(balancer.asked, []);
}, BACK);
