import assert from "node:assert/strict";
import { test } from "node:test";
import { AWS_QUOTAS } from "../../core/domain/quotas.ts";
import { applications } from "../../core/store/schema.ts";
import { type Refusal, testRefusals } from "./refusals.ts";
import { openTestApi, type TestApi } from "./test_api.ts";

test("an application is created for Server, and read back with epoch seconds", async () => {
  using api = await openTestApi();
  const { applicationId } = await api.call("CreateApplication", { applicationName: "shop" });
  assert.match(applicationId, /^[0-9a-f-]{36}$/);
  const { application } = await api.call("GetApplication", { applicationName: "shop" });
  const { createTime, ...rest } = application;
  assert.ok(Math.abs(createTime - Date.now() / 1000) < 60, `createTime is ${createTime}`);
  assert.deepEqual(rest, {
    applicationId,
    applicationName: "shop",
    linkedToGitHub: false,
    computePlatform: "Server",
  });
});

test("a rename keeps the id and the groups; the same name again is no fault", async () => {
  using api = await openTestApi();
  const { applicationId } = await api.call("CreateApplication", { applicationName: "shop" });
  await group(api, "shop", "prod");
  const rename = { applicationName: "shop", newApplicationName: "store" };
  assert.deepEqual(await api.call("UpdateApplication", rename), {});
  const { application } = await api.call("GetApplication", { applicationName: "store" });
  assert.equal(application.applicationId, applicationId);
  const { deploymentGroups } = await api.call("ListDeploymentGroups", { applicationName: "store" });
  assert.deepEqual(deploymentGroups, ["prod"]);
  await api.call("UpdateApplication", { applicationName: "store", newApplicationName: "store" });
});

test("a deleted application takes its groups, revisions and history along, and only those", async () => {
  using api = await openTestApi();
  await api.call("CreateApplication", { applicationName: "other" });
  await group(api, "other", "prod");
  const before = api.dump();
  await api.call("CreateApplication", { applicationName: "shop" });
  await group(api, "shop", "prod");
  const revision = {
    revisionType: "S3",
    s3Location: { bucket: "b", key: "k.zip", bundleType: "zip" },
  };
  await api.call("RegisterApplicationRevision", { applicationName: "shop", revision });
  assert.deepEqual(await api.call("DeleteApplication", { applicationName: "shop" }), {});
  assert.deepEqual(api.dump(), before);
  assert.deepEqual(await api.call("DeleteApplication", { applicationName: "shop" }), {});
});

test("BatchGetApplications answers in the order asked", async () => {
  using api = await openTestApi();
  for (const applicationName of ["a", "b"]) {
    await api.call("CreateApplication", { applicationName });
  }
  const { applicationsInfo } = await api.call("BatchGetApplications", {
    applicationNames: ["b", "a"],
  });
  assert.deepEqual(names(applicationsInfo), ["b", "a"]);
});

test("a listing goes on after its token although names were added and removed", async () => {
  using api = await openTestApi();
  const all = Array.from(
    { length: AWS_QUOTAS.page + 5 },
    (_, n) => `app-${String(n).padStart(3, "0")}`,
  );
  await api.context.store.commit((tx) => {
    const rows = all.map((name) => ({
      id: name,
      name,
      computePlatform: "Server" as const,
      createTime: 0,
    }));
    tx.insert(applications).values(rows).run();
  });
  const first = await api.call("ListApplications", {});
  assert.deepEqual(first.applications, all.slice(0, AWS_QUOTAS.page));
  await api.call("DeleteApplication", { applicationName: all[AWS_QUOTAS.page - 1] });
  await api.call("CreateApplication", { applicationName: "app-000-new" });
  const second = await api.call("ListApplications", { nextToken: first.nextToken });
  assert.deepEqual(second.applications, all.slice(AWS_QUOTAS.page));
  assert.equal(second.nextToken, undefined);
});

