import assert from "node:assert/strict";
import { test } from "node:test";
import { deploymentCauses } from "../../core/store/schema.ts";
import { ExplainDeploymentOutput } from "../../core/wire/explain_api.ts";
import { RUNTIME_TARGET_PREFIX } from "../../core/wire/runtime_api.ts";
import { GROUP, nthDeployment, openShop, type Shop } from "./shop.ts";

const TARGET = RUNTIME_TARGET_PREFIX + "ExplainDeployment";
const RULE = "1 of 1 host failed, at least one must succeed";

async function explain(shop: Shop, deploymentId: string) {
  return ExplainDeploymentOutput.parse(await shop.target(TARGET, { deploymentId }, "viewer"));
}

test("a running deployment is explained by its hosts, a failed one by its cause", async () => {
  await using shop = await openShop(1);
  const id = await shop.deploy("v1.zip");
  const order = await shop.hosts[0]!.take();
  const running = await explain(shop, id);
  assert.deepEqual([running.status, running.cause], ["InProgress", undefined]);
  assert.match(running.state[0] ?? "", /^web-1 has not begun ApplicationStop since 2026-11-25 00:/);
  await shop.hosts[0]!.complete(order, "SSSF");
  const { errorInformation } = await shop.ended(id);
  const failed = await explain(shop, id);
  assert.deepEqual([failed.status, failed.error], ["Failed", errorInformation]);
  assert.equal(failed.cause?.text, RULE);
  assert.equal(failed.cause?.because?.[0]?.text, "web-1 failed Install");
  assert.ok(errorInformation.message.startsWith(`${RULE}: web-1 failed Install (`));
  assert.deepEqual(failed.next.slice(0, 1), [`runtime logs ${id} --host web-1`]);
});

test("what ended before causes were kept is explained from its hosts", async () => {
  await using shop = await openShop(1);
  const id = await shop.deploy("v1.zip");
  await shop.hosts[0]!.run("SSSF");
  await shop.ended(id);
  const kept = await explain(shop, id);
  await shop.context.store.commit((tx) => tx.delete(deploymentCauses).run());
  assert.deepEqual(await explain(shop, id), kept);
});

test("the cause goes with its application", async () => {
  await using shop = await openShop(1);
  const id = await shop.deploy("v1.zip");
  await shop.hosts[0]!.run("F");
  await shop.ended(id);
  const causes = () => shop.context.store.read.select().from(deploymentCauses).all().length;
  assert.equal(causes(), 1);
  await shop.call("DeleteApplication", { applicationName: GROUP.applicationName });
  assert.equal(causes(), 0);
});

const refusals: [deploymentId: string | undefined, type: string][] = [
  [undefined, "DeploymentIdRequiredException"],
  ["d-1", "InvalidDeploymentIdException"],
  [nthDeployment(7), "DeploymentDoesNotExistException"],
];
for (const [deploymentId, type] of refusals) {
  test(`ExplainDeployment refuses ${deploymentId} as ${type}`, async () => {
    await using shop = await openShop(0);
    await shop.refusal(() => shop.target(TARGET, { deploymentId }, "viewer"), type);
  });
}
