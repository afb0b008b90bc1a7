import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeploymentStatus } from "../../core/domain/deployment.ts";
import type { ComputePlatform } from "../../core/domain/name.ts";
import { findHookExecution, insertHookExecution } from "../../core/store/hook_executions.ts";
import { request } from "../rollout/letters.ts";
import { type Refusal, testRefusalsOf } from "./refusals.ts";
import { nthDeployment, openShop, putDeployment, type Shop, START } from "./shop.ts";

const ID = nthDeployment(0);
const OTHER = nthDeployment(1);
const EXECUTION = "eyJlbmNyeXB0ZWREYXRhIjoi";
const OPERATION = "PutLifecycleEventHookExecutionStatus";
const report = (changes: object = {}) => ({
  deploymentId: ID,
  lifecycleEventHookExecutionId: EXECUTION,
  status: "Succeeded",
  ...changes,
});

/** A Lambda deployment whose validation function was called, and another one. */
async function openCalled(
  platform: ComputePlatform = "Lambda",
  status: DeploymentStatus = "InProgress",
): Promise<Shop> {
  const shop = await openShop(0);
  for (const [id, how] of [[ID, status], [OTHER, "InProgress"]] as const) {
    await putDeployment(shop, {
      id,
      status: how,
      request: { ...request(), computePlatform: platform },
    });
  }
  await shop.context.store.commit((tx) =>
    insertHookExecution(tx, {
      id: EXECUTION,
      deploymentId: ID,
      targetId: "resize:live",
      event: "BeforeAllowTraffic",
      invokedAt: START,
    })
  );
  return shop;
}

for (const status of ["Succeeded", "Failed"]) {
  test(`a function reports ${status} once, and is echoed its execution id`, async () => {
    await using shop = await openCalled();
    const answer = await shop.call(OPERATION, report({ status }));
    assert.deepEqual(answer, { lifecycleEventHookExecutionId: EXECUTION });
    const kept = findHookExecution(shop.context.store.read, EXECUTION);
    assert.equal(kept?.report?.status, status);
    for (const again of ["Succeeded", "Failed"]) {
      const type = "LifecycleEventAlreadyCompletedException";
      await shop.refuses(OPERATION, report({ status: again }), type, new RegExp(EXECUTION));
    }
  });
}

test("of two reports at the same time one is taken and the other refused", async () => {
  await using shop = await openCalled();
  const both = await Promise.allSettled([
    shop.call(OPERATION, report()),
    shop.call(OPERATION, report({ status: "Failed" })),
  ]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

for (const status of ["Succeeded", "Failed", "Stopped"] as const) {
  test(`a report that comes after the deployment has ${status} is too late`, async () => {
    await using shop = await openCalled("Lambda", status);
    await shop.refuses(OPERATION, report(), "LifecycleEventAlreadyCompletedException");
  });
}

test("a Server deployment has no functions that report", async () => {
  await using shop = await openCalled("Server");
  await shop.refuses(OPERATION, report(), "UnsupportedActionForDeploymentTypeException", /Server/);
});

test("the calls of a deployment go with its application", async () => {
  await using shop = await openCalled();
  await shop.call("DeleteApplication", { applicationName: "shop" });
  assert.deepEqual(shop.dump()["hook_executions"], []);
});

const BAD_ID = "InvalidLifecycleEventHookExecutionId";
const BAD_STATUS = "InvalidLifecycleEventHookExecutionStatus";
const refusals: [changes: object, type: string, message?: RegExp][] = [
  [{ deploymentId: undefined }, "DeploymentIdRequired"],
  [{ deploymentId: "d-1" }, "InvalidDeploymentId"],
  [{ deploymentId: "d-ZZZZZZZZZ" }, "DeploymentDoesNotExist"],
  [{ lifecycleEventHookExecutionId: undefined }, BAD_ID],
  [{ lifecycleEventHookExecutionId: "" }, BAD_ID],
  [{ lifecycleEventHookExecutionId: "never" }, BAD_ID, /never/],
  [{ deploymentId: OTHER }, BAD_ID, new RegExp(OTHER)],
  [{ status: undefined }, BAD_STATUS],
  [{ status: "InProgress" }, BAD_STATUS],
  [{ status: "Skipped" }, BAD_STATUS],
  [{ status: 1 }, "Serialization"],
];
testRefusalsOf(
  refusals.map(([changes, type, message]): Refusal => [OPERATION, report(changes), type, message]),
  () => openCalled(),
);