const NAMED = ["GetApplication", "DeleteApplication", "CreateApplication"];
const refusals: Refusal[] = [
  ...NAMED.flatMap((operation): Refusal[] => [
    [operation, {}, "ApplicationNameRequired", /applicationName must be given/],
    [operation, { applicationName: null }, "ApplicationNameRequired", /applicationName/],
    [operation, { applicationName: "" }, "ApplicationNameRequired", /applicationName/],
    [
      operation,
      { applicationName: "a b" },
      "InvalidApplicationName",
      /applicationName: must be 1/,
    ],
    [operation, { applicationName: 7 }, "Serialization", /applicationName: .*string/],
    [operation, { applicationName: ["shop"] }, "Serialization", /applicationName: /],
    [operation, [], "Serialization", /not an object/],
  ]),
  [
    "CreateApplication",
    { applicationName: "x".repeat(101) },
    "InvalidApplicationName",
  ],
  [
    "CreateApplication",
    { applicationName: "shop" },
    "ApplicationAlreadyExists",
    /shop already exists/,
  ],
  [
    "CreateApplication",
    { applicationName: "new", computePlatform: "server" },
    "InvalidComputePlatform",
    /computePlatform/,
  ],
  [
    "CreateApplication",
    { applicationName: "new", tags: [{ Key: "", Value: "b" }] },
    "InvalidTagsToAdd",
    /tags\.0\.Key/,
  ],
  [
    "GetApplication",
    { applicationName: "gone" },
    "ApplicationDoesNotExist",
    /^No application found for name: gone$/,
  ],
  [
    "BatchGetApplications",
    { applicationNames: ["shop", "gone"] },
    "ApplicationDoesNotExist",
    /gone/,
  ],
  ["BatchGetApplications", { applicationNames: [] }, "ApplicationNameRequired"],
  ["BatchGetApplications", {}, "ApplicationNameRequired"],
  ["BatchGetApplications", { applicationNames: ["a b"] }, "InvalidApplicationName"],
  ["BatchGetApplications", { applicationNames: "shop" }, "Serialization"],
  [
    "BatchGetApplications",
    { applicationNames: Array.from({ length: 101 }, (_, n) => `a${n}`) },
    "BatchLimitExceeded",
  ],
  [
    "UpdateApplication",
    { applicationName: "shop", newApplicationName: "other" },
    "ApplicationAlreadyExists",
    /other/,
  ],
  [
    "UpdateApplication",
    { applicationName: "gone", newApplicationName: "new" },
    "ApplicationDoesNotExist",
  ],
  ["UpdateApplication", { newApplicationName: "new" }, "ApplicationNameRequired"],
  [
    "UpdateApplication",
    { applicationName: "shop", newApplicationName: "a/b" },
    "InvalidApplicationName",
    /newApplicationName/,
  ],
  ["ListApplications", { nextToken: "garbage" }, "InvalidNextToken", /nextToken/],
  ["ListApplications", { nextToken: "" }, "InvalidNextToken"],
  ["ListApplications", { nextToken: "e30" }, "InvalidNextToken"],
];

testRefusals(refusals, async (api) => {
  await api.call("CreateApplication", { applicationName: "shop" });
  await api.call("CreateApplication", { applicationName: "other" });
});

test("CreateApplication refuses one application too many", async () => {
  using api = await openTestApi();
  await api.context.store.commit((tx) => {
    const rows = Array.from({ length: AWS_QUOTAS.applications }, (_, n) => ({
      id: `${n}`,
      name: `a${n}`,
      computePlatform: "Server" as const,
      createTime: 0,
    }));
    tx.insert(applications).values(rows).run();
  });
  const input = { applicationName: "new" };
  await api.refuses("CreateApplication", input, "ApplicationLimitExceededException", /1000/);
});

function names(infos: { applicationName: string }[]): string[] {
  return infos.map((info) => info.applicationName);
}

function group(
  api: TestApi,
  applicationName: string,
  deploymentGroupName: string,
): Promise<unknown> {
  const serviceRoleArn = "arn:aws:iam::000000000000:role/runtime";
  return api.call("CreateDeploymentGroup", {
    applicationName,
    deploymentGroupName,
    serviceRoleArn,
  });
}
