import assert from "node:assert/strict";
import { test } from "node:test";
import { type Handout, HostDesk } from "../../core/engine/host_desk.ts";

/** Long enough to fail the test by its assertion if nobody is woken. */
const LONG = 10_000;
const NOTHING: Handout = { cancel: [] };

interface Poll {
  host?: string;
  running?: string[];
  waitMs?: number;
  signal?: AbortSignal;
}

/** A desk whose methods may be called bare; `ask` polls, by default as web-1 and without waiting. */
function desk(clock = { now: 0 }) {
  const desk = new HostDesk(() => clock.now);
  return {
    /** Numbers follow the alphabet: "b" is newer than "a". */
    give: (host: string, id: string) => desk.give(host, { id, nonce: id.charCodeAt(0) }),
    cancel: desk.cancel.bind(desk),
    remove: desk.remove.bind(desk),
    close: desk.close.bind(desk),
    ask: ({ host = "web-1", running = [], waitMs = 0, signal = AbortSignal.timeout(LONG) }: Poll) =>
      desk.poll({ host, running: new Set(running), waitMs, signal }),
  };
}

test("an empty desk answers at once when nobody wants to wait", async () => {
  assert.deepEqual(await desk().ask({}), NOTHING);
});

test("an order laid out before is handed out at once, to its host alone", async () => {
  const { give, ask } = desk();
  give("web-1", "a");
  assert.deepEqual(await ask({ host: "web-2" }), NOTHING);
  assert.deepEqual(await ask({}), { cancel: [], commandId: "a" });
});

test("an order wakes the host that waits for it and nobody else", async () => {
  const { give, ask } = desk();
  const controller = new AbortController();
  const other = ask({ host: "web-2", waitMs: LONG, signal: controller.signal });
  const waiting = ask({ waitMs: LONG });
  give("web-1", "a");
  assert.equal((await waiting).commandId, "a");
  controller.abort();
  assert.deepEqual(await other, NOTHING);
});

test("orders are handed out one at a time, in the order they were laid out", async () => {
  const { give, ask } = desk();
  give("web-1", "a");
  give("web-1", "b");
  assert.equal((await ask({})).commandId, "a");
  assert.equal((await ask({ running: ["a"] })).commandId, "b");
  assert.deepEqual(await ask({ running: ["a", "b"] }), NOTHING);
});

test("a lower number goes first, whenever it was laid out, and the next waits until it is held", async () => {
  const clock = { now: 0 };
  const { give, ask } = desk(clock);
  give("web-1", "b");
  give("web-1", "a");
  assert.equal((await ask({})).commandId, "a");
  // The answer may be lost: b taken now would have the agent refuse a for ever.
  assert.deepEqual(await ask({}), NOTHING);
  clock.now = 5_000;
  assert.equal((await ask({})).commandId, "a");
  assert.equal((await ask({ running: ["a"] })).commandId, "b");
});

test("an order whose answer was lost is repeated after five seconds, not before", async () => {
  const clock = { now: 0 };
  const { give, ask } = desk(clock);
  give("web-1", "a");
  assert.equal((await ask({})).commandId, "a");
  clock.now = 4_999;
  assert.deepEqual(await ask({}), NOTHING);
  clock.now = 5_000;
  assert.equal((await ask({})).commandId, "a");
});

test("an order whose answer was lost reaches a host that waits already", async () => {
  const desk = new HostDesk(() => performance.now(), 20);
  desk.give("web-1", { id: "a", nonce: 1 });
  const ask = () =>
    desk.poll({
      host: "web-1",
      running: new Set(),
      waitMs: LONG,
      signal: AbortSignal.timeout(LONG / 2),
    });
  assert.equal((await ask()).commandId, "a");
  assert.equal((await ask()).commandId, "a");
});

test("an order that is over is never handed out again", async () => {
  const clock = { now: 0 };
  const { give, remove, ask } = desk(clock);
  give("web-1", "a");
  await ask({});
  remove("web-1", "a");
  clock.now = 60_000;
  assert.deepEqual(await ask({}), NOTHING);
  remove("web-1", "a");
});

