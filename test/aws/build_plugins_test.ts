/**
 * What plugins of build servers do with revisions: register what they uploaded, list what there is
 * sorted and filtered, and ask for many things in one call. After the Jenkins plugins.
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import * as sdk from "@aws-sdk/client-codedeploy";
import { version } from "../binary/bundles.ts";
import { ended } from "../binary/deployments.ts";
import { Fleet } from "../binary/fleet.ts";
import { clientOf } from "./client.ts";

const NAMES = { applicationName: "shop", deploymentGroupName: "production" };

const inBucket = (bucket: string, key: string): sdk.RevisionLocation => ({
  revisionType: "S3",
  s3Location: { bucket, key, bundleType: "zip" },
});
const commit = (letter: string): sdk.RevisionLocation => ({
  revisionType: "GitHub",
  gitHubLocation: { repository: "owner/shop", commitId: letter.repeat(40) },
});
/** With version and ETag: they are part of what the revision is. */
const Pushed = z.object({
  revision: z.object({
    revisionType: z.literal("S3"),
    s3Location: z.object({
      bucket: z.string(),
      key: z.string(),
      bundleType: z.enum(["tar", "tgz", "zip"]),
      version: z.string(),
      eTag: z.string(),
    }),
  }),
});

/** `builds/shop-2.zip`, or the first letters of a commit. */
const nameOf = ({ s3Location, gitHubLocation }: sdk.RevisionLocation) =>
  s3Location ? `${s3Location.bucket}/${s3Location.key}` : gitHubLocation?.commitId?.slice(0, 3);

/** A server with an application and three revisions of it in one bucket, one in another, one commit. */
async function buildServer(hosts: number) {
  const fleet = await Fleet.start(hosts);
  const client = clientOf(fleet);
  await fleet.declare();
  const registered = [
    inBucket("builds", "shop/2.zip"),
    inBucket("builds", "shop/1.zip"),
    inBucket("other", "shop/3.zip"),
    inBucket("builds", "api/4.zip"),
    commit("a"),
  ];
  for (const revision of registered) {
    await client.send(
      new sdk.RegisterApplicationRevisionCommand({
        applicationName: "shop",
        revision,
        description: `build ${nameOf(revision)}`,
      }),
    );
  }
  return { fleet, client, [Symbol.asyncDispose]: () => fleet.close() };
}

const listings: [
  what: string,
  input: Omit<sdk.ListApplicationRevisionsCommandInput, "applicationName">,
  expected: string[],
][] = [
  ["by the time of registering", { sortBy: "registerTime", sortOrder: "ascending" }, [
    "builds/shop/2.zip",
    "builds/shop/1.zip",
    "other/shop/3.zip",
    "builds/api/4.zip",
    "aaa",
  ]],
  ["the newest first", { sortBy: "registerTime", sortOrder: "descending" }, [
    "aaa",
    "builds/api/4.zip",
    "other/shop/3.zip",
    "builds/shop/1.zip",
    "builds/shop/2.zip",
  ]],
  [
    "of one bucket",
    { sortBy: "registerTime", sortOrder: "ascending", s3Bucket: "builds" },
    ["builds/shop/2.zip", "builds/shop/1.zip", "builds/api/4.zip"],
  ],
  [
    "of one bucket and below a key",
    { sortBy: "registerTime", sortOrder: "descending", s3Bucket: "builds", s3KeyPrefix: "shop/" },
    ["builds/shop/1.zip", "builds/shop/2.zip"],
  ],
  ["that no group has as its target", { deployed: "include" }, []],
];

test("revisions are registered and listed: sorted, of a bucket, below a key", async () => {
  await using server = await buildServer(0);
  const { client } = server;
  const list = async (input: (typeof listings)[number][1]) => {
    const command = new sdk.ListApplicationRevisionsCommand({ applicationName: "shop", ...input });
    return (await client.send(command)).revisions?.map(nameOf);
  };
  for (const [what, input, expected] of listings) {
    assert.deepEqual(await list(input), expected, what);
  }
  await assert.rejects(
    list({ s3KeyPrefix: "shop/" }),
    sdk.BucketNameFilterRequiredException,
  );

  // A second registration is an update: no revision more, another description.
  const again = inBucket("builds", "shop/1.zip");
  await client.send(
    new sdk.RegisterApplicationRevisionCommand({
      applicationName: "shop",
      revision: again,
      description: "rebuilt",
    }),
  );
  assert.equal((await list({}))?.length, 5);
  const { revisionInfo } = await client.send(
    new sdk.GetApplicationRevisionCommand({ applicationName: "shop", revision: again }),
  );
  assert.equal(revisionInfo?.description, "rebuilt");
  assert.ok(revisionInfo.registerTime instanceof Date);
  assert.equal(revisionInfo.lastUsedTime, undefined);
});

