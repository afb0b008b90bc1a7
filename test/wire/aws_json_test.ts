/** Refusals as AWS words them, and what they become. @module */
import { test } from "node:test";
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { ApiError, callJson } from "../../core/wire/aws_json.ts";

const refusals: [what: string, status: number, body: string, type: string, message: string][] = [
  ["of this server", 400, '{"__type":"XException","message":"no"}', "XException", "no"],
  [
    "with a namespace",
    400,
    '{"__type":"com.amazonaws.x#XException","message":"no"}',
    "XException",
    "no",
  ],
  [
    "with a capital",
    400,
    '{"__type":"AccessDeniedException","Message":"no"}',
    "AccessDeniedException",
    "no",
  ],
  [
    "with an address",
    400,
    '{"__type":"XException:http://amazon.com/x/","message":"no"}',
    "XException",
    "no",
  ],
  ["of a proxy", 502, "<html>bad gateway</html>", "HTTP 502", "<html>bad gateway</html>"],
  ["of nobody", 503, "", "HTTP 503", "HTTP 503"],
];
for (const [what, status, body, type, message] of refusals) {
  test(`callJson reads a refusal ${what}`, async () => {
    const server = createServer((request, response) => {
      request.resume().on("end", () => response.writeHead(status).end(body));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    try {
      const address = server.address();
      assert.ok(typeof address === "object" && address !== null);
      const endpoint = {
        url: `http://127.0.0.1:${address.port}`,
        region: "us-east-1",
        credentials: { accessKeyId: "AK", secretAccessKey: "s" },
      };
      const call = { target: "CodeDeploy_20141006.X", service: "codedeploy", input: {} };
      await assert.rejects(callJson(endpoint, call), (error) => {
        assert.ok(error instanceof ApiError);
        assert.deepEqual([error.type, error.status, error.message], [type, status, message]);
        return true;
      });
    } finally {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    }
  });
}
