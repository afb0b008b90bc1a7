import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RETRY_RULES } from "../../core/delivery/retry.ts";
import {
  countDeliveries,
  insertDeliveries,
  listDead,
  replayDead,
  retryAtOnce,
} from "../../core/store/deliveries.ts";
import { nextFacts } from "../../core/store/outbox.ts";
import { factOf, type Outcome, World } from "./world.ts";

const DEPLOYMENTS = ["d-A", "d-B", "d-C"];

/** Facts by the index of their deployment; `gaps` are the steps between two deaths. */
const history = fc.record({
  facts: fc.array(fc.nat({ max: DEPLOYMENTS.length - 1 }), { minLength: 1, maxLength: 12 }),
  outcomes: fc.array(fc.constantFrom<Outcome>("ok", "ok", "slow", "fail", "hang"), {
    maxLength: 40,
  }),
  gaps: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 6 }),
});

test("whatever fails and whenever the server dies, all arrives, in the order of its deployment", async () => {
  await fc.assert(
    fc.asyncProperty(history, async ({ facts, outcomes, gaps }) => {
      using world = new World();
      await runHistory(world, { facts, outcomes, gaps });
      for (const key of world.keys) {
        for (const [index, deploymentId] of DEPLOYMENTS.entries()) {
          const told = facts.flatMap((one, at) => one === index ? [String(at)] : []);
          const heard = world.received
            .filter((one) => one.key === key && one.deploymentId === deploymentId)
            .map(({ payload }) => payload);
          // A message may come again, but only until the next one comes.
          const once = heard.filter((one, at) => one !== heard[at - 1]);
          assert.deepEqual(once, told, `${key} of ${deploymentId} got ${heard}`);
        }
      }
      assert.deepEqual(nextFacts(world.store.read, 1), [], "facts are left");
      assert.equal(countDeliveries(world.store.read).size, 0, "deliveries are left");
    }),
    { numRuns: 40 },
  );
});

test("with few attempts, each message has arrived or is a dead letter, and none is lost", async () => {
  await fc.assert(
    fc.asyncProperty(history, async (drawn) => {
      using world = new World();
      world.rules = { ...RETRY_RULES, attempts: 2 };
      world.restart();
      await runHistory(world, drawn);
      const dead = listDead(world.store.read, { after: 0 }, 1000);
      for (const key of world.keys) {
        const arrived = world.received.filter((one) => one.key === key).map((one) => one.payload);
        const given = dead.filter((one) => one.destination === `topic:${key}`)
          .map((one) => one.payload);
        const all = drawn.facts.map((_, at) => String(at));
        assert.deepEqual([...new Set([...arrived, ...given])].sort(), all.sort());
      }
    }),
    { numRuns: 25 },
  );
});

async function runHistory(
  world: World,
  { facts, outcomes, gaps }: { facts: number[]; outcomes: Outcome[]; gaps: number[] },
): Promise<void> {
  const drawn = [...outcomes];
  world.outcome = () => drawn.shift() ?? "ok";
  const left = [...gaps];
  let steps = left.shift() ?? Infinity;
  world.dies = () => {
    if (--steps > 0) return false;
    steps = left.shift() ?? Infinity;
    return true;
  };
  world.start();
  for (const [at, index] of facts.entries()) {
    const deploymentId = DEPLOYMENTS[index] ?? "";
    // A commit that never was is the engine's to repeat.
    while (!(await world.tell(factOf(deploymentId, String(at))))) world.restart();
    await world.run(world.now + 100 * (at % 3));
    if (world.isDead) world.restart();
  }
  for (;;) {
    await world.run();
    if (!world.isDead) return;
    world.restart();
  }
}

test("where nothing fails, each message comes once, however slow its receiver is", async () => {
  using world = new World();
  world.outcome = () => "slow";
  world.start();
  const began = world.now;
  for (let at = 0; at < 6; at++) {
    await world.tell(factOf("d-A", String(at)));
    await world.run(began + 500 * at);
  }
  await world.run();
  for (const key of world.keys) {
    const heard = world.received.filter((one) => one.key === key).map(({ payload }) => payload);
    assert.deepEqual(heard, ["0", "1", "2", "3", "4", "5"]);
  }
});

test("a receiver that never answers holds up no other one, and no other deployment's messages", async () => {
  using world = new World();
  world.outcome = (key, payload) => key === "a" && payload.startsWith("A") ? "hang" : "ok";
  world.start();
  const began = world.now;
  for (const id of ["A1", "A2", "B1"]) await world.tell(factOf(`d-${id[0]}`, id));
  await world.run(began + 1_000);
  assert.deepEqual(
    world.received.map(({ key, payload }) => key + payload).sort(),
    ["aB1", "bA1", "bA2", "bB1"],
  );
});

