/**
 * `@aws-sdk/client-codedeploy`, unchanged, in front of the compiled binary: every command, its
 * paginators over more than one page, its waiter, its errors by their classes.
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-codedeploy";
import { Pushed } from "./pushed.ts";
import { version } from "../binary/bundles.ts";
import { Fleet } from "../binary/fleet.ts";

const ROLE = "arn:aws:iam::000000000000:role/none";
const GROUP = { applicationName: "shop", deploymentGroupName: "production" };
const ARN = "arn:aws:codedeploy:us-east-1:000000000000:application:shop";
/** Seconds; the clients' own pace is 15. */
const SOON = { minDelay: 1, maxDelay: 1, maxWaitTime: 60 };

/** The client, and which of its commands were sent. */
class Spoken {
  readonly client: sdk.CodeDeployClient;
  readonly sent = new Set<string>();

  constructor(fleet: Fleet) {
    const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = fleet.env;
    this.client = new sdk.CodeDeployClient({
      endpoint: fleet.url,
      region: "us-east-1",
      maxAttempts: 1,
      credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY },
    });
    this.client.middlewareStack.add(
      (next, context) => (args) => {
        this.sent.add(context.commandName ?? "");
        return next(args);
      },
      { step: "initialize", name: "notesCommands" },
    );
  }
}

async function all<Page, Entry>(
  pages: AsyncIterable<Page>,
  entriesOf: (page: Page) => Entry[] | undefined,
): Promise<{ pages: number; entries: Entry[] }> {
  const found: { pages: number; entries: Entry[] } = { pages: 0, entries: [] };
  for await (const page of pages) {
    found.pages++;
    found.entries.push(...entriesOf(page) ?? []);
  }
  return found;
}

async function applications({ client }: Spoken): Promise<void> {
  await client.send(new sdk.CreateApplicationCommand({ applicationName: "shop" }));
  await client.send(
    new sdk.CreateApplicationCommand({ applicationName: "fn", computePlatform: "Lambda" }),
  );
  const { application } = await client.send(
    new sdk.GetApplicationCommand({ applicationName: "shop" }),
  );
  assert.ok(application?.createTime instanceof Date);
  assert.equal(application.computePlatform, "Server");
  await client.send(
    new sdk.UpdateApplicationCommand({ applicationName: "fn", newApplicationName: "functions" }),
  );
  const { applicationsInfo = [] } = await client.send(
    new sdk.BatchGetApplicationsCommand({ applicationNames: ["functions", "shop"] }),
  );
  assert.deepEqual(applicationsInfo.map((one) => one.applicationName), ["functions", "shop"]);
  const names = Array.from({ length: 101 }, (_, number) => `page-${number}`);
  for (const applicationName of names) {
    await client.send(new sdk.CreateApplicationCommand({ applicationName }));
  }
  const listed = await all(
    sdk.paginateListApplications({ client }, {}),
    (page) => page.applications,
  );
  assert.ok(listed.pages > 1);
  assert.deepEqual(listed.entries.toSorted(), [...names, "functions", "shop"].toSorted());
  for (const applicationName of names) {
    await client.send(new sdk.DeleteApplicationCommand({ applicationName }));
  }
  await assert.rejects(
    client.send(new sdk.GetApplicationCommand({ applicationName: "nobody" })),
    (error) =>
      error instanceof sdk.ApplicationDoesNotExistException &&
      error.message === "No application found for name: nobody" &&
      error.$metadata.httpStatusCode === 400 && error.$metadata.requestId !== undefined,
  );
}

