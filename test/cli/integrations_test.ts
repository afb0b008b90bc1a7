import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../store/temporary_directory.ts";
import { Refusal, runtime, standIn } from "./stand_in.ts";

test("add sends kind, plugin and config; --set goes before --config", async () => {
  using directory = temporaryDirectory();
  const file = join(directory.path, "errors.json");
  writeFileSync(file, JSON.stringify({ url: "http://127.0.0.1:9090", max: 1 }));
  await using server = await standIn({ PutIntegration: () => ({}) });
  const words = ["--plugin", "prometheus", "--config", `@${file}`, "--set", "max=5"];
  const ran = await runtime(["alarm", "add", "errors", ...words, "--set", "query=up"], server);
  assert.equal(ran.out, "Set up the alarm errors. Try it: runtime alarm try errors\n");
  const asked = {
    kind: "alarm",
    name: "errors",
    plugin: "prometheus",
    config: { url: "http://127.0.0.1:9090", max: 5, query: "up" },
  };
  assert.deepEqual(server.asked, [{ operation: "PutIntegration", input: asked }]);
  const told = await runtime(["alarm", "add", "errors", ...words, "--json"], server);
  const { query: _, ...config } = asked.config;
  assert.deepEqual(JSON.parse(told.out), { ...asked, config });
});

test("a balancer is tried for a host, and so add says", async () => {
  await using server = await standIn({
    PutIntegration: () => ({}),
    TryIntegration: () => ({
      ...{ outcome: "OK", message: "edge answers, and knows web-1", lines: ["asked\u001b[2J it"] },
    }),
  });
  const added = await runtime(["balancer", "add", "edge", "--plugin", "haproxy"], server);
  assert.equal(
    added.out,
    "Set up the balancer edge. Try it: runtime balancer try edge --host HOST\n",
  );
  const tried = await runtime(["balancer", "try", "edge", "--host", "web-1"], server);
  assert.deepEqual(tried, {
    code: 0,
    out: "OK  edge answers, and knows web-1\n",
    err: "asked it\n",
  });
  assert.deepEqual(server.asked[1]?.input, {
    ...{ kind: "balancer", name: "edge", instanceName: "web-1" },
  });
});

const outcomes: [kind: string, answer: object, code: number, out: string][] = [
  ["alarm", { outcome: "OK", message: "0 of 1" }, 0, "OK  0 of 1\n"],
  ["alarm", { outcome: "ALARM", message: "3 of 1" }, 1, "ALARM  3 of 1\n"],
  ["alarm", { outcome: "UNKNOWN", message: "no answer" }, 1, "UNKNOWN  no answer\n"],
  ["analysis", { outcome: "MEASURED", message: "up", value: 0 }, 0, "MEASURED  0  up\n"],
  ["analysis", { outcome: "INCONCLUSIVE", message: "NaN" }, 1, "INCONCLUSIVE  NaN\n"],
];
for (const [kind, answer, code, out] of outcomes) {
  test(`${kind} try exits with ${code} for ${JSON.stringify(answer)}`, async () => {
    await using server = await standIn({ TryIntegration: () => ({ ...answer, lines: [] }) });
    assert.deepEqual(await runtime([kind, "try", "x"], server), { code, out, err: "" });
    const told = await runtime([kind, "try", "x", "--json"], server);
    assert.equal(told.code, code);
    assert.deepEqual(JSON.parse(told.out), { ...answer, lines: [] });
  });
}

test("list shows what is set up, or the plugins for it, or how to begin", async () => {
  const config = {
    type: "object",
    properties: { url: { type: "string" }, is: { type: ["string", "number"] } },
    required: ["url"],
  };
  const plugins = [{ kind: "alarm", name: "http", description: "asks an address", config }];
  const integrations = [{ kind: "alarm", name: "errors", plugin: "http", config: { max: 1 } }];
  let answer: object = { integrations, plugins };
  await using server = await standIn({ ListIntegrations: () => answer });
  const listed = await runtime(["alarm", "list"], server);
  assert.equal(listed.out, 'errors  http  {"max":1}\n');
  assert.deepEqual(server.asked[0]?.input, { kind: "alarm" });
  const shown = await runtime(["alarm", "list", "--plugins"], server);
  assert.equal(shown.out, "http  asks an address\n  url*  text\n  is    anything\n");
  assert.deepEqual(JSON.parse((await runtime(["alarm", "list", "--json"], server)).out), answer);
  answer = { integrations: [], plugins };
  const none = await runtime(["alarm", "list"], server);
  assert.equal(
    none.err,
    "There is no alarm. Set up an alarm: runtime alarm add NAME --plugin http\n",
  );
  answer = { integrations: [], plugins: [] };
  const nothing = await runtime(["analysis", "list", "--plugins"], server);
  assert.equal(nothing.err, "This server has no plugin for analyses.\n");
});

test("remove says what went, or why the server keeps it", async () => {
  const message = "The alarm errors is named by the deployment group shop/prod.";
  await using server = await standIn({
    DeleteIntegration: ({ name }) => {
      if (name === "errors") throw new Refusal("InvalidInputException", message);
      return {};
    },
  });
  const gone = await runtime(["analysis", "remove", "latency"], server);
  assert.equal(gone.out, "Removed the analysis latency\n");
  const kept = await runtime(["alarm", "remove", "errors"], server);
  assert.notEqual(kept.code, 0);
  assert.match(kept.err, /named by the deployment group shop\/prod/);
  assert.deepEqual(server.asked.map(({ input }) => input), [
    { kind: "analysis", name: "latency" },
    { kind: "alarm", name: "errors" },
  ]);
});

const mistakes: [rule: string, argv: string, says: RegExp][] = [
  ["add without a plugin", "alarm add errors", /^--plugin: name the plugin/],
  ["a name that is none", "alarm add a/b --plugin http", /^--name: must be 1 to 100/],
  ["--set without a value", "alarm add errors --plugin http --set max", /^--set: KEY=VALUE/],
  ["a balancer's try without a host", "balancer try edge", /^--host: name a host/],
  ["an alarm's try with one", "alarm try errors --host web-1", /unknown option '--host'/],
];
for (const [rule, argv, says] of mistakes) {
  test(`${rule} is refused, and nobody is asked`, async () => {
    await using server = await standIn();
    const ran = await runtime(argv.split(" "), server);
    assert.equal(ran.code, 2);
    assert.match(ran.err, says);
    assert.deepEqual(server.asked, []);
  });
}
