import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { operation, operationsByName } from "../../core/api/operation.ts";
import { BODY_LIMIT } from "../../core/api/request_body.ts";
import { createRouter } from "../../core/api/router.ts";
import type { Role } from "../../core/domain/instance.ts";
import { signable, signHeaders } from "../../core/wire/sigv4.ts";
import { type Answer, credentialsOf, openTestApi, REGION, type TestApi } from "./test_api.ts";

const TARGET = "CodeDeploy_20141006.ListApplications";
const URL_ = new URL("http://runtime.test/");

test("an answer is AWS JSON 1.1 and carries a request id of its own", async () => {
  using api = await openTestApi();
  const ids = new Set<string | null>();
  for (let n = 0; n < 2; n++) {
    const response = await post(api, { target: TARGET, body: "{}" });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/x-amz-json-1.1");
    ids.add(response.headers.get("x-amzn-requestid"));
  }
  assert.equal(ids.size, 2);
});

test("a refusal is told in the body and in x-amzn-ErrorType, without a namespace", async () => {
  using api = await openTestApi();
  const target = "CodeDeploy_20141006.GetApplication";
  const response = await post(api, { target, body: '{"applicationName":"gone"}' });
  assert.equal(response.status, 400);
  assert.equal(response.headers.get("x-amzn-errortype"), "ApplicationDoesNotExistException");
  assert.ok(response.headers.get("x-amzn-requestid"));
  assert.deepEqual(await response.json(), {
    __type: "ApplicationDoesNotExistException",
    message: "No application found for name: gone",
  });
});

const bodies: [
  title: string,
  body: string | Uint8Array<ArrayBuffer>,
  status: number,
  type?: string,
][] = [
  ["no body", "", 200],
  ["an empty object", "{}", 200],
  ["members nobody knows", '{"maxResults":5,"nextToken":null}', 200],
  ["text that is not JSON", "{", 400, "SerializationException"],
  ["a body that is no object", "5", 400, "SerializationException"],
  ["null", "null", 400, "SerializationException"],
  ["bytes that are not UTF-8", new Uint8Array([0x22, 0xff, 0x22]), 400, "SerializationException"],
];
for (const [title, body, status, type] of bodies) {
  test(`${title} is answered with ${status} ${type ?? ""}`.trim(), async () => {
    using api = await openTestApi();
    const response = await post(api, { target: TARGET, body });
    const answer: Answer = await response.json();
    assert.equal(response.status, status, answer.message);
    assert.equal(answer.__type, type);
  });
}

for (const contentType of ["application/json", "text/plain", ""]) {
  test(`the content type "${contentType}" is taken`, async () => {
    using api = await openTestApi();
    const headers = { "content-type": contentType };
    assert.equal((await post(api, { target: TARGET, body: "{}", headers })).status, 200);
  });
}

const unknown = ["", "CodeDeploy_20141006.Fly", "CodeDeploy_20141006.", "Other_1.List", "toString"];
for (const target of unknown) {
  test(`the target "${target}" is an UnknownOperationException, for those who sign`, async () => {
    using api = await openTestApi();
    const signed = await post(api, { target, body: "{}" });
    assert.equal(signed.status, 400);
    assert.equal(signed.headers.get("x-amzn-errortype"), "UnknownOperationException");
    const headers = { "x-amz-target": target };
    const unsigned = await api.app.request(URL_, { method: "POST", headers, body: "{}" });
    assert.equal(unsigned.status, 403);
    assert.equal(unsigned.headers.get("x-amzn-errortype"), "MissingAuthenticationTokenException");
  });
}

test("an operation that the signature does not cover is refused", async () => {
  using api = await openTestApi();
  const signed = await signHeaders(
    signable("POST", URL_, {}, "{}"),
    credentialsOf("admin"),
    REGION,
    "codedeploy",
  );
  const headers = { ...signed, "x-amz-target": TARGET };
  const response = await api.app.request(URL_, { method: "POST", headers, body: "{}" });
  assert.equal(response.status, 403);
  assert.equal(response.headers.get("x-amzn-errortype"), "IncompleteSignatureException");
});