test("an attempt ends after its time, the next ones come at growing distances", async () => {
  using world = new World();
  world.keys = ["a"];
  const attempts: number[] = [];
  const began = world.now;
  world.outcome = () => {
    attempts.push(Math.round((world.now - began) / 250) / 4);
    return attempts.length < 5 ? "hang" : "ok";
  };
  world.start();
  await world.tell(factOf("d-A", "1"));
  await world.run();
  // Ten seconds each, then three quarters of 1, 2, 4 and 8 seconds: half of it is chance.
  assert.deepEqual(attempts, [0, 10.75, 22.25, 35.25, 51.25]);
  assert.equal(world.received.length, 1);
});

test("a message is given up after its age, and the next one of its deployment goes on", async () => {
  using world = new World();
  world.keys = ["a"];
  world.rules = { ...RETRY_RULES, attempts: 1000 };
  world.restart();
  world.outcome = (_, payload) => payload === "1" ? "fail" : "ok";
  const began = world.now;
  await world.tell(factOf("d-A", "1"));
  await world.tell(factOf("d-A", "2"));
  await world.run();
  const [letter, ...others] = listDead(world.store.read, { after: 0 }, 10);
  assert.deepEqual(others, []);
  assert.equal(letter?.payload, "1");
  assert.equal(letter?.lastError, "a answered 503");
  const hours = (world.now - began) / 3_600_000;
  assert.ok(hours >= 24 && hours < 24.2, `given up after ${hours} h`);
  assert.ok((letter?.attempts ?? 0) > 100, `after ${letter?.attempts} attempts`);
  assert.deepEqual(world.received.map(({ payload }) => payload), ["2"]);
});

test("a dead letter that is replayed comes behind what waits, and counts from the start", async () => {
  using world = new World();
  world.keys = ["a"];
  world.rules = { ...RETRY_RULES, attempts: 1 };
  world.restart();
  let up = false;
  world.outcome = () => up ? "ok" : "fail";
  for (const id of ["1", "2"]) await world.tell(factOf("d-A", id));
  await world.run();
  assert.deepEqual(countDeliveries(world.store.read).get("topic:a"), { waiting: 0, dead: 2 });
  up = true;
  const [first] = listDead(world.store.read, { after: 0 }, 1);
  const replay = { ids: [first?.id ?? 0] };
  assert.equal(await world.store.commit((tx) => replayDead(tx, replay, world.now)), 1);
  await world.run();
  assert.deepEqual(world.received.map(({ payload }) => payload), ["1"]);
  assert.deepEqual(countDeliveries(world.store.read).get("topic:a"), { waiting: 0, dead: 1 });
  assert.equal(await world.store.commit((tx) => replayDead(tx, "all", world.now)), 1);
  await world.run();
  assert.deepEqual(world.received.map(({ payload }) => payload), ["1", "2"]);
});

test("a destination that was put right gets what waits for it at once", async () => {
  using world = new World();
  world.keys = ["a"];
  world.rules = { ...RETRY_RULES, first: 3_600_000, longest: 3_600_000 };
  world.restart();
  world.outcome = () => "fail";
  await world.tell(factOf("d-A", "1"));
  await world.run(world.now + 1_000);
  const at = world.now;
  world.outcome = () => "ok";
  await world.store.commit((tx) => retryAtOnce(tx, "topic:a"));
  await world.run(at + 1_000);
  assert.deepEqual(world.received.map(({ payload }) => payload), ["1"]);
});

test("a fact that nobody can tell is reported, and those after it are told", async () => {
  using world = new World();
  world.start();
  for (const id of ["1", "unspeakable", "2"]) await world.tell(factOf("d-A", id));
  await world.run();
  assert.deepEqual(world.received.map(({ key, payload }) => key + payload).sort(), [
    "a1",
    "a2",
    "b1",
    "b2",
  ]);
  assert.deepEqual(world.reported, [
    "telling DeploymentStart of d-A to topics: Error: no words for it",
  ]);
});

test("a message for a kind that this server does not have is a dead letter", async () => {
  using world = new World();
  world.start();
  const message = { eventSequence: 0, deploymentId: "", payload: "x", createTime: world.now };
  await world.store.commit((tx) =>
    insertDeliveries(tx, [{ ...message, destination: "pigeon:one:two" }])
  );
  await world.run();
  const [letter] = listDead(world.store.read, { after: 0 }, 10);
  assert.equal(letter?.lastError, "this server has no pigeons");
});

test("nothing is left that would wake an idle dispatcher", async () => {
  using world = new World();
  world.start();
  await world.tell(factOf("d-A", "1"));
  await world.run();
  const at = world.now;
  await world.run();
  assert.equal(world.now, at, "a timer was left");
});
