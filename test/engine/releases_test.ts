/** Releases carried out: who begins when, what goes back in which order, and what is said of it. */
import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { putGroupPolicy } from "../../core/store/group_policies.ts";
import { putLock, removeLock } from "../../core/store/locks.ts";
import { deploymentGroups } from "../../core/store/schema.ts";
import { refused } from "./fleet.ts";
import { releaseTest, type ReleaseWorld, shown } from "./release_world.ts";

const CHAIN = "db api<db web<api";
const ON_FAILURE = { enabled: true, events: ["DEPLOYMENT_FAILURE" as const] };

const WEB = { id: "g-web", subject: "shop-web/prod" };

const entryOf = async (world: ReleaseWorld, id: string, name: string) =>
  (await world.toTheEnd(id)).state.entries[name] ?? assert.fail(name);

releaseTest("each begins when what it needs has succeeded", "db api web", async (world) => {
  const id = await world.create(CHAIN, 1);
  assert.equal(world.created(), "db");
  const release = await world.toTheEnd(id);
  assert.equal(shown(release), "Succeeded: db Succeeded, api Succeeded, web Succeeded");
  assert.equal(world.created(), "db api web");
  assert.ok((release.endTime ?? 0) > release.createTime);
  const [, api] = release.spec.entries.map(({ name }) => release.state.entries[name]);
  assert.ok(api && "deploymentId" in api && api.deploymentId);
  const { request } = world.fleet.engine.deployment(api.deploymentId);
  assert.deepEqual([request.creator, request.description], ["user", `Release v1 (${id})`]);
});

releaseTest("branches run side by side", "db api web", async (world) => {
  await world.create("db api web<db,api", 1);
  assert.equal(world.created(), "db api");
});

releaseTest("when one fails, all go back in reverse", "db api web", async (world) => {
  await world.succeed(CHAIN);
  world.runs.set("web-2.zip", "SSSF");
  const release = await world.toTheEnd(await world.create(CHAIN, 2));
  assert.equal(shown(release), "RolledBack: db RolledBack, api RolledBack, web RolledBack");
  assert.equal(world.created(), "db api web db api web -web -api -db");
  for (const name of world.names) {
    const second = name === "web" ? "Failed" : "Succeeded";
    assert.equal(
      world.history(name),
      `${name}-1.zip Succeeded, ${name}-2.zip ${second}, back to ${name}-1.zip Succeeded`,
    );
  }
  const web = release.state.entries["web"];
  assert.ok(web?.status === "RolledBack");
  assert.match(web.cause ?? "", new RegExp(`^${web.deploymentId} failed: HEALTH_CONSTRAINTS`));
  const { rollback } = world.fleet.engine.deployment(web.rollbackId);
  assert.equal(rollback.rollbackTriggeringDeploymentId, web.deploymentId);
});

releaseTest(
  "a group's own rule rolls its failure back, and no second time",
  "db web",
  async (w) => {
    await w.succeed("db web<db");
    w.runs.set("web-2.zip", "SSSF");
    const release = await w.toTheEnd(await w.create("db web<db", 2));
    assert.equal(shown(release), "RolledBack: db RolledBack, web RolledBack");
    assert.equal(w.created(), "db web db web -web -db");
  },
  { autoRollbackConfiguration: ON_FAILURE },
);

releaseTest("with `stop` everything stays where it is", "db web", async (world) => {
  await world.succeed("db web<db");
  world.runs.set("web-2.zip", "SSSF");
  const release = await world.toTheEnd(await world.create("db web<db", 2, "stop"));
  assert.equal(shown(release), "Failed: db Succeeded, web Failed");
  assert.equal(world.created(), "db web db web");
});

releaseTest("what has no earlier revision is left, and it is said", "db web", async (world) => {
  world.runs.set("web-1.zip", "F");
  const id = await world.create("db web<db", 1);
  const db = await entryOf(world, id, "db");
  assert.ok(db.status === "Succeeded");
  assert.match(db.left ?? "", /no earlier successful deployment to roll back to/);
  assert.equal(shown(await world.toTheEnd(id)), "Failed: db Succeeded, web Failed");
});

releaseTest("a rollback that fails holds up no other", "db api web", async (world) => {
  await world.succeed(CHAIN);
  world.runs.set("web-2.zip", "SSSF").set("api-1.zip", "F");
  const release = await world.toTheEnd(await world.create(CHAIN, 2));
  assert.equal(shown(release), "Failed: db RolledBack, api RollbackFailed, web RolledBack");
});

