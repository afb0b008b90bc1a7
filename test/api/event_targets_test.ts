import assert from "node:assert/strict";
import { test } from "node:test";
import { insertDeliveries, nextOfLane, noteFailedAttempt } from "../../core/store/deliveries.ts";
import { RUNTIME_TARGET_PREFIX } from "../../core/wire/runtime_api.ts";
import { openTestApi, type TestApi } from "./test_api.ts";

const HOOK = { name: "hook", url: "https://hooks.example.com/x" };

function runtime(api: TestApi) {
  return {
    call: (operation: string, input: unknown, role?: "admin" | "deployer" | "viewer") =>
      api.target(RUNTIME_TARGET_PREFIX + operation, input, role),
    refuses: (operation: string, input: unknown, message: RegExp) =>
      api.refusal(
        () => api.target(RUNTIME_TARGET_PREFIX + operation, input),
        "InvalidInputException",
        message,
      ),
  };
}

test("a target is made, replaced, listed and removed", async () => {
  using api = await openTestApi();
  const { call, refuses } = runtime(api);
  const pattern = { detail: { state: ["FAILURE"], application: ["shop"] } };
  const header = { name: "Authorization", secret: "hook-token" };
  await call("PutEventTarget", { name: "log", file: "all.jsonl" });
  await call("PutEventTarget", HOOK);
  await call("PutEventTarget", { ...HOOK, header, pattern });
  const counts = { waiting: 0, dead: 0 };
  assert.deepEqual(await call("ListEventTargets", {}, "viewer"), {
    targets: [
      { ...HOOK, header, pattern, ...counts },
      { name: "log", file: "all.jsonl", ...counts },
    ],
  });
  assert.deepEqual(await call("DeleteEventTarget", { name: "log" }), { dropped: 0 });
  await refuses("DeleteEventTarget", { name: "log" }, /^There is no event target log\./);
});

const refusals: [rule: string, input: object, message: RegExp][] = [
  ["neither url nor file", { name: "x" }, /either url or file/],
  ["both", { ...HOOK, file: "a" }, /either url or file/],
  ["another scheme", { name: "x", url: "ftp://a" }, /^url: an http:\/\/ or https:\/\/ URL/],
  ["a path that leads out", { name: "x", file: "../runtime.db" }, /^file: a path below/],
  ["a header for a file", { name: "x", file: "a", header: { name: "A", secret: "b" } }, /header/],
  ["a secret that is a path", { ...HOOK, header: { name: "A", secret: "../k" } }, /header\.secret/],
  ["a name that is none", { ...HOOK, name: "a/b" }, /name/],
  ["a pattern nobody understands", { ...HOOK, pattern: { source: ["x"] } }, /pattern/],
];
for (const [rule, input, message] of refusals) {
  test(`a target is refused for ${rule}`, async () => {
    using api = await openTestApi();
    await runtime(api).refuses("PutEventTarget", input, message);
  });
}

test("who deploys or looks may not send the server's requests anywhere", async () => {
  using api = await openTestApi();
  const target = RUNTIME_TARGET_PREFIX + "PutEventTarget";
  for (const role of ["deployer", "viewer"] as const) {
    await api.refusal(() => api.target(target, HOOK, role), "AccessDeniedException");
  }
});

/** Three dead letters for `hook` and one for `log`, by ids 1 to 4. */
async function withLetters(api: TestApi): Promise<void> {
  const { store, now } = api.context;
  await runtime(api).call("PutEventTarget", HOOK);
  const at = now();
  await store.commit((tx) => {
    for (const [index, name] of ["hook", "hook", "hook", "log"].entries()) {
      const lane = { destination: `target:${name}`, deploymentId: "d-1" };
      const payload = `{"n":${index}}`;
      insertDeliveries(tx, [{ ...lane, eventSequence: 1, payload, createTime: at }]);
      const id = nextOfLane(tx, lane)?.id ?? 0;
      noteFailedAttempt(tx, id, { at, error: "answered 500: no", next: "dead" });
    }
  });
}

