/** Deployments through the real engine and store, over hosts that poll and report. @module */
import assert from "node:assert/strict";
import { revisionIdentity } from "../../core/domain/revision.ts";
import { healthOf } from "../../core/store/instance_health.ts";
import { revisions } from "../../core/store/schema.ts";
import onPremises from "../../plugins/targets/on_premises.ts";
import minimumHealthyHosts from "../../strategies/minimum_healthy_hosts.ts";
import { revision } from "../rollout/letters.ts";
import { type Fleet, fleetTest, GROUP_ID } from "./fleet.ts";

const ALL_AT_ONCE = { deploymentConfigName: "CodeDeployDefault.AllAtOnce" };

const health = (fleet: Fleet) => Object.fromEntries(healthOf(fleet.store.read, GROUP_ID));

fleetTest(
  "one at a time over three hosts, each after the one before",
  { hosts: 3 },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    const first = await fleet.take("web-1");
    assert.equal(fleet.show(id), "RPP InProgress");
    assert.deepEqual(await fleet.look("web-2"), { cancel: [] });
    await fleet.finish(first);
    assert.equal(fleet.show(id), "SRP InProgress");
    await fleet.run("web-2");
    await fleet.run("web-3");
    const ended = await fleet.ended(id);
    assert.equal(fleet.show(id), "SSS Succeeded");
    assert.deepEqual(ended.overview, {
      Pending: 0,
      InProgress: 0,
      Succeeded: 3,
      Failed: 0,
      Skipped: 0,
      Ready: 0,
    });
    assert.equal(ended.error, undefined);
    assert.deepEqual(ended.rollback, {});
    assert.ok(ended.startTime !== undefined && ended.completeTime !== undefined);
  },
);

fleetTest("all at once gives every host its order", { hosts: 3, ...ALL_AT_ONCE }, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const orders = await Promise.all(["web-1", "web-2", "web-3"].map((host) => fleet.take(host)));
  assert.equal(fleet.show(id), "RRR InProgress");
  await Promise.all(
    orders.map((order, index) => fleet.finish(order, index < 2 ? "SSF" : "SSSSSSS")),
  );
  assert.equal((await fleet.ended(id)).status, "Succeeded");
  assert.equal(fleet.show(id), "FFS Succeeded");
});

fleetTest(
  "an order says what to do, to whom, and which number it has",
  { hosts: 1 },
  async (fleet) => {
    const first = await fleet.deploy("v1.zip", { ignoreApplicationStopFailures: true });
    const issuedAt = fleet.now;
    const order = await fleet.run("web-1");
    assert.deepEqual(order, {
      commandId: `${first}/web-1`,
      hostIdentifier: "arn:aws:iam::000000000000:user/AWS/CodeDeploy/web-1",
      nonce: issuedAt,
      issuedAt,
      expiresAt: issuedAt + 300_000,
      events: fleet.targets(first)[0]?.events.map((event) => event.name),
      ignoreFailuresOf: ["ApplicationStop", "BeforeBlockTraffic", "AfterBlockTraffic"],
      specification: {
        DeploymentId: first,
        DeploymentGroupId: GROUP_ID,
        DeploymentGroupName: "prod",
        ApplicationName: "shop",
        DeploymentCreator: "user",
        DeploymentType: "IN_PLACE",
        AppSpecFilename: "appspec.yml",
        AgentActionOverrides: { AgentOverrides: { FileExistsBehavior: "DISALLOW" } },
        Revision: {
          RevisionType: "S3",
          S3Revision: { Bucket: "b", Key: "v1.zip", BundleType: "zip", Version: null, ETag: null },
        },
      },
    });
    await fleet.deploy("v2.zip");
    const second = await fleet.take("web-1");
    assert.ok(second.nonce > order.nonce, `${second.nonce} after ${order.nonce}`);
    assert.deepEqual(second.ignoreFailuresOf, []);
    assert.equal(
      fleet.engine.hosts.order(order.commandId, "x"),
      undefined,
      "an order that is over is gone",
    );
  },
);

