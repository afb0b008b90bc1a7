/**
 * What jobs of a build service do: make the group fit, create a deployment, wait for one that is in
 * the way, follow their own to its end, and print where it went. After published actions.
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-codedeploy";
import { version } from "../binary/bundles.ts";
import { IN_PLACE, installed } from "../binary/deployments.ts";
import { Fleet, until } from "../binary/fleet.ts";
import { clientOf, SOON } from "./client.ts";
import { Pushed } from "./pushed.ts";

const NAMES = { applicationName: "shop", deploymentGroupName: "production" };
const ROLE = "arn:aws:iam::000000000000:role/none";

/** Settings that lie in the repository that the job builds. */
const GROUP = {
  serviceRoleArn: ROLE,
  onPremisesInstanceTagFilters: [{ Key: "role", Value: "web", Type: "KEY_AND_VALUE" as const }],
  deploymentConfigName: "CodeDeployDefault.AllAtOnce",
};

interface Setting extends AsyncDisposable {
  fleet: Fleet;
  client: sdk.CodeDeployClient;
  /** Uploads a version and answers where it lies. */
  push(name: string, hooks?: Parameters<typeof version>[1]): Promise<sdk.RevisionLocation>;
}

async function hosts(count: number): Promise<Setting> {
  const fleet = await Fleet.start(count);
  const client = clientOf(fleet);
  await client.send(new sdk.CreateApplicationCommand({ applicationName: "shop" }));
  return {
    fleet,
    client,
    async push(name, hooks) {
      const bundle = fleet.bundle(name, version(name, hooks));
      const { stdout } = await fleet.runtime("push", bundle, "--app", "shop", "--json");
      const { s3Location } = Pushed.parse(JSON.parse(stdout)).revision;
      return { revisionType: "S3", s3Location };
    },
    [Symbol.asyncDispose]: () => fleet.close(),
  };
}

/** Updates the group, and creates it when there is none; answers which of both. */
async function fitGroup(client: sdk.CodeDeployClient): Promise<"updated" | "created"> {
  try {
    await client.send(
      new sdk.UpdateDeploymentGroupCommand({
        ...GROUP,
        applicationName: NAMES.applicationName,
        currentDeploymentGroupName: NAMES.deploymentGroupName,
      }),
    );
    return "updated";
  } catch (error) {
    if (!(error instanceof sdk.DeploymentGroupDoesNotExistException)) throw error;
    await client.send(new sdk.CreateDeploymentGroupCommand({ ...GROUP, ...NAMES }));
    return "created";
  }
}

/** The number in the description of the group's last deployment, by which old jobs step aside. */
async function lastRun(client: sdk.CodeDeployClient): Promise<number | undefined> {
  const { deploymentGroupInfo } = await client.send(new sdk.GetDeploymentGroupCommand(NAMES));
  const deploymentId = deploymentGroupInfo?.lastAttemptedDeployment?.deploymentId;
  if (deploymentId === undefined) return undefined;
  const { deploymentInfo } = await client.send(new sdk.GetDeploymentCommand({ deploymentId }));
  const [, run] = /run_number=(\d+)/.exec(deploymentInfo?.description ?? "") ?? [];
  return run === undefined ? undefined : Number(run);
}

interface Job {
  run: number;
  revision: sdk.RevisionLocation;
  /** Called with a deployment that is in the way, before the job waits for it. */
  blockedBy?: (id: string) => void;
}

/** Creates the deployment; one that is in the way is found in the message, and waited for. */
async function createDeployment(client: sdk.CodeDeployClient, job: Job): Promise<string> {
  for (let attempt = 1; attempt <= 5; attempt++) {
    const last = await lastRun(client);
    if (last !== undefined && last > job.run) throw new Error(`run ${last} came first`);
    try {
      const { deploymentId = "" } = await client.send(
        new sdk.CreateDeploymentCommand({
          ...NAMES,
          revision: job.revision,
          description: `Created by a job (run_number=${job.run})`,
        }),
      );
      return deploymentId;
    } catch (error) {
      if (!(error instanceof sdk.DeploymentLimitExceededException)) throw error;
      const [, other = ""] = /already has an active Deployment '(d-\w+)'/.exec(error.message) ?? [];
      assert.notEqual(other, "", error.message);
      job.blockedBy?.(other);
      // It may fail; the job goes on all the same.
      await sdk.waitUntilDeploymentSuccessful({ client, ...SOON }, { deploymentId: other })
        .catch((failure: unknown) => assert.ok(failure instanceof Error));
    }
  }
  throw new Error("too much is going on");
}

/** Looks at a deployment until it has ended, and prints each status once. */
async function follow(client: sdk.CodeDeployClient, deploymentId: string): Promise<string[]> {
  const printed: string[] = [];
  await until(`the end of ${deploymentId}`, async () => {
    const { deploymentInfo: info } = await client.send(
      new sdk.GetDeploymentCommand({ deploymentId }),
    );
    const { status = "", deploymentOverview = {} } = info ?? {};
    if (printed.at(-1) !== status) printed.push(status);
    const hosts = Object.values(deploymentOverview).reduce((sum, count) => sum + count, 0);
    assert.ok(status === "Created" || hosts > 0, "an overview of nobody");
    return ["Succeeded", "Failed", "Stopped"].includes(status);
  });
  return printed;
}