test("dead letters say why, how often and when; a page follows the other", async () => {
  using api = await openTestApi();
  await withLetters(api);
  const { call } = runtime(api);
  const { deadLetters } = await call("ListDeadLetters", {}, "viewer");
  assert.deepEqual(deadLetters.map((one: { id: number }) => one.id), [1, 2, 3, 4]);
  const { createTime, lastAttemptTime, ...first } = deadLetters[0];
  assert.deepEqual(first, {
    id: 1,
    destination: "target:hook",
    deploymentId: "d-1",
    attempts: 1,
    cause: "answered 500: no",
    payload: '{"n":0}',
  });
  assert.ok(createTime > 1e9 && lastAttemptTime >= createTime, "seconds since the epoch");
  const log = await call("ListDeadLetters", { destination: "target:log" });
  assert.deepEqual(log.deadLetters.map((one: { id: number }) => one.id), [4]);
  const { store } = api.context;
  await store.commit((tx) => {
    const rest = Array.from({ length: 120 }, (_, index) => ({
      eventSequence: 1,
      destination: "target:hook",
      deploymentId: `d-${index}`,
      payload: "{}",
      createTime: 0,
    }));
    insertDeliveries(tx, rest);
    for (let id = 5; id < 125; id++) noteFailedAttempt(tx, id, { at: 0, error: "", next: "dead" });
  });
  const ids: number[] = [];
  let nextToken: string | undefined;
  do {
    const page = await call("ListDeadLetters", { ...(nextToken && { nextToken }) });
    ids.push(...page.deadLetters.map((one: { id: number }) => one.id));
    nextToken = page.nextToken;
  } while (nextToken);
  assert.deepEqual(ids, Array.from({ length: 124 }, (_, index) => index + 1));
});

test("dead letters are replayed or deleted by id, by destination or all", async () => {
  using api = await openTestApi();
  await withLetters(api);
  const { call, refuses } = runtime(api);
  const counts = async () => {
    const { targets: [{ waiting, dead }] } = await call("ListEventTargets", {});
    return { waiting, dead };
  };
  assert.deepEqual(await counts(), { waiting: 0, dead: 3 });
  assert.deepEqual(await call("ReplayDeadLetters", { ids: [2, 99] }), { replayed: 1 });
  assert.deepEqual(await counts(), { waiting: 1, dead: 2 });
  assert.deepEqual(await call("DeleteDeadLetters", { ids: [2] }), { deleted: 0 });
  assert.deepEqual(await call("DeleteDeadLetters", { destination: "target:log" }), { deleted: 1 });
  assert.deepEqual(await call("ReplayDeadLetters", { all: true }), { replayed: 2 });
  assert.deepEqual(await counts(), { waiting: 3, dead: 0 });
  await refuses("ReplayDeadLetters", {}, /one of ids, destination and all/);
  await refuses("DeleteDeadLetters", { ids: [1], all: true }, /one of ids, destination and all/);
  await refuses("ReplayDeadLetters", { ids: [] }, /ids/);
});

test("with a target go the messages that wait for it and its dead letters", async () => {
  using api = await openTestApi();
  await withLetters(api);
  const { call } = runtime(api);
  assert.deepEqual(await call("DeleteEventTarget", { name: "hook" }), { dropped: 3 });
  const { deadLetters } = await call("ListDeadLetters", {});
  assert.deepEqual(deadLetters.map((one: { id: number }) => one.id), [4]);
});

test("there are fifty targets at most; one more is refused by name", async () => {
  using api = await openTestApi();
  const { call, refuses } = runtime(api);
  for (let at = 0; at < 50; at++) {
    await call("PutEventTarget", { name: `t-${at}`, file: "all.jsonl" });
  }
  await refuses("PutEventTarget", HOOK, /50 event targets, the most/);
  await call("PutEventTarget", { name: "t-7", file: "other.jsonl" });
});
