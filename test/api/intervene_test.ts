/** People in a rollout, by the API: what they do, and what is answered of what it waits for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { RUNTIME_TARGET_PREFIX } from "../../core/wire/runtime_api.ts";
import { openShop, type Shop } from "./shop.ts";

const ANY_DEPLOYER = "arn:aws:iam::000000000000:user/deployer";

/** A deployment of two hosts that waits for an approval behind the first. */
async function waiting(shop: Shop): Promise<string> {
  await shop.target(`${RUNTIME_TARGET_PREFIX}PutStrategyConfig`, {
    ...{ deploymentConfigName: "asked", strategy: "canary" },
    config: { steps: [{ hosts: 1 }, { approval: "release", within: "1h" }] },
  });
  const id = await shop.deploy("v1.zip", { deploymentConfigName: "asked" });
  await shop.hosts[0]!.run();
  return id;
}

async function messages(shop: Shop, deploymentId: string): Promise<unknown> {
  const { deploymentInfo } = await shop.call("GetDeployment", { deploymentId });
  const { deploymentsInfo } = await shop.call("BatchGetDeployments", {
    deploymentIds: [deploymentId],
  });
  assert.deepEqual(deploymentsInfo, [deploymentInfo]);
  return deploymentInfo.deploymentStatusMessages;
}

test("what a deployment waits for is answered, and who may deploy may end the wait", async () => {
  await using shop = await openShop(2);
  const id = await waiting(shop);
  const approval =
    `Waits for the approval "release" until 2026-11-25 01:00:01 UTC (runtime approve ${id}).`;
  assert.deepEqual(await messages(shop, id), [approval]);

  const ask = (operation: string, more = {}, role: "viewer" | "deployer" = "deployer") =>
    shop.target(RUNTIME_TARGET_PREFIX + operation, { deploymentId: id, ...more }, role);
  await shop.refusal(() => ask("ApproveDeployment", {}, "viewer"), "AccessDeniedException");
  await ask("PauseDeployment", { message: "lunch" });
  const paused = `Is paused by ${ANY_DEPLOYER} since 2026-11-25 00:00:01 UTC: lunch ` +
    `(runtime resume ${id}).`;
  assert.deepEqual(await messages(shop, id), [paused, approval]);

  const streamed = shop.engine.watch(id, () => {});
  streamed.stop();
  const told = streamed.now.find(({ kind }) => kind === "deployment");
  assert.deepEqual(told?.kind === "deployment" && told.statusMessages, [paused, approval]);

  await ask("ApproveDeployment");
  assert.deepEqual(await messages(shop, id), [paused]);
  await ask("ResumeDeployment");
  assert.deepEqual(await messages(shop, id), []);
  await shop.hosts[1]!.run();
  assert.equal((await shop.ended(id)).status, "Succeeded");
});