test("a cancellation wakes a host that holds the order, and is repeated like an order", async () => {
  const clock = { now: 0 };
  const { give, cancel, ask } = desk(clock);
  give("web-1", "a");
  await ask({});
  const waiting = ask({ running: ["a"], waitMs: LONG });
  cancel("web-1", "a");
  assert.deepEqual(await waiting, { cancel: ["a"] });
  assert.deepEqual(await ask({ running: ["a"] }), NOTHING);
  clock.now = 5_000;
  assert.deepEqual(await ask({ running: ["a"] }), { cancel: ["a"] });
});

test("a cancelled order that its host never took is still handed out, then cancelled", async () => {
  const { give, cancel, ask } = desk();
  give("web-1", "a");
  cancel("web-1", "a");
  assert.deepEqual(await ask({}), { cancel: [], commandId: "a" });
  assert.deepEqual(await ask({ running: ["a"] }), { cancel: ["a"] });
});

test("nothing is cancelled that was not laid out", async () => {
  const { cancel, ask } = desk();
  cancel("web-1", "a");
  assert.deepEqual(await ask({ running: ["a"] }), NOTHING);
});

test("a newer poll of a host takes over: the older one leaves with nothing", async () => {
  const { give, ask } = desk();
  const older = ask({ waitMs: LONG });
  const newer = ask({ waitMs: LONG });
  assert.deepEqual(await older, NOTHING);
  give("web-1", "a");
  assert.equal((await newer).commandId, "a");
});

test("a poll that is replaced in the moment it is woken does not take the order along", async () => {
  const { give, ask } = desk();
  const older = ask({ waitMs: LONG });
  give("web-1", "a");
  const newer = ask({ waitMs: LONG });
  assert.deepEqual(await older, NOTHING);
  assert.equal((await newer).commandId, "a");
});

test("a poll that is replaced in the moment it is woken does not deafen the newer one", async () => {
  const { give, cancel, ask } = desk();
  give("web-1", "a");
  await ask({});
  const older = ask({ running: ["a"], waitMs: LONG });
  cancel("web-1", "a");
  assert.deepEqual(await ask({ running: ["a"] }), { cancel: ["a"] });
  const newer = ask({ running: ["a"], waitMs: LONG });
  assert.deepEqual(await older, NOTHING);
  give("web-1", "b");
  assert.equal((await newer).commandId, "b");
});

test("a host whose order ends in the moment it is woken hears of the next one", async () => {
  const { give, cancel, remove, ask } = desk();
  give("web-1", "a");
  await ask({});
  const waiting = ask({ running: ["a"], waitMs: LONG });
  cancel("web-1", "a");
  remove("web-1", "a");
  await Promise.resolve();
  give("web-1", "b");
  assert.equal((await waiting).commandId, "b");
});

test("a host that hung up takes nothing along", async () => {
  const { give, ask } = desk();
  const controller = new AbortController();
  const gone = ask({ waitMs: LONG, signal: controller.signal });
  give("web-1", "a");
  controller.abort();
  assert.deepEqual(await gone, NOTHING);
  assert.equal((await ask({})).commandId, "a");
});

test("a wait ends with its time", async () => {
  const waits = new HostDesk(() => performance.now());
  const signal = AbortSignal.timeout(LONG);
  const handout = await waits.poll({ host: "web-1", running: new Set(), waitMs: 20, signal });
  assert.deepEqual(handout, NOTHING);
  assert.equal(signal.aborted, false);
});

test("a closing desk sends everybody home, and nobody waits at it again", async () => {
  const { close, ask } = desk();
  const waiting = [ask({ waitMs: LONG }), ask({ host: "web-2", waitMs: LONG })];
  close();
  assert.deepEqual(await Promise.all(waiting), [NOTHING, NOTHING]);
  assert.deepEqual(await ask({ waitMs: LONG }), NOTHING);
});
