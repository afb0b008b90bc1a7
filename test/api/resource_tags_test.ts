import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "../../core/domain/limits.ts";
import { AWS_QUOTAS } from "../../core/domain/quotas.ts";
import { resourceTags } from "../../core/store/schema.ts";
import { type Refusal, testRefusals } from "./refusals.ts";
import { openTestApi, type TestApi } from "./test_api.ts";

const arn = (resource: string) => `arn:aws:codedeploy:us-east-1:000000000000:${resource}`;
const APPLICATION = arn("application:shop");
const GROUP = arn("deploymentgroup:shop/prod");
const tag = (Key: string, Value = "v") => ({ Key, Value });
const numbered = (count: number) =>
  Array.from({ length: count }, (_, n) => tag(`k${String(n).padStart(3, "0")}`));

async function openTagged(): Promise<TestApi> {
  const api = await openTestApi();
  await prepare(api);
  return api;
}

async function prepare(api: TestApi): Promise<void> {
  await api.call("CreateApplication", { applicationName: "shop", tags: [tag("team", "red")] });
  await api.call("CreateDeploymentGroup", {
    applicationName: "shop",
    deploymentGroupName: "prod",
    serviceRoleArn: "arn:aws:iam::000000000000:role/deploy",
    tags: [tag("stage", "live")],
  });
}

const tagsOf = async (api: TestApi, ResourceArn: string) =>
  await api.call("ListTagsForResource", { ResourceArn }, "viewer");

test("tags given to an application and to a group when they are made are listed by ARN", async () => {
  using api = await openTagged();
  assert.deepEqual(await tagsOf(api, APPLICATION), { Tags: [tag("team", "red")] });
  assert.deepEqual(await tagsOf(api, GROUP), { Tags: [tag("stage", "live")] });
});

test("TagResource adds and replaces by key; UntagResource takes away, also what is not there", async () => {
  using api = await openTagged();
  const Tags = [tag("team", "blue"), { Key: "cost" }];
  assert.deepEqual(await api.call("TagResource", { ResourceArn: APPLICATION, Tags }), {});
  assert.deepEqual(await tagsOf(api, APPLICATION), {
    Tags: [tag("cost", ""), tag("team", "blue")],
  });
  const TagKeys = ["team", "never"];
  assert.deepEqual(await api.call("UntagResource", { ResourceArn: APPLICATION, TagKeys }), {});
  assert.deepEqual(await tagsOf(api, APPLICATION), { Tags: [tag("cost", "")] });
  assert.deepEqual(await tagsOf(api, GROUP), { Tags: [tag("stage", "live")] });
});

test("tags follow renames, and an ARN of another region and account means this server", async () => {
  using api = await openTagged();
  await api.call("UpdateApplication", { applicationName: "shop", newApplicationName: "store" });
  await api.call("UpdateDeploymentGroup", {
    applicationName: "store",
    currentDeploymentGroupName: "prod",
    newDeploymentGroupName: "live",
  });
  const elsewhere = "arn:aws-cn:codedeploy:cn-north-1:123456789012:";
  const group = `${elsewhere}deploymentgroup:store/live`;
  assert.deepEqual(await tagsOf(api, `${elsewhere}application:store`), {
    Tags: [tag("team", "red")],
  });
  assert.deepEqual(await tagsOf(api, group), { Tags: [tag("stage", "live")] });
});

test("tags go with what they are on, and do not come back with its name", async () => {
  using api = await openTagged();
  await api.call("DeleteDeploymentGroup", {
    applicationName: "shop",
    deploymentGroupName: "prod",
  });
  assert.equal(api.dump()["resource_tags"]?.length, 1);
  await api.call("DeleteApplication", { applicationName: "shop" });
  assert.deepEqual(api.dump()["resource_tags"], []);
  await api.call("CreateApplication", { applicationName: "shop" });
  assert.deepEqual(await tagsOf(api, APPLICATION), { Tags: [] });
});

test("a deleted application takes the tags of its groups along", async () => {
  using api = await openTagged();
  await api.call("DeleteApplication", { applicationName: "shop" });
  assert.deepEqual(api.dump()["resource_tags"], []);
});

test("a resource may have fifty tags, counted with those it has", async () => {
  using api = await openTagged();
  const all = numbered(AWS_QUOTAS.resourceTags - 1);
  await api.call("TagResource", { ResourceArn: APPLICATION, Tags: all });
  const replaced = { ResourceArn: APPLICATION, Tags: [tag("team", "green")] };
  await api.call("TagResource", replaced);
  const Tags = [tag("one-more")];
  const input = { ResourceArn: APPLICATION, Tags };
  await api.refuses("TagResource", input, "InvalidTagsToAddException", /51 tags/);
});

