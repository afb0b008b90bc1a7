/** What a client may do in HTTP itself, over a socket: methods, bodies without a length, too large ones. @module */
import assert from "node:assert/strict";
import { type IncomingMessage, request, type RequestOptions } from "node:http";
import { test } from "node:test";
import { BODY_LIMIT } from "../../core/api/request_body.ts";
import { serveHttp } from "../../core/platform.ts";
import { signable, signHeaders } from "../../core/wire/sigv4.ts";
import { credentialsOf, openTestApi, REGION } from "./test_api.ts";

const TARGET = { "x-amz-target": "CodeDeploy_20141006.ListApplications" };

interface Answered {
  status: number | undefined;
  type: IncomingMessage["headers"][string];
  body: string;
}

/** Runs against a server that listens; `send` writes the chunks one by one. */
async function listening(
  body: (
    url: URL,
    send: (options: RequestOptions, ...chunks: string[]) => Promise<Answered>,
  ) => Promise<void>,
): Promise<void> {
  using api = await openTestApi();
  const fetch = (request: Request) => api.app.fetch(request);
  const http = await serveHttp({ hostname: "127.0.0.1", port: 0, fetch });
  const url = new URL(`http://127.0.0.1:${http.port}/`);
  try {
    await body(url, (options, ...chunks) => send(url, options, chunks));
  } finally {
    await http.stop();
  }
}

function send(url: URL, options: RequestOptions, chunks: readonly string[]): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request(url.href, { ...options, agent: false, timeout: 10_000 }, (response) => {
      let body = "";
      response.on("data", (chunk) => body += chunk);
      response.on("error", reject);
      response.on("end", () => {
        const type = response.headers["x-amzn-errortype"];
        resolve({ status: response.statusCode, type, body });
      });
    });
    asked.on("error", reject);
    asked.on("timeout", () => asked.destroy(new Error("no answer")));
    for (const chunk of chunks) asked.write(chunk);
    asked.end();
  });
}

for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"]) {
  test(`${method} of the address where operations are is not found`, async () => {
    await listening(async (_, send) => {
      const { status, body } = await send({ method, headers: TARGET });
      assert.equal(status, 404);
      assert.equal(body, method === "HEAD" ? "" : "404 Not Found");
    });
  });
}

test("a body that comes in chunks without a length is read like any other", async () => {
  await listening(async (url, send) => {
    const credentials = credentialsOf("viewer");
    const toSign = signable("POST", url, TARGET, "{  }");
    const headers = await signHeaders(toSign, credentials, REGION, "codedeploy");
    const chunked = { method: "POST", headers: { ...headers, "transfer-encoding": "chunked" } };
    const answered = await send(chunked, "{ ", " }");
    assert.equal(answered.status, 200, answered.body);
    assert.deepEqual(JSON.parse(answered.body), { applications: [] });
    const changed = await send(chunked, "{ ", "}");
    assert.deepEqual([changed.status, changed.type], [403, "InvalidSignatureException"]);
  });
});

const tooLarge: [how: string, headers: Record<string, string>][] = [
  ["in chunks", { "transfer-encoding": "chunked" }],
  ["with its length", { "content-length": String(BODY_LIMIT + 1) }],
];
for (const [how, headers] of tooLarge) {
  test(`a body over the limit, sent ${how}, is refused with 413 in the form of AWS JSON`, async () => {
    await listening(async (_, send) => {
      const whole = " ".repeat(BODY_LIMIT + 1);
      const answered = await send({ method: "POST", headers: { ...TARGET, ...headers } }, whole);
      assert.deepEqual([answered.status, answered.type], [413, "SerializationException"]);
      assert.match(JSON.parse(answered.body).message, /larger than 10485760 bytes/);
    });
  });
}
