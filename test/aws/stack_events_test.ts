/**
 * A reader of what has happened, as CloudFormation and dashboards are: deployments by time and
 * status in pages, the events of their targets, and what was made for a stack by its external id.
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-codedeploy";
import { version } from "../binary/bundles.ts";
import { ended, IN_PLACE } from "../binary/deployments.ts";
import { Fleet } from "../binary/fleet.ts";
import { clientOf } from "./client.ts";
import { Pushed } from "./pushed.ts";

const NAMES = { applicationName: "shop", deploymentGroupName: "production" };

/** Two deployments that succeeded and one that failed between them, the oldest first. */
async function history(fleet: Fleet): Promise<string[]> {
  await fleet.declare();
  const ids: string[] = [];
  for (const [name, hooks] of [["1", {}], ["2", { AfterInstall: "exit 9" }], ["3", {}]] as const) {
    const bundle = fleet.bundle(name, version(name, hooks));
    const { stdout } = await fleet.runtime("push", bundle, "--app", "shop", "--json");
    const { revision } = Pushed.parse(JSON.parse(stdout));
    const { deploymentId = "" } = await clientOf(fleet).send(
      new sdk.CreateDeploymentCommand({ ...NAMES, revision }),
    );
    await ended(fleet, deploymentId);
    ids.push(deploymentId);
  }
  return ids;
}

async function timeOf(client: sdk.CodeDeployClient, deploymentId: string): Promise<Date> {
  const { deploymentInfo } = await client.send(new sdk.GetDeploymentCommand({ deploymentId }));
  assert.ok(deploymentInfo?.createTime instanceof Date);
  return deploymentInfo.createTime;
}

const later = (time: Date, milliseconds: number) => new Date(time.getTime() + milliseconds);

test("a reader finds deployments by status and time, and what each host did and when", async () => {
  const fleet = await Fleet.start(2);
  try {
    const client = clientOf(fleet);
    const [first = "", second = "", third = ""] = await history(fleet);
    const list = async (input: sdk.ListDeploymentsCommandInput) =>
      (await client.send(new sdk.ListDeploymentsCommand(input))).deployments;

    assert.deepEqual(await list({}), [third, second, first], "the newest first");
    assert.deepEqual(await list({ includeOnlyStatuses: ["Failed"] }), [second]);
    assert.deepEqual(await list({ includeOnlyStatuses: ["Succeeded", "Stopped"] }), [third, first]);
    assert.deepEqual(await list({ includeOnlyStatuses: ["InProgress"] }), []);
    const start = await timeOf(client, second);
    assert.deepEqual(await list({ createTimeRange: { start } }), [third, second]);
    assert.deepEqual(await list({ createTimeRange: { end: start } }), [second, first]);
    const end = later(start, 1);
    assert.deepEqual(await list({ ...NAMES, createTimeRange: { start, end } }), [second]);
    const tomorrow = later(new Date(), 86_400_000);
    assert.deepEqual(await list({ createTimeRange: { start: tomorrow } }), []);
    await assert.rejects(
      list({ createTimeRange: { start: end, end: start } }),
      sdk.InvalidTimeRangeException,
    );
    await assert.rejects(
      list({ applicationName: "shop" }),
      sdk.DeploymentGroupNameRequiredException,
    );

    const { deploymentTarget } = await client.send(
      new sdk.GetDeploymentTargetCommand({ deploymentId: third, targetId: "web-2" }),
    );
    assert.equal(deploymentTarget?.deploymentTargetType, "InstanceTarget");
    const { instanceTarget: target } = deploymentTarget;
    const events = target?.lifecycleEvents ?? [];
    assert.deepEqual(events.map((event) => event.lifecycleEventName), IN_PLACE);
    const times = events.flatMap(({ startTime, endTime }) => [startTime, endTime]);
    const ascending = times.map((time) => time?.getTime() ?? Number.NaN);
    assert.deepEqual(ascending, ascending.toSorted((a, b) => a - b), "one event after the other");
    assert.ok(ascending[0]! >= (await timeOf(client, third)).getTime());
    assert.match(target?.targetArn ?? "", /^arn:aws:codedeploy:us-east-1:\d{12}:instance\/web-2/);
    assert.equal(target?.deploymentId, third);

    const { deploymentTargets: stopped = [] } = await client.send(
      new sdk.BatchGetDeploymentTargetsCommand({
        deploymentId: second,
        targetIds: ["web-1", "web-2"],
      }),
    );
    assert.deepEqual(stopped.map(({ instanceTarget }) => instanceTarget?.status).toSorted(), [
      "Failed",
      "Skipped",
    ]);
  } finally {
    await fleet.close();
  }
});

test("nothing was made for a stack: its external id finds and deletes nothing", async () => {
  const fleet = await Fleet.start(1);
  try {
    const client = clientOf(fleet);
    const ids = await history(fleet);
    const externalId = "arn:aws:cloudformation:us-east-1:000000000000:stack/shop/1";
    const ofStack = new sdk.ListDeploymentsCommand({ externalId });
    assert.deepEqual((await client.send(ofStack)).deployments, []);
    for (const one of [externalId, undefined, externalId]) {
      await client.send(new sdk.DeleteResourcesByExternalIdCommand({ externalId: one }));
    }
    const { deployments } = await client.send(new sdk.ListDeploymentsCommand({}));
    assert.deepEqual(deployments, ids.toReversed());
    const { deploymentInfo } = await client.send(
      new sdk.GetDeploymentCommand({ deploymentId: ids[0] }),
    );
    assert.equal(deploymentInfo?.externalId, undefined);
    await client.send(new sdk.GetDeploymentGroupCommand(NAMES));
  } finally {
    await fleet.close();
  }
});
