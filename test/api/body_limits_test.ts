/** How long a request may be before anybody looks into it, by who may send it. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BodyTooLarge } from "../../core/api/error_response.ts";
import { FORM_LIMIT, readBody, UNSIGNED_LIMIT } from "../../core/api/request_body.ts";
import { JOIN_PATH } from "../../core/wire/join.ts";
import { openTestApi, SERVER } from "./test_api.ts";

const requests: [what: string, path: string, type: string, limit: number][] = [
  ["a form", "/", "application/x-www-form-urlencoded", FORM_LIMIT],
  ["a join, which nobody signs", JOIN_PATH, "application/json", UNSIGNED_LIMIT],
];
for (const [what, path, type, limit] of requests) {
  test(`${what} is refused with 413 when it is longer than ${limit} bytes`, async () => {
    using api = await openTestApi();
    const headers = { "content-type": type };
    const send = (bytes: number) =>
      api.app.request(SERVER + path, { method: "POST", headers, body: " ".repeat(bytes) });
    assert.equal((await send(limit + 1)).status, 413);
    assert.notEqual((await send(limit)).status, 413);
  });
}

test("a body without a length is given up when it has passed the limit", async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 100;
      controller.enqueue(new Uint8Array(100));
    },
  });
  const request = new Request(SERVER, { method: "POST", body: endless });
  await assert.rejects(readBody(request, 1000), BodyTooLarge);
  assert.ok(sent < 2000, `${sent} bytes were taken`);
});
