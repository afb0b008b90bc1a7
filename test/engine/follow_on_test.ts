/** Hosts that come to a group while it is deployed to (spec 6.3), and a rollback's own time. @module */
import assert from "node:assert/strict";
import { putGroupPolicy } from "../../core/store/group_policies.ts";
import { deployments } from "../../core/store/schema.ts";
import { fleetTest, GROUP_ID } from "./fleet.ts";

fleetTest("spec 6.3: a host that came meanwhile gets the revision by a deployment of its own", {
  hosts: 1,
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const order = await fleet.take("web-1");
  await fleet.register("web-2");
  await fleet.finish(order);
  const root = await fleet.ended(id);
  assert.equal(fleet.show(id), "S Succeeded");
  const [followOnId = ""] = root.followOns ?? [];
  const run = await fleet.run("web-2");
  assert.equal(run.specification.DeploymentCreator, "CodeDeployAutoUpdate");
  const followOn = await fleet.ended(followOnId);
  assert.equal(fleet.show(followOnId), "S Succeeded");
  assert.equal(followOn.request.autoUpdateOf, id);
  assert.deepEqual(followOn.request.revision, root.request.revision);
  assert.equal(followOn.followOns, undefined);
});

fleetTest("spec 6.3: IGNORE leaves it alone", {
  hosts: 1,
  outdatedInstancesStrategy: "IGNORE",
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const order = await fleet.take("web-1");
  await fleet.register("web-2");
  await fleet.finish(order);
  await fleet.ended(id);
  assert.equal(fleet.store.read.select().from(deployments).all().length, 1);
});

fleetTest("a host that comes during the follow-on has one too, of the same root", {
  hosts: 1,
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const order = await fleet.take("web-1");
  await fleet.register("web-2");
  await fleet.finish(order);
  await fleet.ended(id);
  const second = await fleet.take("web-2");
  await fleet.register("web-3");
  await fleet.finish(second);
  await fleet.run("web-3");
  await fleet.settled();
  assert.equal(fleet.engine.deployment(id).followOns?.length, 2);
});

const FORWARD: [what: string, strategy: string, config: Record<string, unknown>][] = [
  ["leaves no room for one host", "minimum-healthy-hosts", {
    minimumHealthyHosts: { type: "FLEET_PERCENT", value: 50 },
  }],
  ["waits for a person", "canary", { steps: [{ hosts: 1 }, { pause: true }] }],
];
for (const [what, strategy, config] of FORWARD) {
  fleetTest(`a host that came late goes on without a plan that ${what}`, {
    hosts: 2,
  }, async (fleet) => {
    await fleet.useStrategy(strategy, config);
    fleet.restart();
    const id = await fleet.deploy("v1.zip", { deploymentConfigName: "mine" });
    await fleet.run("web-1");
    await fleet.register("web-3");
    await fleet.settled();
    if (strategy === "canary") {
      const ann = "arn:aws:iam::000000000000:user/ann";
      await fleet.engine.intervene(id, { kind: "promote", whole: true }, ann);
    }
    await fleet.run("web-2");
    const [followOn = ""] = (await fleet.ended(id)).followOns ?? [];
    await fleet.run("web-3");
    assert.equal((await fleet.ended(followOn)).status, "Succeeded");
    assert.equal(fleet.engine.deployment(followOn).request.configName, "mine");
  });
}

fleetTest("a rollback ends an event by the group's own time for it", {
  hosts: 1,
  autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
}, async (fleet) => {
  await fleet.store.commit((tx) =>
    putGroupPolicy(tx, GROUP_ID, { rollback: { eventTimeoutSeconds: 20 } })
  );
  await fleet.succeed("v1.zip", "web-1");
  const bad = await fleet.deploy("v2.zip");
  await fleet.run("web-1", "F");
  const back = (await fleet.ended(bad)).rollback.rollbackDeploymentId ?? "";
  const order = await fleet.take("web-1");
  await fleet.progress(order, "SSR");
  fleet.now += 19_000;
  fleet.engine.tick();
  await fleet.settled();
  assert.equal(fleet.show(back), "R InProgress");
  fleet.now += 1_000;
  fleet.engine.tick();
  await fleet.ended(back);
  assert.equal(fleet.show(back), "F Failed HEALTH_CONSTRAINTS");
});
