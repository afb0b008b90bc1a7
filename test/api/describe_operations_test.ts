import assert from "node:assert/strict";
import { test } from "node:test";
import { DescribeOperationsOutput, RUNTIME_TARGET_PREFIX } from "../../core/wire/runtime_api.ts";
import { openShop, type Shop } from "./shop.ts";

const TARGET = RUNTIME_TARGET_PREFIX + "DescribeOperations";

async function describe(shop: Shop, input: object = {}) {
  return DescribeOperationsOutput.parse(await shop.target(TARGET, input, "viewer"));
}

test("DescribeOperations answers CodeDeploy's operations and ours, itself included", async () => {
  await using shop = await openShop(0);
  const { operations, commonErrors } = await describe(shop);
  const targets = operations.map(({ targetPrefix, name }) => targetPrefix + name);
  assert.ok(targets.includes("CodeDeploy_20141006.CreateDeployment"));
  assert.ok(targets.includes(TARGET));
  assert.equal(new Set(targets).size, targets.length);
  assert.ok(commonErrors.includes("AccessDeniedException"));
});

test("every operation that is described is one that can be called", async () => {
  await using shop = await openShop(0);
  const { operations } = await describe(shop);
  for (const { targetPrefix, name } of operations) {
    const refused: unknown = await shop.target(targetPrefix + name, {}).catch((error) => error);
    assert.doesNotMatch(String(refused), /has no operation/);
  }
});

test("members are told with what is required, and every exception of the operation", async () => {
  await using shop = await openShop(0);
  const { operations } = await describe(shop, { operationNames: ["GetApplication"] });
  const [only, ...others] = operations;
  assert.deepEqual(others, []);
  assert.equal(only?.role, "viewer");
  assert.deepEqual(only?.input["required"], ["applicationName"]);
  assert.deepEqual(Object.keys(Object(only?.output["properties"])), ["application"]);
  assert.deepEqual(only?.errors, [
    "ApplicationDoesNotExistException",
    "ApplicationNameRequiredException",
    "InvalidApplicationNameException",
  ]);
});

test("a name that is no operation is refused and named", async () => {
  await using shop = await openShop(0);
  const ask = () => describe(shop, { operationNames: ["GetApplication", "Fly"] });
  await shop.refusal(ask, "InvalidInputException", /"Fly"/);
});
