/** What CreateDeployment refuses, and what ends a deployment before it has begun. @module */
import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import type { DeploymentConfig } from "../../core/domain/deployment_config.ts";
import type { ErrorName } from "../../core/domain/errors.ts";
import { quotasFrom } from "../../core/domain/quotas.ts";
import {
  deploymentConfigs,
  deploymentGroups,
  deployments,
  instances,
  revisions,
} from "../../core/store/schema.ts";
import { type Fleet, fleetTest, refused } from "./fleet.ts";

fleetTest(
  "a group that matches no host fails its deployment",
  {
    hosts: 0,
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
  },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    const ended = await fleet.ended(id);
    assert.equal(fleet.show(id), " Failed NO_INSTANCES");
    assert.match(ended.error?.message ?? "", /No registered instance matches .* group prod/);
    assert.ok(ended.completeTime !== undefined);
    assert.equal(
      ended.rollback.rollbackMessage,
      "No host was changed, so there is nothing to roll back.",
    );
  },
);

fleetTest("a host that was deregistered is not deployed to", { hosts: 2 }, async (fleet) => {
  await fleet.store.commit((tx) =>
    tx.update(instances).set({ deregisterTime: fleet.now }).where(eq(instances.name, "web-2")).run()
  );
  const id = await fleet.succeed("v1.zip", "web-1");
  assert.equal(fleet.show(id), "S Succeeded");
});

fleetTest(
  "a minimum nobody can keep fails before any host has an order",
  { hosts: 2 },
  async (fleet) => {
    const config: DeploymentConfig = {
      id: "c-1",
      name: "both",
      computePlatform: "Server",
      createTime: fleet.now,
      minimumHealthyHosts: { type: "HOST_COUNT", value: 2 },
    };
    await fleet.store.commit((tx) =>
      tx.insert(deploymentConfigs).values({ name: "both", config }).run()
    );
    const id = await fleet.deploy("v1.zip", { deploymentConfigName: "both" });
    await fleet.ended(id);
    assert.equal(fleet.show(id), "KK Failed HEALTH_CONSTRAINTS_INVALID");
    assert.deepEqual(await fleet.look("web-1"), { cancel: [] });
  },
);

fleetTest("a group has one deployment at a time", { hosts: 1 }, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  await assert.rejects(
    fleet.deploy("v2.zip"),
    refused(
      "DeploymentLimitExceededException",
      `The Deployment Group 'prod' already has an active Deployment '${id}'`,
    ),
  );
  await fleet.run("web-1");
  await fleet.ended(id);
  await fleet.succeed("v2.zip", "web-1");
});

fleetTest("the quota of deployments under way is the account's", { hosts: 1 }, async (fleet) => {
  fleet.quotas = quotasFrom(["active-deployments=1"]);
  fleet.restart();
  const settings = { onPremisesInstanceTagFilters: [] };
  await fleet.store.commit((tx) =>
    tx.insert(deploymentGroups)
      .values({ id: "g-2", applicationId: "a-1", name: "other", settings }).run()
  );
  await fleet.deploy("v1.zip");
  await assert.rejects(
    fleet.deploy("v1.zip", { deploymentGroupName: "other" }),
    refused("DeploymentLimitExceededException", /There are 1 deployments under way.*--limit/),
  );
  await fleet.run("web-1");
  await fleet.settled();
  await fleet.deploy("v1.zip", { deploymentGroupName: "other" });
});

fleetTest("a group of more hosts than the quota allows fails its deployment", {
  hosts: 3,
}, async (fleet) => {
  fleet.quotas = quotasFrom(["instances-per-deployment=2"]);
  fleet.restart();
  const id = await fleet.deploy("v1.zip");
  const ended = await fleet.ended(id);
  assert.equal(fleet.show(id), " Failed OVER_MAX_INSTANCES");
  assert.match(ended.error?.message ?? "", /group prod match 3 instances; a deployment may have 2/);
  fleet.quotas = quotasFrom(["instances-per-deployment=3"]);
  fleet.restart();
  await fleet.succeed("v1.zip", "web-1", "web-2", "web-3");
});

fleetTest("of two deployments at once exactly one wins, and the other changes nothing", {
  hosts: 1,
}, async (fleet) => {
  const both = await Promise.allSettled([fleet.deploy("v1.zip"), fleet.deploy("v2.zip")]);
  const [won] = both.flatMap((one) => one.status === "fulfilled" ? one.value : []);
  const [lost] = both.flatMap((one) => one.status === "rejected" ? one.reason : []);
  assert.equal(
    lost?.message,
    `The Deployment Group 'prod' already has an active Deployment '${won}'`,
  );
  const rows = fleet.store.read.select().from(deployments).all();
  assert.deepEqual(rows.map(({ id }) => id), [won]);
  assert.equal(fleet.store.read.select().from(revisions).all().length, 1);
  assert.equal(fleet.group().lastAttemptedDeploymentId, won);
});

fleetTest(
  "CreateDeployment refuses what it names, and writes nothing",
  { hosts: 1 },
  async (fleet) => {
    const refusals: [Parameters<Fleet["deploy"]>[1], ErrorName, string | RegExp][] = [
      [
        { applicationName: "none" },
        "ApplicationDoesNotExistException",
        "No application found for name: none",
      ],
      [
        { deploymentGroupName: "none" },
        "DeploymentGroupDoesNotExistException",
        "No Deployment Group found for name: none",
      ],
      [
        { deploymentConfigName: "none" },
        "DeploymentConfigDoesNotExistException",
        "No Deployment Configuration found for name: none",
      ],
      [
        { deploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce" },
        "InvalidDeploymentConfigNameException",
        /is a config for Lambda, the application is for Server/,
      ],
    ];
    for (const [input, name, message] of refusals) {
      await assert.rejects(fleet.deploy("v1.zip", input), refused(name, message));
    }
    assert.equal(fleet.store.read.select().from(deployments).all().length, 0);
    assert.equal(fleet.store.read.select().from(revisions).all().length, 0);
  },
);

fleetTest(
  "blue/green without hosts to replace the others is refused",
  {
    hosts: 1,
    deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
  },
  async (fleet) => {
    await assert.rejects(
      fleet.deploy("v1.zip"),
      refused("InvalidTargetInstancesException", /needs the hosts of its replacement environment/),
    );
  },
);
