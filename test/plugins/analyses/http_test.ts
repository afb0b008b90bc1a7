import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import analysis from "../../../plugins/analyses/http.ts";
import { type JsonServer, startJsonServer } from "../json_server.ts";
import { configFault, measure } from "../plugin_call.ts";

let server: JsonServer;

before(async () => {
  server = await startJsonServer();
  const document = { checks: [{ "p/99": 0.25, count: "12", state: "good", none: null }] };
  server.answers.set("/stats", { text: JSON.stringify(document) });
  server.answers.set("/shop/web/d-SHOP00001", { text: "7" });
  server.answers.set("/page", { text: "<html>\n  Sign in\n</html>" });
  server.answers.set("/ill", { status: 500, text: `{"checks": [{"count": 1}]}` });
  server.answers.set("/moved", { status: 302, text: "", location: "https://sign-in.example.com/" });
});
after(() => server[Symbol.asyncDispose]());

const values: [
  what: string,
  path: string,
  pointer: string | undefined,
  value: number | undefined,
][] = [
  ["a number", "/stats", "/checks/0/p~199", 0.25],
  ["a number as text", "/stats", "/checks/0/count", 12],
  [
    "the whole answer, of a path with the deployment's names",
    "/{application}/{group}/{deployment}",
    "",
    7,
  ],
  ["null", "/stats", "/checks/0/none", undefined],
  ["nothing there", "/stats", "/checks/1/count", undefined],
  ["the status", "/stats", undefined, 200],
  ["the status of a failure", "/ill", undefined, 500],
  ["the status of a page that is not there", "/gone", undefined, 404],
];
for (const [what, path, pointer, value] of values) {
  test(`an analysis over HTTP: ${what}`, async () => {
    const url = `${server.url}${path}`;
    const measured = await measure(analysis, { url, ...(pointer !== undefined && { pointer }) });
    assert.equal(measured.value, value);
  });
}

const failures: [what: string, path: string, pointer: string | undefined, message: RegExp][] = [
  ["a word", "/stats", "/checks/0/state", /^"good" is no number$/],
  ["an object", "/stats", "/checks/0", /is no number$/],
  ["a page", "/page", "/x", /answered HTTP 200 without JSON: <html> Sign in <\/html>$/],
  ["an answer that is a failure", "/ill", "/checks/0/count", /answered HTTP 500: \{"checks"/],
  ["a redirection", "/moved", "/x", /HTTP 302 and leads to https:\/\/sign-in\.example\.com\/$/],
  ["a redirection's status", "/moved", undefined, /HTTP 302 and leads to/],
];
for (const [what, path, pointer, message] of failures) {
  test(`an analysis over HTTP has no value: ${what}`, async () => {
    const url = `${server.url}${path}`;
    const measured = measure(analysis, { url, ...(pointer !== undefined && { pointer }) });
    await assert.rejects(measured, { message });
  });
}

test("the evidence says what was asked and what came back", async () => {
  const url = `${server.url}/stats`;
  assert.equal(
    (await measure(analysis, { url, pointer: "/checks/0/count" })).evidence,
    `/checks/0/count of ${url} is "12"`,
  );
  assert.equal(
    (await measure(analysis, { url, pointer: "/checks/9" })).evidence,
    `/checks/9 of ${url} is not there`,
  );
});

test("headers are sent, those of secrets with what the secret is", async () => {
  const config = {
    url: `${server.url}/stats`,
    headers: { "x-scope": "shop" },
    secretHeaders: { "dd-api-key": "datadog" },
  };
  await measure(analysis, config, { datadog: "a-key\n" });
  const { headers } = server.asked.at(-1) ?? {};
  assert.equal(headers?.["x-scope"], "shop");
  assert.equal(headers?.["dd-api-key"], "a-key");
  assert.equal(headers?.accept, "application/json");
});

test("a config's pointer is a JSON pointer, its address has no password", () => {
  const url = "http://localhost/";
  assert.equal(configFault(analysis, { url }), undefined);
  assert.match(configFault(analysis, { url, pointer: "a.b" }) ?? "", /must be a JSON pointer/);
  assert.match(configFault(analysis, { url: "http://a:b@host/" }) ?? "", /must hold no password/);
  const headers = { "no header": "x" };
  assert.match(
    configFault(analysis, { url, headers }) ?? "",
    /must be the name of a header|Invalid key/,
  );
});