async function configs({ client }: Spoken): Promise<void> {
  const zonalConfig = {
    firstZoneMonitorDurationInSeconds: 60,
    monitorDurationInSeconds: 30,
    minimumHealthyHostsPerZone: { type: "FLEET_PERCENT", value: 10 },
  } as const;
  await client.send(
    new sdk.CreateDeploymentConfigCommand({
      deploymentConfigName: "zones",
      minimumHealthyHosts: { type: "FLEET_PERCENT", value: 20 },
      zonalConfig,
    }),
  );
  const { deploymentConfigInfo: info } = await client.send(
    new sdk.GetDeploymentConfigCommand({ deploymentConfigName: "zones" }),
  );
  assert.deepEqual(info?.zonalConfig, zonalConfig);
  const listed = await all(
    sdk.paginateListDeploymentConfigs({ client }, {}),
    (page) => page.deploymentConfigsList,
  );
  assert.ok(listed.entries.includes("zones"));
  await client.send(new sdk.DeleteDeploymentConfigCommand({ deploymentConfigName: "zones" }));
  await assert.rejects(
    client.send(
      new sdk.CreateDeploymentConfigCommand({
        deploymentConfigName: "x",
        minimumHealthyHosts: { type: "FLEET_PERCENT", value: 100 },
      }),
    ),
    sdk.InvalidMinimumHealthyHostValueException,
  );
}

async function groups({ client }: Spoken): Promise<void> {
  const { deploymentGroupId } = await client.send(
    new sdk.CreateDeploymentGroupCommand({
      ...GROUP,
      serviceRoleArn: ROLE,
      onPremisesInstanceTagFilters: [{ Key: "role", Value: "web", Type: "KEY_AND_VALUE" }],
      autoScalingGroups: ["fleet"],
    }),
  );
  const { deploymentGroupInfo: info } = await client.send(new sdk.GetDeploymentGroupCommand(GROUP));
  assert.equal(info?.deploymentGroupId, deploymentGroupId);
  assert.equal(info?.autoScalingGroups?.[0]?.name, "fleet");
  assert.deepEqual(info?.ec2TagFilters, []);
  const { hooksNotCleanedUp = [] } = await client.send(
    new sdk.UpdateDeploymentGroupCommand({
      applicationName: "shop",
      currentDeploymentGroupName: "production",
      autoScalingGroups: [],
    }),
  );
  assert.deepEqual(hooksNotCleanedUp, []);
  const { deploymentGroupsInfo = [] } = await client.send(
    new sdk.BatchGetDeploymentGroupsCommand({
      applicationName: "shop",
      deploymentGroupNames: ["production"],
    }),
  );
  assert.deepEqual(deploymentGroupsInfo[0]?.autoScalingGroups, []);
  const listed = await all(
    sdk.paginateListDeploymentGroups({ client }, { applicationName: "shop" }),
    (page) => page.deploymentGroups,
  );
  assert.deepEqual(listed.entries, ["production"]);
  await client.send(
    new sdk.DeleteDeploymentGroupCommand({ ...GROUP, deploymentGroupName: "absent" }),
  );
}

async function tags({ client }: Spoken): Promise<void> {
  const Tags = [{ Key: "team", Value: "one" }, { Key: "stage", Value: "two" }];
  await client.send(new sdk.TagResourceCommand({ ResourceArn: ARN, Tags }));
  await client.send(new sdk.UntagResourceCommand({ ResourceArn: ARN, TagKeys: ["stage"] }));
  const kept = await client.send(new sdk.ListTagsForResourceCommand({ ResourceArn: ARN }));
  assert.deepEqual(kept.Tags, [{ Key: "team", Value: "one" }]);
  await assert.rejects(
    client.send(new sdk.ListTagsForResourceCommand({ ResourceArn: "arn:nonsense" })),
    sdk.InvalidArnException,
  );
}