test("a body over the limit is answered with 413 before it is all read", async () => {
  using api = await openTestApi();
  let sent = 0;
  const chunk = new Uint8Array(1024 * 1024);
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += chunk.length;
      controller.enqueue(chunk);
    },
  });
  const headers = { "x-amz-target": TARGET };
  const response = await api.app.request(
    new Request(URL_, { method: "POST", headers, body }),
  );
  assert.equal(response.status, 413);
  assert.equal(response.headers.get("x-amzn-errortype"), "SerializationException");
  assert.ok(sent < BODY_LIMIT + 4 * chunk.length, `${sent} bytes were read`);
});

test("a body of exactly the limit is read", async () => {
  using api = await openTestApi();
  const body = " ".repeat(BODY_LIMIT - 2) + "{}";
  assert.equal((await post(api, { target: TARGET, body })).status, 200);
});

const ROLES: Role[] = ["admin", "deployer", "viewer", "agent"];
const needed: [needs: Role, may: Role[]][] = [
  ["admin", ["admin"]],
  ["deployer", ["admin", "deployer"]],
  ["viewer", ["admin", "deployer", "viewer"]],
  ["agent", ["agent"]],
];
for (const [needs, may] of needed) {
  for (const role of ROLES) {
    const allowed = may.includes(role);
    test(`an operation for ${needs}: ${role} ${allowed ? "may" : "may not"} call it`, async () => {
      using api = await openTestApi();
      let ran = 0;
      const own = operation({
        name: "Own",
        role: needs,
        input: z.object({}),
        output: z.object({ caller: z.unknown() }),
        errors: [],
        run(_, __, { caller }) {
          ran++;
          return { caller };
        },
      });
      const app = createRouter(api.context, [{
        targetPrefix: "Own_1.",
        signingNames: ["codedeploy"],
        operations: operationsByName([own]),
      }]);
      const response = await post({ ...api, app }, { target: "Own_1.Own", body: "{}", role });
      const answer: Answer = await response.json();
      assert.equal(ran, allowed ? 1 : 0);
      assert.equal(response.status, allowed ? 200 : 403);
      if (allowed) assert.equal(answer.caller.role, role);
      else assert.equal(answer.__type, "AccessDeniedException");
    });
  }
}

const failures: [title: string, error: Error, status: number, type: string, message: RegExp][] = [
  ["a fault of ours", new TypeError("secret detail"), 500, "InternalFailure", /request id/],
  [
    "a full disk",
    Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" }),
    503,
    "ServiceUnavailableException",
    /disk is full and nothing was changed/,
  ],
  [
    "no room for a file",
    new Error("failed", { cause: Object.assign(new Error("write"), { code: "ENOSPC" }) }),
    503,
    "ServiceUnavailableException",
    /disk is full/,
  ],
];
for (const [title, error, status, type, message] of failures) {
  test(`${title} is answered with ${status} ${type}, without internals`, async () => {
    using api = await openTestApi();
    const broken = operation({
      name: "Broken",
      role: "viewer",
      input: z.object({}),
      output: z.object({}),
      errors: [],
      run() {
        throw error;
      },
    });
    const app = createRouter(api.context, [{
      targetPrefix: "Own_1.",
      signingNames: ["codedeploy"],
      operations: operationsByName([broken]),
    }]);
    const response = await post({ ...api, app }, { target: "Own_1.Broken", body: "{}" });
    const answer: Answer = await response.json();
    assert.equal(response.status, status);
    assert.equal(answer.__type, type);
    assert.match(answer.message, message);
    assert.ok(!answer.message.includes(error.message), answer.message);
  });
}

test("health needs no signature, and readiness is the store's", async () => {
  using api = await openTestApi();
  const health = await api.app.request("/healthz");
  assert.equal(await health.text(), "ok");
  assert.equal((await api.app.request("/readyz")).status, 200);
  const full = Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
  const store = { ...api.context.store, commit: () => Promise.reject(full) };
  const app = createRouter({ ...api.context, store }, []);
  const ready = await app.request("/readyz");
  assert.equal(ready.status, 503);
  assert.match(await ready.text(), /disk is full/);
  assert.equal((await app.request("/healthz")).status, 200);
});

interface Post {
  target: string;
  body: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
  role?: Role;
}

async function post(api: Pick<TestApi, "app">, request: Post): Promise<Response> {
  const { target, body, headers = {}, role = "admin" } = request;
  const given = { "x-amz-target": target, ...headers };
  const toSign = signable("POST", URL_, given, body);
  const signed = await signHeaders(toSign, credentialsOf(role), REGION, "codedeploy");
  return await api.app.request(URL_, { method: "POST", headers: signed, body });
}