test("many revisions are asked for at once; one that is not there is told by itself", async () => {
  await using server = await buildServer(0);
  const { client } = server;
  const batch = (revisions: sdk.RevisionLocation[]) =>
    client.send(
      new sdk.BatchGetApplicationRevisionsCommand({ applicationName: "shop", revisions }),
    );
  const known = [commit("a"), inBucket("other", "shop/3.zip")];
  const { revisions = [], applicationName } = await batch(known);
  assert.equal(applicationName, "shop");
  assert.deepEqual(
    revisions.map(({ genericRevisionInfo }) => genericRevisionInfo?.description),
    ["build aaa", "build other/shop/3.zip"],
  );
  const partly = await batch([...known, commit("b")]);
  assert.equal(partly.revisions?.length, 2);
  assert.match(partly.errorMessage ?? "", /\S/);
  const tooMany = Array.from({ length: 26 }, (_, number) => inBucket("b", `${number}.zip`));
  await assert.rejects(batch(tooMany), sdk.BatchLimitExceededException);
});

test("a plugin uploads, registers, deploys and shows its groups, deployments and hosts", async () => {
  await using server = await buildServer(2);
  const { client, fleet } = server;
  const bundle = fleet.bundle("v1", version("1"));
  const { stdout } = await fleet.runtime("push", bundle, "--app", "shop", "--json");
  const { revision } = Pushed.parse(JSON.parse(stdout));
  const registered = await client.send(
    new sdk.GetApplicationRevisionCommand({ applicationName: "shop", revision }),
  );
  assert.deepEqual(registered.revision, revision);
  const { deploymentId = "" } = await client.send(
    new sdk.CreateDeploymentCommand({
      ...NAMES,
      revision,
      deploymentConfigName: "CodeDeployDefault.AllAtOnce",
      description: "Jenkins build #7",
      ignoreApplicationStopFailures: true,
    }),
  );
  await ended(fleet, deploymentId);

  const { deploymentsInfo = [] } = await client.send(
    new sdk.BatchGetDeploymentsCommand({ deploymentIds: [deploymentId, "d-NOBODYHAS"] }),
  );
  assert.equal(deploymentsInfo.length, 1, "unknown ids are left out");
  const [info] = deploymentsInfo;
  assert.deepEqual(
    [info?.status, info?.description, info?.ignoreApplicationStopFailures, info?.creator],
    ["Succeeded", "Jenkins build #7", true, "user"],
  );
  assert.deepEqual(info?.deploymentOverview, {
    Pending: 0,
    InProgress: 0,
    Succeeded: 2,
    Failed: 0,
    Skipped: 0,
    Ready: 0,
  });

  const target = await client.send(
    new sdk.ListApplicationRevisionsCommand({ applicationName: "shop", deployed: "include" }),
  );
  assert.deepEqual(target.revisions, [revision], "what the group runs");
  const others = await client.send(
    new sdk.ListApplicationRevisionsCommand({
      applicationName: "shop",
      deployed: "exclude",
      sortBy: "lastUsedTime",
    }),
  );
  assert.equal(others.revisions?.length, 5);

  const groups = await client.send(
    new sdk.BatchGetDeploymentGroupsCommand({
      applicationName: "shop",
      deploymentGroupNames: ["production", "gone"],
    }),
  );
  assert.equal(groups.deploymentGroupsInfo?.length, 1);
  assert.match(groups.errorMessage ?? "", /gone/);
  const [group] = groups.deploymentGroupsInfo ?? [];
  assert.deepEqual(group?.targetRevision, revision);
  assert.equal(group?.lastSuccessfulDeployment?.deploymentId, deploymentId);
  const { instanceInfos = [] } = await client.send(
    new sdk.BatchGetOnPremisesInstancesCommand({ instanceNames: ["web-2", "web-1"] }),
  );
  assert.deepEqual(instanceInfos.map(({ instanceName }) => instanceName), ["web-2", "web-1"]);
  await assert.rejects(
    client.send(new sdk.BatchGetApplicationsCommand({ applicationNames: ["shop", "gone"] })),
    sdk.ApplicationDoesNotExistException,
  );
});
