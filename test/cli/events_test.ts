import assert from "node:assert/strict";
import { test } from "node:test";
import { runtime, standIn } from "./stand_in.ts";

test("events add asks for what was given; a target is one address or one file", async () => {
  await using server = await standIn({ PutEventTarget: () => ({}) });
  const address = "https://hooks.example.com/x";
  const ran = await runtime(
    ["events", "add", "chat", "--to", address, "--header", "Authorization=chat-token"],
    server,
  );
  assert.equal(
    ran.out,
    `Events go to ${address}. See what waits for it: runtime events targets\n`,
  );
  const pattern = { detail: { state: ["FAILURE"] } };
  await runtime(
    ["events", "add", "log", "--file", "all.jsonl", "--pattern", JSON.stringify(pattern)],
    server,
  );
  assert.deepEqual(server.asked.map(({ input }) => input), [
    { name: "chat", url: address, header: { name: "Authorization", secret: "chat-token" } },
    { name: "log", file: "all.jsonl", pattern },
  ]);
});

const mistakes: [rule: string, words: string[], says: RegExp][] = [
  ["no receiver", [], /^Give one of --to and --file/],
  ["two receivers", ["--to", "http://a/", "--file", "b"], /^Give one of --to and --file/],
  ["a header without a secret", ["--to", "http://a/", "--header", "X"], /--header: NAME=SECRET/],
  ["a pattern that is not JSON", ["--file", "b", "--pattern", "{"], /^--pattern is not JSON/],
  [
    "a pattern with a state that no event has",
    ["--file", "b", "--pattern", '{"detail":{"state":["DONE"]}}'],
    /detail\.state\.0: /,
  ],
];
for (const [rule, words, says] of mistakes) {
  test(`events add refuses ${rule}, and asks nobody`, async () => {
    await using server = await standIn({ PutEventTarget: () => ({}) });
    const ran = await runtime(["events", "add", "x", ...words], server);
    assert.equal(ran.code, 2);
    assert.match(ran.err, says);
    assert.deepEqual(server.asked, []);
  });
}

test("events targets shows where events go, what waits and what was given up", async () => {
  await using server = await standIn({
    ListEventTargets: () => ({
      targets: [
        {
          name: "chat",
          url: "https://a.example/",
          header: { name: "X-Token", secret: "chat" },
          pattern: { detail: { state: ["FAILURE"] } },
          waiting: 3,
          dead: 1,
        },
        { name: "log", file: "all.jsonl", waiting: 0, dead: 0 },
      ],
    }),
  });
  const ran = await runtime(["events", "targets"], server);
  assert.equal(
    ran.out,
    `chat  https://a.example/
  header   X-Token from the secret chat
  pattern  {"detail":{"state":["FAILURE"]}}
  events   3 waiting, 1 given up: runtime events dead-letters --destination target:chat
log  file all.jsonl
  events   0 waiting, 0 given up
`,
  );
});

test("events remove says what will not be delivered any more", async () => {
  await using server = await standIn({ DeleteEventTarget: () => ({ dropped: 2 }) });
  const ran = await runtime(["events", "remove", "chat"], server);
  assert.equal(ran.out, "Removed chat, and 2 events that it did not get.\n");
});

test("events dead-letters shows all pages, each letter with its cause and the next command", async () => {
  const letter = {
    destination: "target:chat",
    deploymentId: "d-ABCDEFGHI",
    createTime: 1_700_000_000,
    attempts: 185,
    lastAttemptTime: 1_700_086_400,
    cause: "https://a.example/ answered 500: no \x1b[31mroom",
    payload: "{}",
  };
  await using server = await standIn({
    ListDeadLetters: ({ nextToken }) =>
      nextToken === undefined
        ? { deadLetters: [{ ...letter, id: 7 }], nextToken: "more" }
        : { deadLetters: [{ ...letter, id: 8, attempts: 1 }] },
  });
  const ran = await runtime(["events", "dead-letters", "--destination", "target:chat"], server);
  assert.match(
    ran.out,
    /^7 {2}target:chat {2}d-ABCDEFGHI\n {2}cause {4}https:\/\/a\.example\/ answered 500: no room\n {2}state {4}given up after 185 attempts, .*\n {2}next {5}runtime events dead-letters --replay 7\n8 /,
  );
  assert.match(ran.out, /given up after 1 attempt,/);
  assert.deepEqual(server.asked.map(({ input }) => input), [
    { destination: "target:chat" },
    { destination: "target:chat", nextToken: "more" },
  ]);
});

const choices: [words: string[], operation: string, input: object][] = [
  [["--replay", "7", "--replay", "9"], "ReplayDeadLetters", { ids: [7, 9] }],
  [["--replay", "all"], "ReplayDeadLetters", { all: true }],
  [["--all"], "ReplayDeadLetters", { all: true }],
  [["--all", "--destination", "target:a"], "ReplayDeadLetters", { destination: "target:a" }],
  [["--delete", "7"], "DeleteDeadLetters", { ids: [7] }],
  [["--delete", "all"], "DeleteDeadLetters", { all: true }],
];
for (const [words, operation, input] of choices) {
  test(`events dead-letters ${words.join(" ")} asks for ${operation}`, async () => {
    await using server = await standIn({
      ReplayDeadLetters: () => ({ replayed: 1 }),
      DeleteDeadLetters: () => ({ deleted: 2 }),
    });
    const ran = await runtime(["events", "dead-letters", ...words], server);
    assert.match(ran.out, /^(1 dead letter tried again|2 dead letters deleted)\./);
    assert.deepEqual(server.asked, [{ operation, input }]);
  });
}

test("dead letters are not tried again and deleted in one breath", async () => {
  await using server = await standIn();
  const ran = await runtime(["events", "dead-letters", "--all", "--delete", "7"], server);
  assert.equal(ran.code, 2);
  const odd = await runtime(["events", "dead-letters", "--replay", "first"], server);
  assert.equal(odd.code, 2);
  assert.deepEqual(server.asked, []);
});