releaseTest("what somebody deployed since is not rolled back", "db api", async (world) => {
  await world.succeed("db api");
  world.runs.set("api-2.zip", "SSSF");
  const id = await world.create("db api", 2);
  const { fleet } = world;
  const order = await fleet.take("api-1");
  await fleet.run("db-1");
  await world.settled();
  const other = await world.deploy("db", "db-9.zip");
  await fleet.run("db-1");
  await fleet.ended(other);
  await fleet.finish(order, "SSSF");
  const db = await entryOf(world, id, "db");
  assert.ok(db.status === "Succeeded");
  assert.equal(db.left, `Its group has been deployed to since, by ${other}.`);
});

releaseTest("a busy group is waited for, and named", "db web", async (world) => {
  const other = await world.deploy("web", "web-0.zip");
  const id = await world.create("db web", 1);
  const { releases } = world.fleet.engine;
  assert.deepEqual(releases.release(id).state.entries["web"], {
    status: "Waiting",
    blocked: `Its group is busy with ${other}.`,
  });
  assert.match(shown(await world.toTheEnd(id)), /^Succeeded/);
  assert.equal(world.history("web"), "web-0.zip Succeeded, web-1.zip Succeeded");
});

releaseTest("a lock is waited for, and what it says is told", "db web", async (world) => {
  const { store } = world.fleet;
  const lock = { message: "a fire", by: "ann", time: world.fleet.now };
  await store.commit((tx) => putLock(tx, WEB, lock));
  const id = await world.create("db web<db", 1);
  for (let turn = 0; turn < 5; turn++) await world.work();
  const web = world.fleet.engine.releases.release(id).state.entries["web"];
  assert.ok(web?.status === "Waiting");
  assert.match(web.blocked ?? "", /a fire/);
  await store.commit((tx) => removeLock(tx, WEB));
  assert.match(shown(await world.toTheEnd(id)), /^Succeeded/);
});

for (const onBusy of ["queue", "supersede"] as const) {
  releaseTest(`a release waits its turn in a group that would ${onBusy}`, "db", async (world) => {
    await world.fleet.store.commit((tx) => putGroupPolicy(tx, "g-db", { onBusy }));
    await world.deploy("db", "db-0.zip");
    const id = await world.create("db", 1);
    assert.equal(world.fleet.engine.releases.release(id).state.entries["db"]?.status, "Waiting");
    assert.match(shown(await world.toTheEnd(id)), /^Succeeded/);
    assert.equal(world.history("db"), "db-0.zip Succeeded, db-1.zip Succeeded");
  });
}

releaseTest("a group that is deleted on the way fails its entry", "db web", async (world) => {
  await world.succeed("db web<db");
  const id = await world.create("db web<db", 2);
  await world.fleet.store.commit((tx) =>
    tx.delete(deploymentGroups).where(eq(deploymentGroups.id, "g-web")).run()
  );
  const web = await entryOf(world, id, "web");
  assert.deepEqual(web, {
    status: "Failed",
    cause: "No Deployment Group found for name: prod",
    changed: false,
  });
  assert.equal(shown(await world.toTheEnd(id)), "RolledBack: db RolledBack, web Failed");
});

releaseTest("what cannot be deployed is refused before anything begins", "db", async (world) => {
  await assert.rejects(
    world.create("db web<db", 1),
    refused("InvalidInputException", "web: No application found for name: shop-web"),
  );
  assert.equal(world.created(), "");
});

releaseTest("stopped, nothing begins and what there is goes back", "db api web", async (world) => {
  await world.succeed(CHAIN);
  const id = await world.create(CHAIN, 2);
  const { fleet } = world;
  await fleet.run("db-1");
  const order = await fleet.take("api-1");
  const { state } = await fleet.engine.releases.stop(id, true);
  assert.equal(state.entries["web"]?.status, "NotStarted");
  await fleet.finish(order, "SSSS");
  const release = await world.toTheEnd(id);
  assert.equal(shown(release), "RolledBack: db RolledBack, api RolledBack, web NotStarted");
  assert.equal(world.created(), "db api web db api -api -db");
  await assert.rejects(
    fleet.engine.releases.stop(id, true),
    refused("InvalidInputException", `The release ${id} has already ended: it is RolledBack`),
  );
});

releaseTest("stopped without rollback, it stays as it is", "db web", async (world) => {
  await world.succeed("db web<db");
  const id = await world.create("db web<db", 2);
  await world.fleet.run("db-1");
  await world.settled();
  await world.fleet.engine.releases.stop(id, false);
  const release = await world.toTheEnd(id);
  assert.match(shown(release), /^Stopped: db Succeeded, web Failed/);
  assert.equal(world.created(), "db web db web");
});

releaseTest("there is no release of an unknown id", "db", (world) => {
  assert.throws(
    () => world.fleet.engine.releases.release("r-AAAAAAAAA"),
    refused("InvalidInputException", /There is no release r-AAAAAAAAA/),
  );
  return Promise.resolve();
});