test("a listing beyond one page goes on after its token although tags came and went", async () => {
  using api = await openTagged();
  const { application } = await api.call("GetApplication", { applicationName: "shop" });
  const resourceId = application.applicationId;
  const all = numbered(AWS_QUOTAS.page + 4);
  await api.context.store.commit((tx) => {
    const rows = all.map(({ Key, Value }) => ({ resourceId, key: Key, value: Value }));
    tx.insert(resourceTags).values(rows).run();
  });
  const first = await tagsOf(api, APPLICATION);
  assert.deepEqual(first.Tags, all.slice(0, AWS_QUOTAS.page));
  await api.call("UntagResource", { ResourceArn: APPLICATION, TagKeys: ["k000", "k099"] });
  await api.context.store.commit((tx) => {
    tx.insert(resourceTags).values({ resourceId, key: "k0005", value: "late" }).run();
  });
  const input = { ResourceArn: APPLICATION, NextToken: first.NextToken };
  const second = await api.call("ListTagsForResource", input);
  assert.deepEqual(second, { Tags: [...all.slice(AWS_QUOTAS.page), tag("team", "red")] });
});

const Tags = [tag("a")];
const TagKeys = ["a"];
const config = arn("deploymentconfig:CodeDeployDefault.OneAtATime");
const arns: [ResourceArn: unknown, type: string, message?: RegExp][] = [
  [undefined, "ResourceArnRequired"],
  ["", "ResourceArnRequired"],
  ["shop", "InvalidArn", /application:NAME/],
  [`arn:aws:s3:::${"x".repeat(10)}`, "InvalidArn"],
  [arn(`application:${"x".repeat(LIMITS.arn)}`), "InvalidArn"],
  [arn("deploymentgroup:shop"), "InvalidArn"],
  [arn("deploymentgroup:shop/prod/more"), "InvalidArn"],
  [config, "ArnNotSupported", /deploymentconfig/],
  [arn("instance/web-1_abc"), "ArnNotSupported", /instance/],
];
const missing: [ResourceArn: string, type: string][] = [
  [arn("application:gone"), "ApplicationDoesNotExist"],
  [arn("deploymentgroup:gone/prod"), "ApplicationDoesNotExist"],
  [arn("deploymentgroup:shop/gone"), "DeploymentGroupDoesNotExist"],
];
const refusals: Refusal[] = [
  ...arns.flatMap(([ResourceArn, type, message]): Refusal[] => [
    ["TagResource", { ResourceArn, Tags }, type, message],
    ["UntagResource", { ResourceArn, TagKeys }, type, message],
    ["ListTagsForResource", { ResourceArn }, type, message],
  ]),
  ...missing.flatMap(([ResourceArn, type]): Refusal[] => [
    ["TagResource", { ResourceArn, Tags }, type],
    ["UntagResource", { ResourceArn, TagKeys }, type],
    // Its exceptions know no missing resource.
    ["ListTagsForResource", { ResourceArn }, "InvalidArn", /found for name: gone/],
  ]),
  ["TagResource", { ResourceArn: APPLICATION }, "TagRequired"],
  ["TagResource", { ResourceArn: APPLICATION, Tags: [] }, "TagRequired"],
  ["TagResource", { ResourceArn: APPLICATION, Tags: [tag("")] }, "InvalidTagsToAdd", /Key/],
  ["TagResource", { ResourceArn: APPLICATION, Tags: [tag("aws:x")] }, "InvalidTagsToAdd", /aws:/],
  [
    "TagResource",
    { ResourceArn: APPLICATION, Tags: [tag("a"), tag("a", "other")] },
    "InvalidTagsToAdd",
    /twice/,
  ],
  [
    "TagResource",
    { ResourceArn: APPLICATION, Tags: [tag("a", "x".repeat(257))] },
    "InvalidTagsToAdd",
  ],
  ["UntagResource", { ResourceArn: APPLICATION, TagKeys: [] }, "TagRequired"],
  ["UntagResource", { ResourceArn: APPLICATION, TagKeys: ["x".repeat(129)] }, "InvalidTagsToAdd"],
  ["ListTagsForResource", { ResourceArn: GROUP, NextToken: "%" }, "InvalidNextToken"],
  [
    "CreateApplication",
    { applicationName: "new", tags: numbered(AWS_QUOTAS.resourceTags + 1) },
    "InvalidTagsToAdd",
    /51 tags/,
  ],
];
testRefusals(refusals, prepare);

test("tagging is not for viewers", async () => {
  using api = await openTagged();
  const type = "AccessDeniedException";
  const tagging = { ResourceArn: APPLICATION, Tags };
  await api.refuses("TagResource", tagging, type, undefined, "viewer");
  const untagging = { ResourceArn: APPLICATION, TagKeys };
  await api.refuses("UntagResource", untagging, type, undefined, "viewer");
});
