import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import alarm from "../../../plugins/alarms/prometheus.ts";
import { configFault, read, until } from "../plugin_call.ts";
import {
  type Exporter,
  type PrometheusServer,
  startExporter,
  startPrometheus,
} from "../prometheus_server.ts";

const RULES = `
groups:
- name: shop
  rules:
  - alert: HighErrorRate
    expr: errors > 2
  - alert: SlowlyRising
    expr: errors > 2
    for: 1h
  - alert: Misconfigured
    expr: label_replace(errors, "a", "b", "c", "[")
- name: later
  interval: 1h
  rules:
  - alert: NotYetEvaluated
    expr: errors > 2
`;
const QUIET = `errors{application="shop"} 1\nerrors{application="blog"} 0`;

let exporter: Exporter;
let prometheus: PrometheusServer;

before(async () => {
  exporter = await startExporter(QUIET);
  prometheus = await startPrometheus({ scrape: [exporter.address], rules: RULES });
  await until(() => ask({ query: "sum(errors)", max: 5 }), ({ state }) => state === "OK");
  await until(() => ask({ alert: "HighErrorRate" }), ({ state }) => state === "OK");
});

after(async () => {
  await prometheus[Symbol.asyncDispose]();
  await exporter[Symbol.asyncDispose]();
});

function ask(config: Record<string, unknown>) {
  return read(alarm, { url: prometheus.url, ...config });
}

const OWN = `errors{application="{application}"}`;

const readings: [what: string, config: Record<string, unknown>, state: string, reason: RegExp][] = [
  ["within", { query: OWN, max: 1 }, "OK", /^errors\{application="shop"\} is 1$/],
  [
    "above its most",
    { query: OWN, max: 0.5 },
    "ALARM",
    /^1, at most 0.5 is allowed: errors\{application="shop"\} is 1$/,
  ],
  ["below its least", { query: OWN, min: 2 }, "ALARM", /^1, at least 2 is needed/],
  ["silence", { query: "gone", max: 1 }, "UNKNOWN", /^gone: no series matches$/],
  ["no number", { query: "vector(0) / 0", max: 1 }, "UNKNOWN", /is NaN$/],
  ["a rule that does not fire", { alert: "HighErrorRate" }, "OK", /^HighErrorRate is not firing$/],
  [
    "a rule that nobody wrote",
    { alert: "HihgErrorRate" },
    "UNKNOWN",
    /no alerting rule named Hihg/,
  ],
  [
    "a rule that fails",
    { alert: "Misconfigured" },
    "UNKNOWN",
    /^the rule Misconfigured is failing: .*invalid regular expression/,
  ],
  [
    "a rule still to be asked",
    { alert: "NotYetEvaluated" },
    "UNKNOWN",
    /has not been evaluated yet/,
  ],
];
for (const [what, config, state, reason] of readings) {
  test(`an alarm of Prometheus is ${state}: ${what}`, async () => {
    const reading = config.alert === "Misconfigured"
      ? await until(() => ask(config), ({ reason }) => reason.includes("failing"))
      : await ask(config);
    assert.equal(reading.state, state);
    assert.match(reading.reason, reason);
  });
}

test("a query of more than one series throws, which is UNKNOWN", async () => {
  await assert.rejects(ask({ query: "errors", max: 1 }), { message: /gives 2 series/ });
});

test("an alert that fires is ALARM, by its labels if they are given, and one that waits is not", async () => {
  exporter.metrics = QUIET.replace("1", "7");
  try {
    const fires = await until(() => ask({ alert: "HighErrorRate" }), ({ state }) => state !== "OK");
    assert.equal(fires.state, "ALARM");
    assert.match(fires.reason, /^HighErrorRate is firing for .*application="shop"/);
    const labelled = (application: string) =>
      ask({ alert: "HighErrorRate", labels: { application } });
    assert.equal((await labelled("{application}")).state, "ALARM");
    assert.equal((await labelled("blog")).state, "OK");
    assert.equal((await ask({ alert: "SlowlyRising" })).state, "OK");
  } finally {
    exporter.metrics = QUIET;
  }
  await until(() => ask({ alert: "HighErrorRate" }), ({ state }) => state === "OK");
});

const faults: [config: Record<string, unknown>, fault: RegExp | undefined][] = [
  [{ query: "up", min: 1 }, undefined],
  [{ alert: "Down" }, undefined],
  [{ alert: "Down", labels: { job: "shop" } }, undefined],
  [{}, /neither query nor alert is given/],
  [{ query: "up" }, /neither min nor max is given/],
  [{ query: "up", min: 2, max: 1 }, /min is 2, above max/],
  [{ query: "up", max: 1, alert: "Down" }, /both given/],
  [{ query: "up", max: 1, labels: { job: "shop" } }, /labels belong to an alert/],
  [{ alert: "Down", max: 1 }, /min and max belong to a query/],
];
for (const [config, fault] of faults) {
  test(`the config ${JSON.stringify(config)} is ${fault ? "refused" : "taken"}`, () => {
    const told = configFault(alarm, { url: "http://localhost:9090", ...config });
    if (fault) assert.match(told ?? "", fault);
    else assert.equal(told, undefined);
  });
}
