import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { eq } from "drizzle-orm";
import { AWS_QUOTAS } from "../../core/domain/quotas.ts";
import type { RevisionLocation } from "../../core/domain/revision.ts";
import { deploymentGroups, revisions } from "../../core/store/schema.ts";
import { type Refusal, testRefusals } from "./refusals.ts";
import { openTestApi, type TestApi } from "./test_api.ts";

const applicationName = "shop";

test("a revision registered twice is one, with the later description", async () => {
  using api = await openShop();
  for (const description of ["first", "second"]) {
    const input = { applicationName, description, revision: s3("a.zip") };
    assert.deepEqual(await api.call("RegisterApplicationRevision", input), {});
  }
  const got = await api.call("GetApplicationRevision", { applicationName, revision: s3("a.zip") });
  const { registerTime, ...info } = got.revisionInfo;
  assert.equal(typeof registerTime, "number");
  assert.deepEqual(info, { description: "second", deploymentGroups: [] });
  assert.deepEqual(got.revision, s3("a.zip"));
  const { revisions } = await api.call("ListApplicationRevisions", { applicationName });
  assert.equal(revisions.length, 1);
});

test("a version of an object is another revision than the object without one", async () => {
  using api = await openShop();
  await register(api, s3("a.zip"));
  const revision = s3("a.zip", { version: "v1" });
  const input = { applicationName, revision };
  await api.refuses("GetApplicationRevision", input, "RevisionDoesNotExistException");
});

test("a bundle type is taken in any case and answered in CodeDeploy's own", async () => {
  using api = await openShop();
  await register(api, s3("app.yaml", { bundleType: "yaml" }));
  await register(api, s3("app.zip", { bundleType: "ZIP" }));
  const { revisions } = await api.call("ListApplicationRevisions", { applicationName });
  assert.deepEqual(revisions.map(typeOf).sort(), ["YAML", "zip"]);
});

test("AppSpecContent is found by its hash, and only GetApplicationRevision gives the text", async () => {
  using api = await openShop();
  const content = "version: 0.0\nResources: []\n";
  const sha256 = createHash("sha256").update(content).digest("hex");
  await register(api, { revisionType: "AppSpecContent", appSpecContent: { content } });
  const byHash = { revisionType: "AppSpecContent", appSpecContent: { sha256 } };
  await register(api, byHash);
  const got = await api.call("GetApplicationRevision", { applicationName, revision: byHash });
  assert.deepEqual(got.revision.appSpecContent, { content, sha256 });
  const listed = await api.call("ListApplicationRevisions", { applicationName });
  assert.deepEqual(listed.revisions, [byHash]);
  const batch = await api.call("BatchGetApplicationRevisions", {
    applicationName,
    revisions: [byHash],
  });
  assert.deepEqual(batch.revisions[0].revisionLocation, byHash);
});

test("BatchGetApplicationRevisions leaves unknown ones out and names them", async () => {
  using api = await openShop();
  await register(api, s3("a.zip"));
  const asked = { applicationName, revisions: [s3("gone.zip"), s3("a.zip")] };
  const got = await api.call("BatchGetApplicationRevisions", asked);
  assert.equal(got.applicationName, applicationName);
  assert.match(got.errorMessage, /s3:\/\/bundles\/gone\.zip/);
  assert.equal(got.revisions.length, 1);
  assert.deepEqual(got.revisions[0].revisionLocation, s3("a.zip"));
  const one = await api.call("BatchGetApplicationRevisions", {
    ...asked,
    revisions: [s3("a.zip")],
  });
  assert.equal("errorMessage" in one, false);
});