async function revisions({ client }: Spoken, revision: sdk.RevisionLocation): Promise<void> {
  await client.send(
    new sdk.RegisterApplicationRevisionCommand({ applicationName: "shop", revision }),
  );
  const got = await client.send(
    new sdk.GetApplicationRevisionCommand({ applicationName: "shop", revision }),
  );
  assert.ok(got.revisionInfo?.registerTime instanceof Date);
  const { revisions = [] } = await client.send(
    new sdk.BatchGetApplicationRevisionsCommand({ applicationName: "shop", revisions: [revision] }),
  );
  assert.deepEqual(revisions[0]?.revisionLocation, revision);
  const listed = await all(
    sdk.paginateListApplicationRevisions({ client }, { applicationName: "shop" }),
    (page) => page.revisions,
  );
  assert.deepEqual(listed.entries, [revision]);
}

async function instances({ client }: Spoken): Promise<void> {
  const instanceNames = ["sdk"];
  const iamUserArn = "arn:aws:iam::000000000000:user/sdk";
  await client.send(
    new sdk.RegisterOnPremisesInstanceCommand({ instanceName: "sdk", iamUserArn }),
  );
  const pairs = [{ Key: "zone", Value: "one" }];
  await client.send(new sdk.AddTagsToOnPremisesInstancesCommand({ instanceNames, tags: pairs }));
  const { instanceInfo } = await client.send(
    new sdk.GetOnPremisesInstanceCommand({ instanceName: "sdk" }),
  );
  assert.deepEqual(instanceInfo?.tags, pairs);
  const { instanceInfos = [] } = await client.send(
    new sdk.BatchGetOnPremisesInstancesCommand({ instanceNames }),
  );
  assert.deepEqual(instanceInfos, [instanceInfo]);
  const listed = await client.send(
    new sdk.ListOnPremisesInstancesCommand({ registrationStatus: "Registered" }),
  );
  assert.deepEqual(listed.instanceNames?.toSorted(), ["sdk", "web-1"]);
  await client.send(
    new sdk.RemoveTagsFromOnPremisesInstancesCommand({ instanceNames, tags: pairs }),
  );
  await client.send(new sdk.DeregisterOnPremisesInstanceCommand({ instanceName: "sdk" }));
  await assert.rejects(
    client.send(new sdk.GetOnPremisesInstanceCommand({ instanceName: "absent" })),
    sdk.InstanceNotRegisteredException,
  );
}

async function deployments({ client }: Spoken, revision: sdk.RevisionLocation): Promise<void> {
  const { deploymentId = "" } = await client.send(
    new sdk.CreateDeploymentCommand({ ...GROUP, revision }),
  );
  await sdk.waitUntilDeploymentSuccessful({ client, ...SOON }, { deploymentId });
  const { deploymentInfo: info } = await client.send(
    new sdk.GetDeploymentCommand({ deploymentId }),
  );
  assert.ok(info?.completeTime instanceof Date);
  assert.equal(info.deploymentOverview?.Succeeded, 1);
  assert.equal(info.deploymentMode, undefined);
  const { deploymentsInfo = [] } = await client.send(
    new sdk.BatchGetDeploymentsCommand({ deploymentIds: [deploymentId] }),
  );
  assert.deepEqual(deploymentsInfo, [info]);
  const listed = await all(
    sdk.paginateListDeployments({ client }, { createTimeRange: { start: new Date(0) } }),
    (page) => page.deployments,
  );
  assert.deepEqual(listed.entries, [deploymentId]);
  await targets(client, deploymentId);
  await restart(client);
  const stop = client.send(new sdk.StopDeploymentCommand({ deploymentId }));
  await assert.rejects(stop, sdk.DeploymentAlreadyCompletedException);
  const go = client.send(new sdk.ContinueDeploymentCommand({ deploymentId }));
  await assert.rejects(go, sdk.UnsupportedActionForDeploymentTypeException);
  const skip = client.send(new sdk.SkipWaitTimeForInstanceTerminationCommand({ deploymentId }));
  await assert.rejects(skip, sdk.UnsupportedActionForDeploymentTypeException);
}

