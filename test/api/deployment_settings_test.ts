import assert from "node:assert/strict";
import { test } from "node:test";
import { GROUP, nthDeployment, openShop, type Shop } from "./shop.ts";

const BALANCER = { targetGroupInfoList: [{ name: "web" }] };
const BLUE_GREEN = { deploymentReadyOption: { actionOnTimeout: "CONTINUE_DEPLOYMENT" } };
const ALARMS = { enabled: true, ignorePollAlarmFailure: true, alarms: [{ name: "errors" }] };

async function info(shop: Shop) {
  const asked = { deploymentId: nthDeployment(0) };
  return (await shop.call("GetDeployment", asked, "viewer")).deploymentInfo;
}

test("a deployment shows the balancer and blue/green settings its group had at the start", async () => {
  await using shop = await openShop(1, {
    loadBalancerInfo: BALANCER,
    blueGreenDeploymentConfiguration: BLUE_GREEN,
  });
  await shop.deploy("v1.zip");
  await shop.call("UpdateDeploymentGroup", {
    applicationName: GROUP.applicationName,
    currentDeploymentGroupName: GROUP.deploymentGroupName,
    loadBalancerInfo: { elbInfoList: [{ name: "other" }] },
  });
  const shown = await info(shop);
  assert.deepEqual(shown.loadBalancerInfo, BALANCER);
  assert.deepEqual(shown.blueGreenDeploymentConfiguration, BLUE_GREEN);
});

test("the alarms of the group are no override; those of CreateDeployment are", async () => {
  await using shop = await openShop(1, { alarmConfiguration: ALARMS });
  await shop.deploy("v1.zip");
  assert.equal("overrideAlarmConfiguration" in await info(shop), false);
  await using other = await openShop(1);
  await other.deploy("v1.zip", { overrideAlarmConfiguration: ALARMS });
  assert.deepEqual((await info(other)).overrideAlarmConfiguration, ALARMS);
});

test("what a deployment has nothing to say of is left out, not null", async () => {
  await using shop = await openShop(1);
  await shop.deploy("v1.zip");
  const shown = await info(shop);
  for (const [member, value] of Object.entries(shown)) assert.notEqual(value, null, member);
  for (
    const absent of ["deploymentMode", "targetInstances", "loadBalancerInfo", "relatedDeployments"]
  ) {
    assert.equal(absent in shown, false, absent);
  }
});
