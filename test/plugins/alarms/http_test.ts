import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import alarm from "../../../plugins/alarms/http.ts";
import { type JsonServer, startJsonServer } from "../json_server.ts";
import { configFault, read } from "../plugin_call.ts";

let server: JsonServer;

before(async () => {
  server = await startJsonServer();
  const document = { queue: 120, state: "degraded", up: true, shop: { state: "fine" } };
  server.answers.set("/health", { text: JSON.stringify(document) });
  server.answers.set("/of/web", { text: "[1]" });
  server.answers.set("/down", { status: 503, text: "no database" });
  server.answers.set("/closed", { status: 401, text: `{"queue": 1}` });
});
after(() => server[Symbol.asyncDispose]());

const readings: [
  what: string,
  path: string,
  config: Record<string, unknown>,
  state: string,
  reason: RegExp,
][] = [
  ["a number within", "/health", { pointer: "/queue", max: 120 }, "OK", /^\/queue of .* is 120$/],
  [
    "a number beyond",
    "/health",
    { pointer: "/queue", max: 100 },
    "ALARM",
    /^120, at most 100 is allowed: \/queue of .*\/health is 120$/,
  ],
  ["no number", "/health", { pointer: "/gone", max: 100 }, "UNKNOWN", /is not there$/],
  [
    "a word that is OK",
    "/health",
    { pointer: "/shop/state", ok: ["good", "fine"] },
    "OK",
    /"fine"$/,
  ],
  ["a word that is not", "/health", { pointer: "/state", ok: ["fine"] }, "ALARM", /"degraded"$/],
  ["true", "/health", { pointer: "/up", ok: ["true"] }, "OK", /is true$/],
  ["no word", "/health", { pointer: "/gone", ok: ["fine"] }, "UNKNOWN", /is not there$/],
  ["an object for a word", "/health", { pointer: "/shop", ok: ["fine"] }, "UNKNOWN", /state/],
  ["an answer of somebody else", "/closed", { pointer: "/queue", max: 9 }, "UNKNOWN", /HTTP 401/],
  [
    "a failure where a number was asked",
    "/down",
    { pointer: "/queue", max: 9 },
    "UNKNOWN",
    /HTTP 503/,
  ],
  ["a good status, of a path with the group's name", "/of/{group}", {}, "OK", /HTTP 200$/],
  ["a bad status", "/down", {}, "ALARM", /answered HTTP 503: no database$/],
  ["a status that was asked wrongly for", "/gone", {}, "UNKNOWN", /HTTP 404/],
];
for (const [what, path, config, state, reason] of readings) {
  test(`an alarm over HTTP is ${state}: ${what}`, async () => {
    const reading = await read(alarm, { url: `${server.url}${path}`, ...config });
    assert.equal(reading.state, state);
    assert.match(reading.reason, reason);
  });
}

test("a word where a number was asked throws, which is UNKNOWN", async () => {
  const config = { url: `${server.url}/health`, pointer: "/state", max: 1 };
  await assert.rejects(read(alarm, config), { message: `"degraded" is no number` });
});

const faults: [config: Record<string, unknown>, fault: RegExp | undefined][] = [
  [{}, undefined],
  [{ pointer: "/a", min: 1 }, undefined],
  [{ pointer: "/a", ok: ["x"] }, undefined],
  [{ pointer: "/a" }, /pointer needs min or max for a number, ok for a word/],
  [{ pointer: "/a", min: 2, max: 1 }, /min is 2, above max/],
  [{ pointer: "/a", max: 1, ok: ["x"] }, /both are given/],
  [{ max: 1 }, /what is at a pointer; give one/],
  [{ ok: ["x"] }, /what is at a pointer; give one/],
];
for (const [config, fault] of faults) {
  test(`the config ${JSON.stringify(config)} is ${fault ? "refused" : "taken"}`, () => {
    const told = configFault(alarm, { url: "http://localhost/", ...config });
    if (fault) assert.match(told ?? "", fault);
    else assert.equal(told, undefined);
  });
}