test("a listing is sorted by the time asked for, in the order asked for", async () => {
  using api = await openShop();
  for (const [key, lastUsedTime] of [["a", 30], ["b", 10], ["c", 20]] as const) {
    await register(api, s3(key));
    await api.context.store.commit((tx) =>
      tx.update(revisions).set({ lastUsedTime }).where(eq(revisions.location, s3(key))).run()
    );
  }
  const list = async (sort: object) => {
    const got = await api.call("ListApplicationRevisions", { applicationName, ...sort });
    return got.revisions.map(keyOf).join("");
  };
  assert.equal(await list({ sortBy: "lastUsedTime" }), "bca");
  assert.equal(await list({ sortBy: "lastUsedTime", sortOrder: "descending" }), "acb");
});

test("a listing of a bucket and prefix takes the prefix as text, not as a pattern", async () => {
  using api = await openShop();
  for (const key of ["a%/1.zip", "a%/2.zip", "ab/3.zip"]) await register(api, s3(key));
  const input = { applicationName, s3Bucket: "bundles", s3KeyPrefix: "a%/" };
  const { revisions } = await api.call("ListApplicationRevisions", input);
  assert.deepEqual(revisions.map(keyOf).sort(), ["a%/1.zip", "a%/2.zip"]);
  const other = await api.call("ListApplicationRevisions", { applicationName, s3Bucket: "other" });
  assert.deepEqual(other.revisions, []);
});

test("deployed revisions are the target revisions of groups, and know their groups", async () => {
  using api = await openShop();
  for (const key of ["live.zip", "new.zip"]) await register(api, s3(key));
  await api.call("CreateDeploymentGroup", {
    applicationName,
    deploymentGroupName: "prod",
    serviceRoleArn: "arn:aws:iam::000000000000:role/runtime",
  });
  await api.context.store.commit((tx) =>
    tx.update(deploymentGroups).set({ targetRevision: s3("live.zip") }).run()
  );
  const list = async (deployed: string) => {
    const got = await api.call("ListApplicationRevisions", { applicationName, deployed });
    return got.revisions.map(keyOf);
  };
  assert.deepEqual(await list("include"), ["live.zip"]);
  assert.deepEqual(await list("exclude"), ["new.zip"]);
  assert.equal((await list("ignore")).length, 2);
  const revision = s3("live.zip");
  const got = await api.call("GetApplicationRevision", { applicationName, revision });
  assert.deepEqual(got.revisionInfo.deploymentGroups, ["prod"]);
});

for (const sortOrder of ["ascending", "descending"]) {
  test(`every revision is on one page of a listing, ${sortOrder}`, async () => {
    using api = await openShop();
    const { application } = await api.call("GetApplication", { applicationName });
    const keys = Array.from({ length: 2 * AWS_QUOTAS.page + 50 }, (_, n) => `k${n}`);
    await api.context.store.commit((tx) => {
      const rows = keys.map((key, n) => ({
        applicationId: application.applicationId as string, // because answers have no type
        identity: key,
        location: s3(key),
        registerTime: Math.floor(n / 7),
      }));
      tx.insert(revisions).values(rows).run();
    });
    const seen: string[] = [];
    let nextToken: string | undefined;
    do {
      const input = { applicationName, sortOrder, ...(nextToken && { nextToken }) };
      const got = await api.call("ListApplicationRevisions", input);
      seen.push(...got.revisions.map(keyOf));
      nextToken = got.nextToken;
    } while (nextToken !== undefined);
    assert.deepEqual([...seen].sort(), [...keys].sort());
  });
}