test("a job makes the group fit, deploys, follows its deployment and prints the targets", async () => {
  await using setting = await hosts(2);
  const { client, fleet } = setting;
  assert.equal(await fitGroup(client), "created");
  assert.equal(await fitGroup(client), "updated");
  assert.equal(await lastRun(client), undefined);
  const revision = await setting.push("1");
  const deploymentId = await createDeployment(client, { run: 1, revision });
  const printed = await follow(client, deploymentId);
  assert.equal(printed.at(-1), "Succeeded");
  const known = ["Created", "Queued", "InProgress", "Succeeded"];
  assert.deepEqual(printed, known.filter((status) => printed.includes(status)), "in this order");
  await sdk.waitUntilDeploymentSuccessful({ client, ...SOON }, { deploymentId });

  const { targetIds = [] } = await client.send(
    new sdk.ListDeploymentTargetsCommand({ deploymentId }),
  );
  const { deploymentTargets = [] } = await client.send(
    new sdk.BatchGetDeploymentTargetsCommand({ deploymentId, targetIds }),
  );
  const table = deploymentTargets.map(({ instanceTarget: target }) =>
    `${target?.targetId} ${target?.status} ${target?.lifecycleEvents?.length}`
  );
  assert.deepEqual(table, [
    `web-1 Succeeded ${IN_PLACE.length}`,
    `web-2 Succeeded ${IN_PLACE.length}`,
  ]);
  assert.deepEqual(fleet.hosts.map(installed), ["1\n", "1\n"]);
});

test("a job waits for the deployment that is in its way and goes on; an older one steps aside", async () => {
  await using setting = await hosts(1);
  const { client, fleet } = setting;
  await fitGroup(client);
  // The first deployment runs until the second job has found it.
  const slow = await setting.push("1", {
    ApplicationStart: 'while [ ! -e "$HOST_DIR/go" ]; do sleep 0.1; done',
  });
  const first = await createDeployment(client, { run: 7, revision: slow });
  const waited: string[] = [];
  const revision = await setting.push("2");
  const second = await createDeployment(client, {
    run: 8,
    revision,
    blockedBy(id) {
      waited.push(id);
      fleet.bundle("web-1", { go: "" });
    },
  });
  assert.deepEqual(new Set(waited), new Set([first]));
  assert.deepEqual((await follow(client, second)).at(-1), "Succeeded");
  assert.equal(installed(fleet.hosts[0]!), "2\n");
  await assert.rejects(createDeployment(client, { run: 6, revision }), /run 8 came first/);
});

test("a job goes on after the deployment in its way has failed, and its own failure is told", async () => {
  await using setting = await hosts(1);
  const { client, fleet } = setting;
  await fitGroup(client);
  const broken = await setting.push("1", {
    BeforeInstall: 'while [ ! -e "$HOST_DIR/go" ]; do sleep 0.1; done; echo no space >&2; exit 3',
  });
  const first = await createDeployment(client, { run: 1, revision: broken });
  const second = await createDeployment(client, {
    run: 2,
    revision: broken,
    blockedBy: () => void fleet.bundle("web-1", { go: "" }),
  });
  assert.notEqual(first, second);
  await assert.rejects(
    sdk.waitUntilDeploymentSuccessful({ client, ...SOON }, { deploymentId: second }),
    /"state":"FAILURE"/,
  );
  const { deploymentInfo } = await client.send(
    new sdk.GetDeploymentCommand({ deploymentId: second }),
  );
  assert.equal(deploymentInfo?.status, "Failed");
  assert.equal(deploymentInfo.errorInformation?.code, "HEALTH_CONSTRAINTS");
  const { deploymentTarget } = await client.send(
    new sdk.GetDeploymentTargetCommand({ deploymentId: second, targetId: "web-1" }),
  );
  const failed = deploymentTarget?.instanceTarget?.lifecycleEvents
    ?.find((event) => event.status === "Failed");
  assert.equal(failed?.lifecycleEventName, "BeforeInstall");
  assert.equal(failed.diagnostics?.errorCode, "ScriptFailed");
  assert.match(failed.diagnostics.logTail ?? "", /\[stderr\]no space/);
});

test("a job that stops what is in its way deploys at once", async () => {
  await using setting = await hosts(1);
  const { client, fleet } = setting;
  await fitGroup(client);
  const slow = await setting.push("1", {
    BeforeInstall: 'while [ ! -e "$HOST_DIR/go" ]; do sleep 0.1; done',
  });
  const first = await createDeployment(client, { run: 1, revision: slow });
  const listed = await client.send(
    new sdk.ListDeploymentsCommand({
      ...NAMES,
      includeOnlyStatuses: ["Created", "Queued", "InProgress"],
    }),
  );
  assert.deepEqual(listed.deployments, [first]);
  const stopped = await client.send(
    new sdk.StopDeploymentCommand({ deploymentId: first, autoRollbackEnabled: false }),
  );
  assert.ok(["Pending", "Succeeded"].includes(stopped.status ?? ""), `${stopped.status}`);
  fleet.bundle("web-1", { go: "" });
  assert.equal((await follow(client, first)).at(-1), "Stopped");
  const second = await createDeployment(client, { run: 2, revision: await setting.push("2") });
  assert.equal((await follow(client, second)).at(-1), "Succeeded");
  await assert.rejects(
    client.send(new sdk.StopDeploymentCommand({ deploymentId: second })),
    sdk.DeploymentAlreadyCompletedException,
  );
});
