/** Who may do what with artifacts: every operation, asked by every role that a key can have. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startArtifactServer } from "./artifact_server.ts";

type Key = "ADMIN" | "DEPLOY" | "VIEW" | "HOST";

/** A host fetches what its orders name; it has no business with what else there is. */
const FETCH: readonly Key[] = ["ADMIN", "DEPLOY", "VIEW", "HOST"];
const LOOK: readonly Key[] = ["ADMIN", "DEPLOY", "VIEW"];
const CHANGE: readonly Key[] = ["ADMIN", "DEPLOY"];

const operations: [method: string, path: string, may: readonly Key[], header?: string][] = [
  ["GET", "/shop/a.zip", FETCH],
  ["GET", "/shop/a.zip?attributes", FETCH, "x-amz-object-attributes"],
  ["GET", "/shop/a.zip?tagging", FETCH],
  ["HEAD", "/shop/a.zip", FETCH],
  ["GET", "/", LOOK],
  ["GET", "/shop", LOOK],
  ["GET", "/shop?list-type=2", LOOK],
  ["GET", "/shop?location", LOOK],
  ["GET", "/shop?uploads", LOOK],
  ["GET", "/shop?versioning", LOOK],
  ["GET", "/shop?versions", LOOK],
  ["GET", "/shop/a.zip?uploadId=u", LOOK],
  ["HEAD", "/shop", LOOK],
  ["DELETE", "/shop", CHANGE],
  ["DELETE", "/shop/b.zip", CHANGE],
  ["DELETE", "/shop/b.zip?uploadId=u", CHANGE],
  ["POST", "/shop?delete", CHANGE],
  ["POST", "/shop/b.zip?uploadId=u", CHANGE],
  ["POST", "/shop/b.zip?uploads", CHANGE],
  ["PUT", "/shop", CHANGE],
  ["PUT", "/shop?versioning", CHANGE],
  ["PUT", "/shop/b.zip", CHANGE],
  ["PUT", "/shop/b.zip", CHANGE, "x-amz-copy-source"],
  ["PUT", "/shop/b.zip?partNumber=1&uploadId=u", CHANGE],
  ["PUT", "/shop/b.zip?partNumber=1&uploadId=u", CHANGE, "x-amz-copy-source"],
];

test("a key reads and writes artifacts as its role may, and a host only fetches what it can name", async () => {
  const server = await startArtifactServer();
  try {
    await server.call("PUT", "/shop/a.zip", { body: "bundle" });
    const wrong: string[] = [];
    for (const [method, path, may, header] of operations) {
      for (const key of FETCH) {
        const headers = header === undefined ? {} : { [header]: VALUE[header] ?? "" };
        const response = await server.call(method, path, { as: key, headers });
        await response.body?.cancel();
        // Anything else, a missing upload or an empty document, is for those who may ask.
        const refused = response.status === 403;
        if (refused !== may.includes(key)) continue;
        wrong.push(`${method} ${path} by ${key}: ${response.status}`);
      }
    }
    assert.deepEqual(wrong, []);
  } finally {
    await server.close();
  }
});

const VALUE: Readonly<Record<string, string>> = {
  "x-amz-copy-source": "shop/a.zip",
  "x-amz-object-attributes": "ETag",
};