const refusals: Refusal[] = [
  [
    "RegisterApplicationRevision",
    { applicationName },
    "RevisionRequired",
    /^RevisionLocation must/,
  ],
  ["RegisterApplicationRevision", { revision: s3("a") }, "ApplicationNameRequired"],
  [
    "RegisterApplicationRevision",
    { applicationName: "gone", revision: s3("a") },
    "ApplicationDoesNotExist",
  ],
  [
    "RegisterApplicationRevision",
    { applicationName, revision: s3("a"), description: "x".repeat(257) },
    "DescriptionTooLong",
    /256/,
  ],
  ["RegisterApplicationRevision", { applicationName, revision: {} }, "InvalidRevision"],
  [
    "RegisterApplicationRevision",
    { applicationName, revision: { revisionType: "S3", s3Location: { bucket: "b" } } },
    "InvalidRevision",
    /revision\.s3Location\.key/,
  ],
  [
    "RegisterApplicationRevision",
    { applicationName, revision: s3("a", { bundleType: "rar" }) },
    "InvalidRevision",
    /bundleType/,
  ],
  [
    "RegisterApplicationRevision",
    { applicationName, revision: s3("a", { bucket: 5 }) },
    "Serialization",
    /revision\.s3Location\.bucket/,
  ],
  [
    "RegisterApplicationRevision",
    {
      applicationName,
      revision: {
        revisionType: "GitHub",
        gitHubLocation: { repository: "shop", commitId: "1".repeat(40) },
      },
    },
    "InvalidRevision",
    /owner\/repo/,
  ],
  [
    "RegisterApplicationRevision",
    { applicationName, revision: { revisionType: "AppSpecContent", appSpecContent: {} } },
    "InvalidRevision",
    /content or sha256/,
  ],
  [
    "RegisterApplicationRevision",
    {
      applicationName,
      revision: { revisionType: "String", string: { content: "a", sha256: "b" } },
    },
    "InvalidRevision",
    /sha256 is b/,
  ],
  ["GetApplicationRevision", { applicationName }, "RevisionRequired"],
  [
    "GetApplicationRevision",
    { applicationName, revision: s3("gone") },
    "RevisionDoesNotExist",
    /s3:\/\/bundles\/gone/,
  ],
  [
    "GetApplicationRevision",
    { applicationName: "gone", revision: s3("a") },
    "ApplicationDoesNotExist",
  ],
  ["BatchGetApplicationRevisions", { applicationName, revisions: [] }, "RevisionRequired"],
  [
    "BatchGetApplicationRevisions",
    { applicationName, revisions: Array.from({ length: 26 }, (_, n) => s3(`${n}`)) },
    "BatchLimitExceeded",
    /25/,
  ],
  ["BatchGetApplicationRevisions", { applicationName, revisions: [{}] }, "InvalidRevision"],
  ["ListApplicationRevisions", {}, "ApplicationNameRequired"],
  ["ListApplicationRevisions", { applicationName: "gone" }, "ApplicationDoesNotExist"],
  ["ListApplicationRevisions", { applicationName, sortBy: "name" }, "InvalidSortBy"],
  ["ListApplicationRevisions", { applicationName, sortOrder: "up" }, "InvalidSortOrder"],
  ["ListApplicationRevisions", { applicationName, deployed: "yes" }, "InvalidDeployedStateFilter"],
  ["ListApplicationRevisions", { applicationName, s3Bucket: "" }, "InvalidBucketNameFilter"],
  [
    "ListApplicationRevisions",
    { applicationName, s3Bucket: "b", s3KeyPrefix: "" },
    "InvalidKeyPrefixFilter",
  ],
  ["ListApplicationRevisions", { applicationName, s3KeyPrefix: "a" }, "BucketNameFilterRequired"],
  ["ListApplicationRevisions", { applicationName, nextToken: "Inh5Ig" }, "InvalidNextToken"],
];
testRefusals(refusals, (api) => api.call("CreateApplication", { applicationName }));

async function openShop(): Promise<TestApi> {
  const api = await openTestApi();
  await api.call("CreateApplication", { applicationName });
  return api;
}

function register(api: TestApi, revision: object): Promise<unknown> {
  return api.call("RegisterApplicationRevision", { applicationName, revision });
}

function s3(key: string, more: object = {}): RevisionLocation {
  const s3Location = { bucket: "bundles", key, bundleType: "zip" as const, ...more };
  return { revisionType: "S3", s3Location };
}

function keyOf(location: RevisionLocation): string {
  return location.revisionType === "S3" ? location.s3Location.key : "";
}

function typeOf(location: RevisionLocation): string {
  return location.revisionType === "S3" ? location.s3Location.bundleType : "";
}
