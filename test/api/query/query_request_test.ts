import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Hono } from "hono";
import { z } from "zod";
import { queryInteger, queryList, readFlattened } from "../../../core/api/query/flattened.ts";
import { QueryError } from "../../../core/api/query/query_error.ts";
import {
  queryOperation,
  queryOperationsByName,
  type QueryService,
} from "../../../core/api/query/query_service.ts";
import { errorDocument, resultDocument } from "../../../core/api/query/query_xml.ts";
import { createRouter } from "../../../core/api/router.ts";
import type { Role } from "../../../core/domain/instance.ts";
import { credentialsOf, openTestApi, SERVICES, type TestApi } from "../test_api.ts";
import { askQuery, readQuery } from "./query_client.ts";

const say = queryOperation({
  name: "Say",
  role: "viewer",
  input: z.object({
    Word: z.string().min(1, "must not be empty"),
    Times: queryInteger(1, 5).optional(),
    Tags: queryList(z.object({ Key: z.string(), Value: z.string() })).optional(),
    Attributes: z.record(z.string(), z.string()).optional(),
  }),
  run: ({ Word, Times, Tags, Attributes }) => ({
    Words: Array.from({ length: Times ?? 1 }, () => Word),
    Tags,
    Attributes: Attributes && new Map(Object.entries(Attributes)),
    Nothing: undefined,
    None: [],
    Yes: true,
    At: new Date(Date.UTC(2026, 10, 25, 8, 15, 30, 500)),
  }),
});
const PROBE: QueryService = {
  signingName: "iam",
  version: "2010-05-08",
  namespace: "https://probe.test/doc/",
  operations: queryOperationsByName([
    say,
    queryOperation({ name: "Quiet", role: "anyone", input: z.object({}), run() {} }),
    queryOperation({
      name: "Break",
      role: "anyone",
      input: z.object({}),
      run() {
        throw new Error("a secret of ours");
      },
    }),
  ]),
};

async function openProbe(): Promise<{ api: TestApi; app: Hono } & Disposable> {
  const api = await openTestApi();
  const app = createRouter(api.context, SERVICES, [PROBE]);
  return { api, app, [Symbol.dispose]: () => api[Symbol.dispose]() };
}

function ask(app: Hono, parameters: Record<string, string>, role: Role = "viewer") {
  return askQuery(app, { service: "iam", credentials: credentialsOf(role), parameters });
}

test("an answer is a document with lists, records, times and text, in the service's namespace", async () => {
  using probe = await openProbe();
  const { status, document, requestId } = await ask(probe.app, {
    Action: "Say",
    Version: "2010-05-08",
    Word: "<ä & 007>",
    Times: "2",
    "Tags.member.2.Key": "b",
    "Tags.member.2.Value": "2",
    "Tags.member.1.Key": "a",
    "Tags.member.1.Value": "",
    "Attributes.entry.1.key": "k",
    "Attributes.entry.1.value": "v",
  });
  assert.equal(status, 200);
  assert.deepEqual(document.SayResponse, {
    "@_xmlns": "https://probe.test/doc/",
    SayResult: {
      Words: { member: ["<ä & 007>", "<ä & 007>"] },
      Tags: { member: [{ Key: "a", Value: "" }, { Key: "b", Value: "2" }] },
      Attributes: { entry: { key: "k", value: "v" } },
      None: "",
      Yes: "true",
      At: "2026-11-25T08:15:30Z",
    },
    ResponseMetadata: { RequestId: requestId },
  });
});

