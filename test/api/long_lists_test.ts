/** Lists as long as a request can carry: more entries than a statement of the store has places for. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { GROUP, openShop } from "./shop.ts";

const MANY = 40_000;
const keys = Array.from({ length: MANY }, (_, n) => `k${n}`);
const tags = keys.map((Key) => ({ Key, Value: "" }));
const statuses: string[] = Array(MANY).fill("InProgress");
const ARN = "arn:aws:codedeploy:us-east-1:000000000000:application:shop";

test("statuses that are named again and again are one filter", async () => {
  await using shop = await openShop(1);
  const deploymentId = await shop.deploy("k.zip");
  // Writes keep their order, so the deployment's beginning is on disk before this one.
  await shop.context.store.commit(() => {});
  const all = await shop.call("ListDeployments", { includeOnlyStatuses: statuses });
  assert.deepEqual(all.deployments, [deploymentId]);
  const own = await shop.call("ListDeployments", { ...GROUP, includeOnlyStatuses: statuses });
  assert.deepEqual(own.deployments, [deploymentId]);
  const targets = await shop.call("ListDeploymentTargets", {
    deploymentId,
    targetFilters: { TargetStatus: statuses },
  });
  assert.deepEqual(targets.targetIds, ["web-1"]);
  const instances = await shop.call("ListDeploymentInstances", {
    deploymentId,
    instanceStatusFilter: statuses,
  });
  assert.deepEqual(instances.instancesList, ["web-1"]);
});

test("more tags than a resource may have are refused, and none is kept", async () => {
  await using shop = await openShop(0);
  const more = /40000 tags, and it may have 50/;
  const refusal = "InvalidTagsToAddException";
  await shop.refuses("TagResource", { ResourceArn: ARN, Tags: tags }, refusal, more);
  await shop.refuses("CreateApplication", { applicationName: "new", tags }, refusal, more);
});

test("keys of tags that are not there are no fault, however many", async () => {
  await using shop = await openShop(0);
  await shop.call("TagResource", { ResourceArn: ARN, Tags: [tags[5], { Key: "x", Value: "" }] });
  await shop.call("UntagResource", { ResourceArn: ARN, TagKeys: keys });
  const { Tags } = await shop.call("ListTagsForResource", { ResourceArn: ARN });
  assert.deepEqual(Tags, [{ Key: "x", Value: "" }]);
});
