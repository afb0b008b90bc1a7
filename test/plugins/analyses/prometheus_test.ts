import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import analysis from "../../../plugins/analyses/prometheus.ts";
import { configFault, measure, until } from "../plugin_call.ts";
import {
  type Exporter,
  type PrometheusServer,
  startExporter,
  startPrometheus,
} from "../prometheus_server.ts";

let exporter: Exporter;
let prometheus: PrometheusServer;

const METRICS = `
errors{application="shop", group="web"} 3
errors{application="shop", group="api"} 5
requests{application="shop", group="web"} 10
idle_requests{application="shop", group="web"} 0
endless +Inf
`;

before(async () => {
  exporter = await startExporter(METRICS);
  prometheus = await startPrometheus({ scrape: [exporter.address] });
  const asked = () => ask("count(endless)");
  await until(asked, ({ value }) => value === 1);
});

after(async () => {
  await prometheus[Symbol.asyncDispose]();
  await exporter[Symbol.asyncDispose]();
});

function ask(query: string) {
  return measure(analysis, { url: prometheus.url, query });
}

const OWN = `{application="{application}", group="{group}"}`;

const values: [what: string, query: string, value: number | undefined, evidence: string][] = [
  [
    "a vector of one series, the deployment's own by placeholders",
    `errors${OWN} / requests${OWN}`,
    0.3,
    `errors{application="shop", group="web"} / requests{application="shop", group="web"} is 0.3`,
  ],
  ["a scalar", "scalar(sum(errors)) + 0.5", 8.5, "scalar(sum(errors)) + 0.5 is 8.5"],
  [
    "the id of the deployment",
    `count(label_replace(vector(1), "d", "{deployment}", "", "")) * 2`,
    2,
    "",
  ],
  ["no series", `errors{group="gone"}`, undefined, `errors{group="gone"}: no series matches`],
  ["a division by nothing", `sum(idle_requests) / sum(idle_requests)`, NaN, "is NaN"],
  ["no end", "endless", Infinity, "endless is +Inf"],
  ["no end below", "-endless", -Infinity, "-endless is -Inf"],
];
for (const [what, query, value, evidence] of values) {
  test(`an analysis of Prometheus: ${what}`, async () => {
    const measured = await ask(query);
    assert.equal(measured.value, value);
    assert.ok(measured.evidence.includes(evidence), measured.evidence);
  });
}

const failures: [what: string, query: string, message: RegExp][] = [
  [
    "two series",
    "errors",
    /^errors gives 2 series, such as errors\{.*group="(web|api)".*\}; aggregate them to one, with sum\(\)/,
  ],
  ["a range", "errors[1m]", /errors\[1m\] gives a range of values; it must give one number/],
  ["a text", `"many"`, /gives a text/],
  [
    "a query that is none",
    "sum(",
    /^Prometheus: bad_data: .*parse error: unclosed left parenthesis/,
  ],
  ["a query that fails", `label_replace(errors, "a", "b", "c", "[")`, /invalid regular expression/],
];
for (const [what, query, message] of failures) {
  test(`an analysis of Prometheus has no value: ${what}`, async () => {
    await assert.rejects(ask(query), { message });
  });
}

test("an analysis of Prometheus follows what the program says", async () => {
  exporter.metrics = METRICS.replace("3", "4");
  const { value } = await until(() => ask(`errors${OWN}`), ({ value }) => value !== 3);
  assert.equal(value, 4);
});

test("what answers at the address may not be Prometheus", async () => {
  await assert.rejects(
    measure(analysis, { url: `http://${exporter.address}`, query: "errors" }),
    { message: /answered HTTP 200 without JSON: errors\{/ },
  );
});

test("nobody is there", async () => {
  const gone = await startExporter("");
  await gone[Symbol.asyncDispose]();
  await assert.rejects(measure(analysis, { url: `http://${gone.address}`, query: "errors" }), {
    message: new RegExp(`^GET http://${gone.address}/api/v1/query`),
  });
});

test("a Prometheus with a password is asked with the header of a secret", async () => {
  // The hash of "open sesame" by bcrypt.
  const web = "basic_auth_users:\n" +
    "  runtime: $2b$04$Hm600b7c8XpAwITRcios7.Sdan.nAud9s0GQNCo4gnjMtuUvPxusK\n";
  await using closed = await startPrometheus({ scrape: [], web });
  const config = {
    url: `${closed.url}/`,
    query: "vector(1)",
    secretHeaders: { authorization: "metrics" },
  };
  const right = { metrics: `Basic ${btoa("runtime:open sesame")}\n` };
  assert.equal((await measure(analysis, config, right)).value, 1);
  const wrong = { metrics: `Basic ${btoa("runtime:open says me")}` };
  await assert.rejects(measure(analysis, config, wrong), {
    message: /answered HTTP 401 without JSON: Unauthorized/,
  });
  await assert.rejects(measure(analysis, config), { message: /there is no secret metrics/ });
});

test("a config has an address and a query", () => {
  const url = "http://localhost:9090";
  assert.equal(configFault(analysis, { url, query: "up" }), undefined);
  assert.match(configFault(analysis, { url, query: "" }) ?? "", /./);
  assert.match(
    configFault(analysis, { url: "localhost", query: "up" }) ?? "",
    /must be an address/,
  );
});