test("a document holds no character that XML does not allow, whatever is told", () => {
  const namespace = "https://probe.test/doc/";
  const text = "a\u0000b\u000bc\rd\te\ufffff";
  const documents = [
    resultDocument({ action: "Say", namespace, requestId: "1", result: { Word: text } }),
    errorDocument(new QueryError("NotFound", text), { namespace, requestId: "1" }),
  ];
  for (const document of documents) {
    assert.match(document, />a\ufffdb\ufffdc&#13;d\te\ufffdf</);
  }
});

test("an operation without a result is answered without the element of one", async () => {
  using probe = await openProbe();
  const { status, document } = await ask(probe.app, { Action: "Quiet" }, "agent");
  assert.equal(status, 200);
  assert.deepEqual(
    new Set(Object.keys(document.QuietResponse)),
    new Set(["@_xmlns", "ResponseMetadata"]),
  );
});

for (const url of ["https://iam.amazonaws.com/", "https://sts.eu-west-1.amazonaws.com/"]) {
  test(`a request to ${url} is answered as one to the server's own address`, async () => {
    using probe = await openProbe();
    const credentials = credentialsOf("viewer");
    const parameters = { Action: "Say", Word: "hello" };
    for (const method of ["GET", "POST"] as const) {
      const how = { service: "iam", credentials, parameters, method, url };
      assert.equal((await askQuery(probe.app, how)).status, 200, method);
    }
  });
}

const refusals: [
  title: string,
  parameters: Record<string, string>,
  status: number,
  code: string,
  message?: RegExp,
][] = [
  ["no action", { Version: "2010-05-08" }, 400, "MissingAction"],
  ["an action nobody has", { Action: "Fly" }, 400, "InvalidAction", /operation Fly/],
  ["a member of objects as action", { Action: "toString" }, 400, "InvalidAction"],
  ["another version", { Action: "Say", Version: "2011-06-15" }, 400, "InvalidAction"],
  ["a parameter left out", { Action: "Say" }, 400, "ValidationError", /^Word: /],
  ["a parameter that breaks its rule", { Action: "Say", Word: "" }, 400, "ValidationError"],
  ["text for a number", { Action: "Say", Word: "a", Times: "x" }, 400, "ValidationError", /^Times/],
  [
    "too large a number",
    { Action: "Say", Word: "a", Times: "6" },
    400,
    "ValidationError",
    /^Times/,
  ],
  [
    "a member of a list that breaks its rule",
    { Action: "Say", Word: "a", "Tags.member.1.Key": "k" },
    400,
    "ValidationError",
    /^Tags\.0\.Value/,
  ],
  ["a value with parts", { Action: "Say", Word: "a", "Word.x": "b" }, 400, "MalformedQueryString"],
  ["a failure of the server", { Action: "Break" }, 500, "InternalFailure", /^(?!.*secret)/],
];
for (const [title, parameters, status, code, message = /./] of refusals) {
  test(`${title} is refused with ${status} ${code}`, async () => {
    using probe = await openProbe();
    const answer = await ask(probe.app, parameters);
    assert.deepEqual([answer.status, answer.code], [status, code], answer.message ?? "");
    assert.match(answer.message ?? "", message);
    const { Error: error, RequestId } = answer.document.ErrorResponse;
    assert.equal(error.Type, status === 500 ? "Receiver" : "Sender");
    assert.equal(RequestId, answer.requestId);
  });
}

test("a key without the role is refused, and who signs wrongly learns nothing of the actions", async () => {
  using probe = await openProbe();
  const host = await ask(probe.app, { Action: "Say", Word: "a" }, "agent");
  assert.deepEqual([host.status, host.code], [403, "AccessDenied"]);
  assert.match(host.message ?? "", /not authorized to perform: iam:Say/);
  const wrong: [string, Parameters<typeof askQuery>[1]][] = [
    ["SignatureDoesNotMatch", {
      service: "iam",
      credentials: { ...credentialsOf("admin"), secretAccessKey: "wrong" },
      parameters: { Action: "Fly" },
    }],
    ["InvalidClientTokenId", {
      service: "iam",
      credentials: { accessKeyId: "AKIANOBODY", secretAccessKey: "x" },
      parameters: { Action: "Fly" },
    }],
    ["SignatureDoesNotMatch", {
      service: "codedeploy",
      credentials: credentialsOf("admin"),
      parameters: { Action: "Fly" },
    }],
  ];
  for (const [code, how] of wrong) {
    const answer = await askQuery(probe.app, how);
    assert.deepEqual([answer.status, answer.code], [403, code]);
  }
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const unsigned = await probe.app.request("/", {
    method: "POST",
    headers: form,
    body: "Action=Say",
  });
  assert.equal((await readQuery(unsigned)).code, "MissingAuthenticationToken");
});

test("a form with an X-Amz-Target is a request in JSON, as before", async () => {
  using probe = await openProbe();
  const response = await probe.app.request("/", {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "x-amz-target": "CodeDeploy_20141006.ListApplications",
    },
    body: "{}",
  });
  assert.equal(response.headers.get("content-type"), "application/x-amz-json-1.1");
});

