/** updateOutdatedInstancesOnly: who is left alone, and what follows from it (spec 6.3). @module */
import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { instances } from "../../core/store/schema.ts";
import { type Fleet, fleetTest } from "./fleet.ts";

const OUTDATED = { updateOutdatedInstancesOnly: true };

/** Which hosts have a target that was skipped with every event. */
async function leftAlone(fleet: Fleet, id: string): Promise<string[]> {
  await fleet.settled();
  return fleet.targets(id)
    .filter(({ status, events }) =>
      status === "Skipped" && events.every((event) => event.status === "Skipped")
    )
    .map((target) => target.id);
}

fleetTest("hosts that are on the revision are skipped", { hosts: 2 }, async (fleet) => {
  await fleet.succeed("v1.zip", "web-1", "web-2");
  await fleet.register("web-3", "web-4");
  const id = await fleet.deploy("v1.zip", OUTDATED);
  assert.deepEqual(await leftAlone(fleet, id), ["web-1", "web-2"]);
  for (const host of ["web-3", "web-4"]) await fleet.run(host);
  const { status, overview } = await fleet.ended(id);
  assert.deepEqual([status, overview.Skipped, overview.Succeeded], ["Succeeded", 2, 2]);
});

fleetTest(
  "a fleet that is current succeeds and nobody hears of it",
  { hosts: 2 },
  async (fleet) => {
    await fleet.succeed("v1.zip", "web-1", "web-2");
    const id = await fleet.deploy("v1.zip", OUTDATED);
    const { status, overview, startTime, completeTime } = await fleet.ended(id);
    assert.deepEqual([status, overview.Skipped], ["Succeeded", 2]);
    assert.deepEqual([startTime, completeTime], [fleet.now, fleet.now]);
    for (const host of ["web-1", "web-2"]) {
      assert.deepEqual(await fleet.look(host), { cancel: [] });
    }
  },
);

fleetTest("another revision leaves nobody alone", { hosts: 2 }, async (fleet) => {
  await fleet.succeed("v1.zip", "web-1", "web-2");
  const id = await fleet.deploy("v2.zip", OUTDATED);
  assert.deepEqual(await leftAlone(fleet, id), []);
});

fleetTest("without the wish a host is deployed to again", { hosts: 1 }, async (fleet) => {
  await fleet.succeed("v1.zip", "web-1");
  const id = await fleet.deploy("v1.zip");
  assert.deepEqual(await leftAlone(fleet, id), []);
});

fleetTest(
  "a host whose last deployment failed is outdated, whatever it was on before",
  { hosts: 2, deploymentConfigName: "CodeDeployDefault.AllAtOnce" },
  async (fleet) => {
    await fleet.succeed("v1.zip", "web-1", "web-2");
    const second = await fleet.deploy("v2.zip");
    await fleet.run("web-1", "SSSF");
    await fleet.run("web-2");
    assert.equal((await fleet.ended(second)).status, "Succeeded");
    const back = await fleet.deploy("v2.zip", OUTDATED);
    assert.deepEqual(await leftAlone(fleet, back), ["web-2"]);
    await fleet.run("web-1");
    assert.equal((await fleet.ended(back)).status, "Succeeded");
  },
);

fleetTest(
  "the minimum of healthy hosts counts those that were left alone",
  { hosts: 3, deploymentConfigName: "CodeDeployDefault.HalfAtATime" },
  async (fleet) => {
    await fleet.succeed("v1.zip", "web-1", "web-2", "web-3");
    await fleet.register("web-4");
    const id = await fleet.deploy("v1.zip", OUTDATED);
    await fleet.run("web-4", "SSF");
    // Three of four are healthy, but the deployment itself reached nobody.
    assert.equal((await fleet.ended(id)).status, "Failed");
    assert.equal(fleet.show(id), "KKKF Failed HEALTH_CONSTRAINTS");
  },
);

fleetTest(
  "a rollback of it goes to the hosts that are not on the last success",
  {
    hosts: 2,
    deploymentConfigName: "CodeDeployDefault.AllAtOnce",
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
  },
  async (fleet) => {
    await fleet.succeed("v1.zip", "web-1", "web-2");
    await fleet.register("web-3");
    const id = await fleet.deploy("v1.zip", OUTDATED);
    await fleet.run("web-3", "SSF");
    const { rollbackDeploymentId = "" } = (await fleet.ended(id)).rollback;
    await fleet.run("web-3");
    assert.equal((await fleet.ended(rollbackDeploymentId)).status, "Succeeded");
    assert.deepEqual(await leftAlone(fleet, rollbackDeploymentId), ["web-1", "web-2"]);
  },
);

fleetTest(
  "those left alone stay so after the server was restarted",
  { hosts: 1 },
  async (fleet) => {
    await fleet.succeed("v1.zip", "web-1");
    await fleet.register("web-2");
    const id = await fleet.deploy("v1.zip", OUTDATED);
    await fleet.poll("web-2");
    fleet.restart();
    assert.deepEqual(await leftAlone(fleet, id), ["web-1"]);
    await fleet.run("web-2");
    assert.equal(fleet.show(id), "KS Succeeded");
  },
);

fleetTest("a host that left the group is no target", { hosts: 2 }, async (fleet) => {
  await fleet.succeed("v1.zip", "web-1", "web-2");
  await fleet.store.commit((tx) =>
    tx.update(instances).set({ tags: [] }).where(eq(instances.name, "web-2")).run()
  );
  const id = await fleet.deploy("v1.zip", OUTDATED);
  assert.deepEqual(await leftAlone(fleet, id), ["web-1"]);
});
