/**
 * `--busy-group queue` by killing the server: whatever waits is there afterwards, begins in its turn
 * and runs once. The moments come from a seed; `KILL_SEED=N` repeats them as far as can be.
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { version } from "./bundles.ts";
import { begin, ended, IN_PLACE, infoOf, installed, once, starts } from "./deployments.ts";
import { Fleet } from "./fleet.ts";

const seed = Number(process.env["KILL_SEED"] ?? 20261125);
const VERSIONS = 5;

test(`a server killed while deployments wait begins each in its turn (seed ${seed})`, async () => {
  const fleet = await Fleet.start(2);
  try {
    await fleet.declare();
    await fleet.killServer();
    fleet.serverFlags = ["--busy-group", "queue"];
    await fleet.startServer();
    const ids: string[] = [];
    for (let n = 1; n <= VERSIONS; n++) {
      const slow = version(String(n), { BeforeInstall: "sleep 0.1" });
      ids.push(await begin(fleet, fleet.bundle(`v${n}`, slow)));
    }
    const last = ids.at(-1) ?? "";
    assert.equal((await infoOf(fleet, last)).status, "Queued");
    for (let kill = 0; kill < 6; kill++) {
      await new Promise((next) => setTimeout(next, (seed * (kill + 1)) % 700));
      await fleet.killServer();
      await fleet.startServer();
    }
    for (const id of ids) assert.equal((await ended(fleet, id)).status, "Succeeded");
    for (const host of fleet.hosts) {
      const order = fleet.journal(host).flatMap((line) =>
        line.what === "started" && line.event === "Install" ? [line.deploymentId] : []
      );
      assert.deepEqual(order, ids, host.name);
      for (const id of ids) assert.deepEqual(starts(fleet, host, id), once(IN_PLACE));
      assert.match(installed(host), new RegExp(`^${VERSIONS}`));
    }
  } finally {
    await fleet.close();
  }
});