async function targets(client: sdk.CodeDeployClient, deploymentId: string): Promise<void> {
  const { targetIds = [] } = await client.send(
    new sdk.ListDeploymentTargetsCommand({
      deploymentId,
      targetFilters: { TargetStatus: ["Succeeded"] },
    }),
  );
  assert.deepEqual(targetIds, ["web-1"]);
  const { deploymentTarget } = await client.send(
    new sdk.GetDeploymentTargetCommand({ deploymentId, targetId: "web-1" }),
  );
  assert.equal(deploymentTarget?.instanceTarget?.lifecycleEvents?.length, 7);
  const { deploymentTargets } = await client.send(
    new sdk.BatchGetDeploymentTargetsCommand({ deploymentId, targetIds }),
  );
  assert.deepEqual(deploymentTargets, [deploymentTarget]);
  const listed = await all(
    sdk.paginateListDeploymentInstances({ client }, { deploymentId }),
    (page) => page.instancesList,
  );
  assert.deepEqual(listed.entries, ["web-1"]);
  const { instanceSummary } = await client.send(
    new sdk.GetDeploymentInstanceCommand({ deploymentId, instanceId: "web-1" }),
  );
  const { instancesSummary } = await client.send(
    new sdk.BatchGetDeploymentInstancesCommand({ deploymentId, instanceIds: ["web-1"] }),
  );
  assert.deepEqual(instancesSummary, [instanceSummary]);
  await assert.rejects(
    client.send(new sdk.GetDeploymentTargetCommand({ deploymentId, targetId: "absent" })),
    sdk.DeploymentTargetDoesNotExistException,
  );
}

/** A mode that clients have only since 2025; it takes no revision. */
async function restart(client: sdk.CodeDeployClient): Promise<void> {
  const { deploymentId = "" } = await client.send(
    new sdk.CreateDeploymentCommand({ ...GROUP, deploymentMode: "RESTART" }),
  );
  await sdk.waitUntilDeploymentSuccessful({ client, ...SOON }, { deploymentId });
  const { deploymentInfo } = await client.send(new sdk.GetDeploymentCommand({ deploymentId }));
  assert.equal(deploymentInfo?.deploymentMode, "RESTART");
}

async function others({ client }: Spoken): Promise<void> {
  await client.send(new sdk.DeleteResourcesByExternalIdCommand({ externalId: "stack" }));
  const { tokenNameList } = await client.send(new sdk.ListGitHubAccountTokenNamesCommand({}));
  assert.deepEqual(tokenNameList, []);
  await assert.rejects(
    client.send(new sdk.DeleteGitHubAccountTokenCommand({ tokenName: "nobody" })),
    sdk.GitHubAccountTokenDoesNotExistException,
  );
  await assert.rejects(
    client.send(
      new sdk.PutLifecycleEventHookExecutionStatusCommand({
        deploymentId: "d-ABCDEFGHI",
        lifecycleEventHookExecutionId: "nonsense",
        status: "Succeeded",
      }),
    ),
    sdk.DeploymentDoesNotExistException,
  );
}

test("the AWS SDK for JavaScript calls each of its 47 commands, pages, waits and catches errors by class", async () => {
  const fleet = await Fleet.start(1);
  const spoken = new Spoken(fleet);
  try {
    await applications(spoken);
    const bundle = fleet.bundle("v1", version("1"));
    const pushed = await fleet.runtime("push", bundle, "--app", "shop", "--json");
    assert.equal(pushed.code, 0, pushed.stderr);
    const { revision } = Pushed.parse(JSON.parse(pushed.stdout));
    await configs(spoken);
    await groups(spoken);
    await tags(spoken);
    await revisions(spoken, revision);
    await instances(spoken);
    await deployments(spoken, revision);
    await others(spoken);
    const commands = Object.keys(sdk).filter((name) => name.endsWith("Command") && name[0] !== "$");
    const missing = commands.filter((name) => !spoken.sent.has(name));
    assert.deepEqual(missing, []);
    assert.equal(spoken.sent.size, 47);
  } finally {
    spoken.client.destroy();
    await fleet.close();
  }
});
