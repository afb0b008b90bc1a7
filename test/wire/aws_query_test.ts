import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, type Endpoint, UnreachableError } from "../../core/wire/aws_json.ts";
import { callQuery, SNS } from "../../core/wire/aws_query.ts";

/** An endpoint that answers with this, and what it was asked. */
function endpoint(status: number, text: string): Endpoint & { asked: Request[] } {
  const asked: Request[] = [];
  const answer = (url: string | URL | Request, init?: RequestInit) => {
    asked.push(new Request(url, init));
    return Promise.resolve(new Response(text, { status }));
  };
  return {
    url: "http://runtime.test:8080",
    region: "eu-west-1",
    credentials: { accessKeyId: "AKTEST", secretAccessKey: "secret" },
    fetch: Object.assign(answer, { preconnect() {} }),
    asked,
  };
}

const call = (parameters: Record<string, string> = {}) => ({
  ...SNS,
  action: "ListTopics",
  parameters,
});

const XML = "<ListTopicsResponse><ListTopicsResult>$</ListTopicsResult></ListTopicsResponse>";

const results: [content: string, result: unknown][] = [
  ["<Topics/>", { Topics: "" }],
  ["<Topics><member><A>1</A></member></Topics>", { Topics: { member: [{ A: "1" }] } }],
  ["<Id>000000000000</Id>", { Id: "000000000000" }],
  ["<Text> a &amp; b\n</Text>", { Text: " a & b\n" }],
  ["<Text>&#228; &lt;x&gt;</Text>", { Text: "ä <x>" }],
];
for (const [content, result] of results) {
  test(`the result ${content} becomes ${JSON.stringify(result)}`, async () => {
    const at = endpoint(200, XML.replace("$", content));
    assert.deepEqual(await callQuery(at, call()), result);
  });
}

test("a call is a form, signed for the service and region", async () => {
  const at = endpoint(200, XML);
  await callQuery(at, call({ Message: "ä&b=c +" }));
  const [asked] = at.asked;
  assert.equal(asked?.method, "POST");
  assert.match(asked?.headers.get("authorization") ?? "", /AKTEST\/\d{8}\/eu-west-1\/sns\/aws4/);
  const form = new URLSearchParams(await asked?.text());
  assert.deepEqual([...form], [
    ["Action", "ListTopics"],
    ["Version", "2010-03-31"],
    ["Message", "ä&b=c +"],
  ]);
});

test("an action without a result answers undefined", async () => {
  const at = endpoint(200, "<ListTopicsResponse><RequestId>1</RequestId></ListTopicsResponse>");
  assert.equal(await callQuery(at, call()), undefined);
});

const refusals: [what: string, status: number, text: string, type: string, said: RegExp][] = [
  [
    "a refusal",
    404,
    "<ErrorResponse><Error><Code>NotFound</Code><Message>no &lt;t&gt;</Message></Error></ErrorResponse>",
    "NotFound",
    /^no <t>$/,
  ],
  ["a proxy's page", 502, "<html><br></html>", "HTTP 502", /<html>/],
  ["nothing", 503, "", "HTTP 503", /^HTTP 503$/],
];
for (const [what, status, text, type, said] of refusals) {
  test(`${what} with status ${status} is an ApiError ${type}`, async () => {
    await assert.rejects(callQuery(endpoint(status, text), call()), (error) => {
      assert.ok(error instanceof ApiError);
      assert.deepEqual([error.type, error.status], [type, status]);
      assert.match(error.message, said);
      return true;
    });
  });
}

test("no answer is an UnreachableError that names the address", async () => {
  const at = { ...endpoint(200, ""), url: "http://127.0.0.1:1", fetch };
  await assert.rejects(callQuery(at, call()), (error) => {
    assert.ok(error instanceof UnreachableError);
    assert.match(error.message, /http:\/\/127\.0\.0\.1:1/);
    return true;
  });
});
