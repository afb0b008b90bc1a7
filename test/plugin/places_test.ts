/** What is under way at once: calls that wait for their place, and those that are given up. @module */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Places } from "../../core/plugin/places.ts";
import { createPluginContext } from "../../core/plugin/plugin_context.ts";

const GOING = new AbortController().signal;

test("so many calls are under way, the others follow in the order they came", async () => {
  const places = new Places(2);
  const begun: number[] = [];
  const ends = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const calls = ends.map(({ promise }, n) =>
    places.within(GOING, () => {
      begun.push(n);
      return promise;
    })
  );
  await Promise.resolve();
  assert.deepEqual(begun, [0, 1]);
  ends[1]!.resolve();
  await calls[1];
  ends[0]!.reject(new Error("broke"));
  await assert.rejects(calls[0]!, /broke/);
  ends[2]!.resolve();
  ends[3]!.resolve();
  await Promise.all(calls.slice(2));
  assert.deepEqual(begun, [0, 1, 2, 3]);
});

test("a call that is given up while it waits never begins, and takes no place", async () => {
  const places = new Places(1);
  const first = Promise.withResolvers<void>();
  const under = places.within(GOING, () => first.promise);
  const step = new AbortController();
  const waiting = places.within(step.signal, () => Promise.reject(new Error("it has begun")));
  step.abort(new Error("the step was given up"));
  await assert.rejects(waiting, /the step was given up/);
  first.resolve();
  await under;
  assert.equal(await places.within(GOING, () => Promise.resolve(1)), 1);
  await assert.rejects(places.within(step.signal, () => Promise.resolve(1)), /given up/);
  assert.equal(await places.within(GOING, () => Promise.resolve(2)), 2);
});

test("plugins with the same places share them", async () => {
  const atOnce = { programs: new Places(1), connections: new Places(1) };
  const context = () =>
    createPluginContext({
      ...{ signal: GOING, now: Date.now, log() {}, secretsFolder: "/nowhere", timeLapse: 1 },
      atOnce,
    });
  // Another that is under way has made the file.
  const lone = ["sh", "-c", `test ! -e $0 || exit 9; touch $0; sleep 0.05; rm $0`];
  const file = join(tmpdir(), `places-${crypto.randomUUID()}`);
  const ends = await Promise.all(
    Array.from({ length: 4 }, () => context().run([...lone, file])),
  );
  assert.deepEqual(ends.map(({ code }) => code), [0, 0, 0, 0]);
});