const flat: [title: string, query: string, expected: unknown][] = [
  ["nothing", "", {}],
  ["text", "A=1&B=", { A: "1", B: "" }],
  ["a list in the order of its numbers", "A.member.10=x&A.member.2=y", { A: ["y", "x"] }],
  ["a structure", "A.B.C=1&A.D=2", { A: { B: { C: "1" }, D: "2" } }],
  ["lists in structures", "A.member.1.B.member.1=x", { A: [{ B: ["x"] }] }],
  ["a record", "A.entry.1.key=a.b&A.entry.1.value=1", { A: { "a.b": "1" } }],
  ["a structure with a member of that name", "A.member=1&A.B=2", { A: { member: "1", B: "2" } }],
  ["names of objects' own", "__proto__.x=1&constructor=2", {
    ["__proto__"]: { x: "1" },
    constructor: "2",
  }],
];
for (const [title, query, expected] of flat) {
  test(`flat parameters are read: ${title}`, () => {
    const read = readFlattened(new URLSearchParams(query), () => false);
    assert.equal(JSON.stringify(read), JSON.stringify(expected));
    assert.equal(Reflect.get({}, "x"), undefined);
  });
}

const wrong = [
  "A=1&A=2",
  "A=1&A.B=2",
  "A.member.0=x",
  "A.member.x=1",
  "A.member.1000000=1",
  "A.entry.1.value=1",
  "A.entry.1=1",
  "A.b.c.d.e.f.g.h.i.j.k.l.m=1",
  Array.from({ length: 1001 }, (_, n) => `A.member.${n + 1}=x`).join("&"),
];
for (const query of wrong) {
  test(`flat parameters are refused: ${query.slice(0, 40)}`, () => {
    assert.throws(
      () => readFlattened(new URLSearchParams(query), () => false),
      (error) => error instanceof QueryError && error.code === "MalformedQueryString",
    );
  });
}

test("what an SDK writes flat is read as it was", () => {
  const leaf = fc.string({ maxLength: 8 });
  const name = fc.stringMatching(/^[A-Z][a-z]{1,6}$/);
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie("value"), { minLength: 1, maxLength: 12 }),
      fc.dictionary(name, tie("value"), { minKeys: 1, maxKeys: 4 }),
    ),
  }));
  fc.assert(fc.property(fc.dictionary(name, value, { maxKeys: 4 }), (input) => {
    const read = readFlattened(flatten("", input), () => false);
    assert.deepEqual(JSON.parse(JSON.stringify(read)), JSON.parse(JSON.stringify(input)));
  }));
});

/** The other direction, as botocore's serializer writes it. */
function flatten(at: string, value: unknown): [string, string][] {
  if (typeof value === "string") return [[at, value]];
  if (Array.isArray(value)) {
    return value.flatMap((one, index) => flatten(`${at}.member.${index + 1}`, one));
  }
  return Object.entries(value ?? {}).flatMap(([name, one]) =>
    flatten(at === "" ? name : `${at}.${name}`, one)
  );
}
