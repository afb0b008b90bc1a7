/**
 * Law 1 by killing real processes: whatever is killed at whatever moment, no event of a host runs
 * twice or out of order, and what the server says is what the journals say. The moments come from a
 * seed; a failure prints it, and `KILL_SEED=N` repeats it as far as processes can be repeated.
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { version } from "./bundles.ts";
import { begin, ended, IN_PLACE, once, starts, targetsOf, trace } from "./deployments.ts";
import { Fleet } from "./fleet.ts";

const seed = Number(process.env["KILL_SEED"] ?? 20261125);

/** Numbers in [0, 1) that a seed repeats (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const wait = (milliseconds: number) => new Promise((next) => setTimeout(next, milliseconds));

/** Two versions whose hooks take long enough to be killed within. */
function versions(fleet: Fleet): [string, string] {
  const slow = { BeforeInstall: "sleep 0.05", ApplicationStart: "sleep 0.1" };
  return [fleet.bundle("v1", version("1", slow)), fleet.bundle("v2", version("2", slow))];
}

test(`law 1: a server killed at any moment loses and repeats nothing (seed ${seed})`, async () => {
  const random = randomFrom(seed);
  const fleet = await Fleet.start(3);
  try {
    await fleet.declare();
    const bundles = versions(fleet);
    for (const bundle of [...bundles, ...bundles]) {
      const id = await begin(fleet, bundle);
      for (let kill = 0; kill < 2; kill++) {
        await wait(random() * 400);
        await fleet.killServer();
        await fleet.startServer();
      }
      assert.equal((await ended(fleet, id)).status, "Succeeded");
      for (const host of fleet.hosts) assert.deepEqual(starts(fleet, host, id), once(IN_PLACE));
    }
    // ApplicationStop of the first deployment has nothing to stop.
    for (const host of fleet.hosts) assert.equal(trace(host).length, 4 * 5 - 1);
  } finally {
    await fleet.close();
  }
});

test(`law 1: an agent killed at any moment repeats no event (seed ${seed})`, async () => {
  const random = randomFrom(seed);
  const fleet = await Fleet.start(3);
  try {
    await fleet.declare({ config: "CodeDeployDefault.AllAtOnce" });
    const bundles = versions(fleet);
    for (const bundle of [...bundles, ...bundles, ...bundles]) {
      const id = await begin(fleet, bundle);
      for (let kill = 0; kill < 3; kill++) {
        await wait(random() * 120);
        const host = fleet.hosts[Math.floor(random() * 3)];
        assert.ok(host);
        await fleet.killAgent(host);
        await fleet.startAgent(host);
      }
      await ended(fleet, id);
      for (const target of await targetsOf(fleet, id, "web-1", "web-2", "web-3")) {
        const host = fleet.hosts.find(({ name }) => name === target.targetId);
        assert.ok(host);
        const counts = starts(fleet, host, id);
        assert.ok(Object.values(counts).every((count) => count === 1), JSON.stringify(counts));
        const failed = target.lifecycleEvents.findIndex((event) => event.status === "Failed");
        const ran = failed === -1 ? IN_PLACE.length : failed + 1;
        assert.deepEqual(
          Object.keys(counts),
          IN_PLACE.slice(0, ran),
          JSON.stringify(target.lifecycleEvents),
        );
        target.lifecycleEvents.forEach(({ status }, at) => {
          const expected = at === failed ? "Failed" : at < ran ? "Succeeded" : "Skipped";
          assert.equal(status, expected, `${target.targetId}, event ${at}`);
        });
      }
    }
  } finally {
    await fleet.close();
  }
});
