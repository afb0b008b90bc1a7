import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeploymentStatus } from "../../core/domain/deployment.ts";
import { AWS_QUOTAS } from "../../core/domain/quotas.ts";
import { testRefusalsOf } from "./refusals.ts";
import { GROUP, nthDeployment, openShop, putDeployment, type Shop, START } from "./shop.ts";

const OTHER = { ...GROUP, deploymentGroupName: "other" };

test("deployments are listed newest first, as ids", async () => {
  await using shop = await openShop(1);
  const ids = [];
  for (const key of ["v1.zip", "v2.zip"]) {
    ids.push(await shop.deploy(key));
    await shop.hosts[0]!.run();
    await shop.ended(ids.at(-1)!);
  }
  const answer = { deployments: ids.toReversed() };
  assert.deepEqual(await shop.call("ListDeployments", {}), answer);
  assert.deepEqual(await shop.call("ListDeployments", GROUP), answer);
});

/** Ten deployments, a second apart, the even ones of `prod`; status by turns. */
async function openHistory(): Promise<Shop> {
  const shop = await openShop(0);
  await addOther(shop);
  for (let n = 0; n < 10; n++) await put(shop, n, n % 2 === 0 ? "prod" : "other");
  return shop;
}

const second = (n: number) => START / 1_000 + n;
const filters: [what: string, input: object, expected: number[]][] = [
  ["no filter", {}, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
  ["a group", GROUP, [8, 6, 4, 2, 0]],
  ["another group", OTHER, [9, 7, 5, 3, 1]],
  ["one status", { includeOnlyStatuses: ["Failed"] }, [7, 4, 1]],
  ["two statuses", { includeOnlyStatuses: ["Failed", "Stopped"] }, [8, 7, 5, 4, 2, 1]],
  ["a status that none has", { includeOnlyStatuses: ["Baking"] }, []],
  ["no statuses named", { includeOnlyStatuses: [] }, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
  ["a start, itself included", { createTimeRange: { start: second(8) } }, [9, 8]],
  ["an end, itself included", { createTimeRange: { end: second(1) } }, [1, 0]],
  ["a range", { createTimeRange: { start: second(3.5), end: second(5) } }, [5, 4]],
  ["an instant", { createTimeRange: { start: second(3), end: second(3) } }, [3]],
  ["an open range", { createTimeRange: {} }, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
  ["an end that is null", { createTimeRange: { start: second(9), end: null } }, [9]],
  [
    "all at once",
    { ...GROUP, includeOnlyStatuses: ["Failed"], createTimeRange: { start: second(2) } },
    [4],
  ],
  ["an external id, which nothing here has", { externalId: "stack" }, []],
];
for (const [what, input, expected] of filters) {
  test(`deployments filtered by ${what}`, async () => {
    await using shop = await openHistory();
    const answer = await shop.call("ListDeployments", input);
    assert.deepEqual(answer, { deployments: expected.map(nthDeployment) });
  });
}

test("pages hold what there was at their beginning, once each, although more is created meanwhile", async () => {
  await using shop = await openShop(0);
  await addOther(shop);
  const count = 2 * AWS_QUOTAS.page + 5;
  for (let n = 0; n < count; n++) await put(shop, n, "prod");
  let next = count;
  const pages = await shop.pages("ListDeployments", GROUP, async () => {
    await put(shop, next++, "prod");
    await put(shop, next++, "other");
  });
  assert.deepEqual(pages.map(({ deployments }) => deployments.length), [
    AWS_QUOTAS.page,
    AWS_QUOTAS.page,
    5,
  ]);
  assert.equal("nextToken" in pages.at(-1), false);
  const listed = pages.flatMap(({ deployments }) => deployments);
  assert.deepEqual(listed, Array.from({ length: count }, (_, n) => nthDeployment(count - 1 - n)));
});

test("pages do not part deployments of the same millisecond wrongly", async () => {
  await using shop = await openShop(0);
  const count = AWS_QUOTAS.page + 20;
  for (let n = 0; n < count; n++) await put(shop, n, "prod", START);
  const pages = await shop.pages("ListDeployments", {});
  const listed = pages.flatMap(({ deployments }) => deployments);
  assert.equal(pages.length, 2);
  assert.equal(new Set(listed).size, count);
  assert.equal(listed.length, count);
});

test("exactly one page has no token", async () => {
  await using shop = await openShop(0);
  for (let n = 0; n < AWS_QUOTAS.page; n++) await put(shop, n, "prod");
  const answer = await shop.call("ListDeployments", {});
  assert.equal(answer.deployments.length, AWS_QUOTAS.page);
  assert.equal("nextToken" in answer, false);
});

testRefusalsOf([
  ["ListDeployments", { applicationName: "shop" }, "DeploymentGroupNameRequired"],
  ["ListDeployments", { deploymentGroupName: "prod" }, "ApplicationNameRequired"],
  ["ListDeployments", { ...GROUP, applicationName: "" }, "ApplicationNameRequired"],
  ["ListDeployments", { ...GROUP, deploymentGroupName: "" }, "DeploymentGroupNameRequired"],
  ["ListDeployments", { ...GROUP, applicationName: "a b" }, "InvalidApplicationName"],
  ["ListDeployments", { ...GROUP, deploymentGroupName: "a b" }, "InvalidDeploymentGroupName"],
  ["ListDeployments", { ...GROUP, applicationName: "gone" }, "ApplicationDoesNotExist"],
  ["ListDeployments", { ...GROUP, deploymentGroupName: "gone" }, "DeploymentGroupDoesNotExist"],
  ["ListDeployments", { includeOnlyStatuses: ["Done"] }, "InvalidDeploymentStatus"],
  ["ListDeployments", { includeOnlyStatuses: "Failed" }, "Serialization"],
  ["ListDeployments", { createTimeRange: { start: 2, end: 1 } }, "InvalidTimeRange", /start \(2\)/],
  ["ListDeployments", { createTimeRange: { start: "2026-11-25T00:00:00Z" } }, "Serialization"],
  ["ListDeployments", { nextToken: "garbage" }, "InvalidNextToken"],
  ["ListDeployments", { nextToken: "" }, "InvalidNextToken"],
  ["ListDeployments", { nextToken: tokenOfNames() }, "InvalidNextToken"],
], openHistory);

/** As an operation gives it that lists names. */
function tokenOfNames(): string {
  return btoa(JSON.stringify("shop")).replaceAll("=", "");
}

async function addOther(shop: Shop): Promise<void> {
  const serviceRoleArn = "arn:aws:iam::000000000000:role/deploy";
  await shop.call("CreateDeploymentGroup", { ...OTHER, serviceRoleArn });
}

const STATUS: readonly DeploymentStatus[] = ["Succeeded", "Failed", "Stopped"];

/** A deployment that is over, as if it had been created n seconds after the beginning. */
async function put(shop: Shop, n: number, group: string, createTime = START + n * 1_000) {
  await putDeployment(shop, { id: nthDeployment(n), status: STATUS[n % 3]!, createTime }, group);
}
