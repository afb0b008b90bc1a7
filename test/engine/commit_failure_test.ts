/** A store that refuses a write: nothing is answered that is not on disk, and the engine recovers. @module */
import assert from "node:assert/strict";
import { applications } from "../../core/store/schema.ts";
import { fleetTest } from "./fleet.ts";

const FULL = new Error("database or disk is full");

fleetTest(
  "a report that could not be kept is not answered; sent again it counts",
  { hosts: 2 },
  async (fleet) => {
    const id = await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    let refusals = 1;
    fleet.refuseCommit = () => refusals-- > 0 ? FULL : undefined;
    await assert.rejects(fleet.finish(order), FULL);
    assert.equal(fleet.show(id), "RP InProgress");
    await assert.rejects(fleet.finish(order), FULL, "what is in memory is not trusted any more");
    assert.deepEqual(await fleet.look("web-2"), { cancel: [] });
    fleet.engine.tick();
    assert.equal(await fleet.finish(order), "Succeeded");
    await fleet.run("web-2");
    assert.equal((await fleet.ended(id)).status, "Succeeded");
    assert.equal(fleet.show(id), "SS Succeeded");
  },
);

fleetTest(
  "a deployment whose begin could not be kept begins with the next tick",
  { hosts: 1 },
  async (fleet) => {
    let commits = 0;
    fleet.refuseCommit = () => ++commits === 2 ? FULL : undefined;
    const id = await fleet.deploy("v1.zip");
    await fleet.settled();
    assert.equal(fleet.show(id), " Created");
    assert.deepEqual(fleet.reported, [`going on with deployment ${id}: ${FULL}`]);
    fleet.engine.tick();
    await fleet.run("web-1");
    assert.equal((await fleet.ended(id)).status, "Succeeded");
  },
);

fleetTest("an end that could not be kept has not happened, nor has its rollback", {
  hosts: 1,
  autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
}, async (fleet) => {
  await fleet.succeed("v1.zip", "web-1");
  const id = await fleet.deploy("v2.zip");
  const order = await fleet.take("web-1");
  fleet.refuseCommit = () => FULL;
  await assert.rejects(fleet.finish(order, "F"), FULL);
  fleet.engine.tick();
  await fleet.settled();
  assert.equal(fleet.show(id), "R InProgress");
  assert.deepEqual(fleet.engine.deployment(id).rollback, {});
  fleet.refuseCommit = () => undefined;
  fleet.engine.tick();
  await fleet.finish(order, "F");
  const back = (await fleet.ended(id)).rollback.rollbackDeploymentId ?? "";
  await fleet.run("web-1");
  assert.equal((await fleet.ended(back)).status, "Succeeded");
});

fleetTest("a write that follows a failed one in its group does not happen either", {
  hosts: 2,
  deploymentConfigName: "CodeDeployDefault.AllAtOnce",
}, async (fleet) => {
  const id = await fleet.deploy("v1.zip");
  const [one, two] = [await fleet.take("web-1"), await fleet.take("web-2")];
  await fleet.breakTarget("web-1");
  const both = await Promise.allSettled([fleet.finish(one), fleet.finish(two)]);
  assert.deepEqual(both.map(({ status }) => status), ["rejected", "rejected"]);
  assert.equal(
    fleet.show(id),
    "RR InProgress",
    "the second report would have ended the deployment",
  );
  await fleet.mendTarget();
  fleet.engine.tick();
  await Promise.all([fleet.finish(one), fleet.finish(two)]);
  assert.equal((await fleet.ended(id)).status, "Succeeded");
  assert.equal(fleet.show(id), "SS Succeeded");
});

fleetTest(
  "a report sent twice is not answered before the first is kept",
  { hosts: 1 },
  async (fleet) => {
    await fleet.deploy("v1.zip");
    const order = await fleet.take("web-1");
    await fleet.breakTarget("web-1");
    const both = await Promise.allSettled([fleet.finish(order), fleet.finish(order)]);
    assert.deepEqual(both.map(({ status }) => status), ["rejected", "rejected"]);
  },
);

fleetTest(
  "a deployment that cannot begin ends once that can be written",
  { hosts: 0 },
  async (fleet) => {
    let commits = 0;
    fleet.refuseCommit = () => ++commits === 2 ? FULL : undefined;
    const id = await fleet.deploy("v1.zip");
    await fleet.settled();
    assert.equal(fleet.show(id), " Created");
    fleet.engine.tick();
    assert.equal((await fleet.ended(id)).error?.code, "NO_INSTANCES");
  },
);

fleetTest("a report for a deployment that is yet to be ended is not answered", { hosts: 1 }, async (
  fleet,
) => {
  const id = await fleet.deploy("v1.zip");
  const order = await fleet.take("web-1");
  await fleet.store.commit((tx) => tx.delete(applications).run());
  fleet.refuseCommit = () => FULL;
  fleet.restart();
  await assert.rejects(fleet.finish(order), /does not run the deployment/);
  fleet.refuseCommit = () => undefined;
  await fleet.settled();
  fleet.engine.tick();
  assert.equal((await fleet.ended(id)).error?.code, "APPLICATION_MISSING");
  assert.equal(await fleet.finish(order), "Failed");
});

fleetTest("a deployment that could not be created does not exist", { hosts: 1 }, async (fleet) => {
  let refusals = 1;
  fleet.refuseCommit = () => refusals-- > 0 ? FULL : undefined;
  await assert.rejects(fleet.deploy("v1.zip"), FULL);
  await fleet.succeed("v1.zip", "web-1");
});
