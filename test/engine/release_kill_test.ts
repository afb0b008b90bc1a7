/** A release whose server is killed at each of its commits in turn. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { unfinishedReleases } from "../../core/store/releases.ts";
import { inCopies, type Kill, Killed, type ReleaseWorld, shown } from "./release_world.ts";

/** From the release's own creation on. */
async function killed(world: ReleaseWorld, kill: Kill): Promise<void> {
  const at = `killed ${kill.kept ? "after" : "before"} commit ${kill.commit}`;
  world.runs.set("web-2.zip", "SSSF");
  world.killAt(kill);
  await world.create("db web<db", 2).catch((error) => {
    assert.ok(error instanceof Killed, String(error));
  });
  const [id] = unfinishedReleases(world.fleet.store.read).map((release) => release.id);
  if (kill.commit === 1 && !kill.kept) {
    assert.deepEqual([id, world.created()], [undefined, "db web"], at);
    return;
  }
  const release = await world.toTheEnd(id ?? assert.fail(at));
  assert.equal(shown(release), "RolledBack: db RolledBack, web RolledBack", at);
  assert.equal(world.created(), "db web db web -web -db", at);
}

test("killed at any commit, a release begins nothing twice and ends the same", async () => {
  let commits = 0;
  function* kills() {
    yield async (world: ReleaseWorld) => {
      await killed(world, { commit: 10_000, kept: true });
      commits = world.commits;
    };
    assert.ok(commits > 10, `only ${commits} commits`);
    // Before a commit is after the one before; only the first has none.
    yield (world: ReleaseWorld) => killed(world, { commit: 1, kept: false });
    for (let commit = 1; commit <= commits; commit++) {
      yield (world: ReleaseWorld) => killed(world, { commit, kept: true });
    }
  }
  await inCopies("db web", (world) => world.succeed("db web<db"), kills);
});