fleetTest(
  "a success makes its revision the group's and its hosts healthy",
  { hosts: 2 },
  async (fleet) => {
    const id = await fleet.succeed("v1.zip", "web-1", "web-2");
    const { targetRevision, lastSuccessfulDeploymentId, lastAttemptedDeploymentId } = fleet.group();
    assert.deepEqual(targetRevision, revision("v1.zip"));
    assert.deepEqual([lastSuccessfulDeploymentId, lastAttemptedDeploymentId], [id, id]);
    const known = { healthy: true, revision: revisionIdentity(revision("v1.zip")) };
    assert.deepEqual(health(fleet), { "web-1": known, "web-2": known });
    const used = fleet.store.read.select().from(revisions).all();
    assert.deepEqual(used.map(({ firstUsedTime }) => firstUsedTime), [fleet.now]);
  },
);

fleetTest(
  "law 5: a failure leaves the group's revision and marks only who was tried",
  { hosts: 3 },
  async (fleet) => {
    const good = await fleet.succeed("v1.zip", "web-1", "web-2", "web-3");
    const bad = await fleet.deploy("v2.zip");
    assert.deepEqual(fleet.engine.deployment(bad).request.previousRevision, revision("v1.zip"));
    await fleet.run("web-1", "SSF");
    const ended = await fleet.ended(bad);
    assert.equal(fleet.show(bad), "FKK Failed HEALTH_CONSTRAINTS");
    assert.match(
      ended.error?.message ?? "",
      /^1 of 3 hosts failed, 2 must stay healthy: web-1 failed/,
    );
    assert.deepEqual(ended.rollback, {}, "nobody asked for a rollback");
    const { targetRevision, lastSuccessfulDeploymentId, lastAttemptedDeploymentId } = fleet.group();
    assert.deepEqual(targetRevision, revision("v1.zip"));
    assert.deepEqual([lastSuccessfulDeploymentId, lastAttemptedDeploymentId], [good, bad]);
    const known = { healthy: true, revision: revisionIdentity(revision("v1.zip")) };
    assert.deepEqual(health(fleet), {
      "web-1": { healthy: false },
      "web-2": known,
      "web-3": known,
    });
  },
);

fleetTest("the strategy is told who was unhealthy before", { hosts: 2 }, async (fleet) => {
  const unhealthy: number[] = [];
  const watched: typeof minimumHealthyHosts = {
    ...minimumHealthyHosts,
    next(input) {
      unhealthy.push(input.fleet.pendingUnhealthy);
      return minimumHealthyHosts.next(input);
    },
  };
  fleet.plugins = [watched, onPremises];
  fleet.restart();
  await fleet.deploy("v1.zip");
  await fleet.run("web-1");
  await fleet.run("web-2", "F");
  await fleet.deploy("v2.zip");
  await fleet.poll("web-2");
  assert.deepEqual([unhealthy[0], unhealthy.at(-1)], [2, 1]);
});

fleetTest(
  "the next deployment takes unhealthy hosts and unknown ones first",
  { hosts: 2 },
  async (fleet) => {
    await fleet.succeed("v1.zip", "web-1", "web-2");
    await fleet.deploy("v2.zip");
    await fleet.run("web-1");
    await fleet.run("web-2", "F");
    await fleet.register("web-0");
    const id = await fleet.deploy("v3.zip");
    await fleet.run("web-0");
    await fleet.run("web-2");
    await fleet.run("web-1");
    assert.equal((await fleet.ended(id)).status, "Succeeded");
  },
);

fleetTest(
  "a report that is repeated or late is accepted and changes nothing",
  { hosts: 2 },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    assert.equal(await fleet.progress(order, "SSR"), "InProgress");
    const [once, again] = await Promise.all([fleet.finish(order), fleet.finish(order)]);
    assert.deepEqual([once, again], ["Succeeded", "Succeeded"]);
    const before = fleet.targets(id);
    assert.equal(await fleet.progress(order, "SSSR"), "Succeeded");
    assert.equal(await fleet.finish(order, "SSF"), "Succeeded");
    assert.deepEqual(fleet.targets(id), before);
    await fleet.run("web-2");
    const ended = await fleet.ended(id);
    await fleet.finish(order, "SSF");
    assert.deepEqual(fleet.engine.deployment(id), ended);
    assert.deepEqual(fleet.targets(id)[0], before[0]);
    assert.equal(await fleet.engine.hosts.report("nonsense", { kind: "taken" }), "Failed");
  },
);

fleetTest("a newer poll of a host takes over from an older one", { hosts: 1 }, async (fleet) => {
  const older = fleet.poll("web-1");
  const newer = fleet.poll("web-1");
  assert.deepEqual(await older, { cancel: [] });
  const id = await fleet.deploy("v1.zip");
  assert.deepEqual(await newer, { cancel: [], commandId: `${id}/web-1` });
});
