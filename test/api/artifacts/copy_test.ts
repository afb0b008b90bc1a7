import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { type ArtifactServer, startArtifactServer } from "./artifact_server.ts";

let server: ArtifactServer;
let first: string;
before(async () => {
  server = await startArtifactServer();
  const headers = {
    "content-type": "text/plain",
    "cache-control": "max-age=1",
    "x-amz-meta-v": "1",
    "x-amz-checksum-crc32": "y/Q5Jg==",
  };
  const put = await server.call("PUT", "/from/k%20%C3%BC%3F", { body: "123456789", headers });
  first = put.headers.get("x-amz-version-id") ?? "";
  await server.call("PUT", "/from/k%20%C3%BC%3F", { body: "second" });
});
after(() => server.close());

const SOURCE = "from/k%20%C3%BC%3F";

async function copy(
  path: string,
  source: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const answer = await server.call("PUT", path, {
    headers: { "x-amz-copy-source": source, ...headers },
  });
  const text = await answer.text();
  return `${answer.status} ${/<(?:Code|ETag)>(.*?)</.exec(text)?.[1] ?? text}`;
}

const etag = (text: string) => `&quot;${createHash("md5").update(text).digest("hex")}&quot;`;

test("a copy of the current version, of an older one, and over the source itself", async () => {
  assert.equal(await copy("/target/current", `/${SOURCE}`), `200 ${etag("second")}`);
  assert.equal(await (await server.call("GET", "/target/current")).text(), "second");
  const old = `${SOURCE}?versionId=${first}`;
  assert.equal(await copy("/target/old", old), `200 ${etag("123456789")}`);
  const read = await server.call("GET", "/target/old", {
    headers: { "x-amz-checksum-mode": "ENABLED" },
  });
  assert.equal(await read.text(), "123456789");
  assert.equal(read.headers.get("content-type"), "text/plain");
  assert.equal(read.headers.get("cache-control"), "max-age=1");
  assert.equal(read.headers.get("x-amz-meta-v"), "1");
  assert.equal(read.headers.get("x-amz-checksum-crc32"), "y/Q5Jg==");
  assert.equal(await copy(`/${SOURCE}`, SOURCE), "400 InvalidRequest");
  assert.match(await copy(`/${SOURCE}`, old), /^200 /, "an older version may become current again");
});

test("REPLACE takes what the request says and nothing of the source", async () => {
  const headers = { "x-amz-metadata-directive": "REPLACE", "x-amz-meta-n": "2" };
  assert.match(await copy("/target/replaced", `${SOURCE}?versionId=${first}`, headers), /^200 /);
  const read = await server.call("HEAD", "/target/replaced");
  assert.equal(read.headers.get("x-amz-meta-n"), "2");
  assert.equal(read.headers.get("x-amz-meta-v"), null);
  assert.equal(read.headers.get("content-type"), "binary/octet-stream");
  assert.equal(read.headers.get("cache-control"), null);
});

const refusals: [what: string, source: string, headers: Record<string, string>, code: string][] = [
  ["no such key", "from/nothing", {}, "404 NoSuchKey"],
  ["no such bucket", "nowhere/k", {}, "404 NoSuchBucket"],
  ["no such version", `${SOURCE}?versionId=none`, {}, "404 NoSuchVersion"],
  ["no key", "from", {}, "400 InvalidArgument"],
  ["an empty key", "/from/", {}, "400 InvalidArgument"],
  ["no percent-encoding", "from/%zz", {}, "400 InvalidURI"],
  ["a way out of the store", "../../etc/passwd", {}, "400 InvalidBucketName"],
  ["a directive", SOURCE, { "x-amz-metadata-directive": "MERGE" }, "400 InvalidArgument"],
  [
    "a condition",
    SOURCE,
    { "x-amz-copy-source-if-match": '"other"' },
    "412 PreconditionFailed",
  ],
  [
    "a condition of time",
    SOURCE,
    { "x-amz-copy-source-if-modified-since": new Date(Date.now() + 60_000).toUTCString() },
    "412 PreconditionFailed",
  ],
  [
    "a source with a key of its own",
    SOURCE,
    { "x-amz-copy-source-server-side-encryption-customer-algorithm": "AES256" },
    "501 NotImplemented",
  ],
  ["tags", SOURCE, { "x-amz-tagging": "a=b" }, "501 NotImplemented"],
];
for (const [what, source, headers, code] of refusals) {
  test(`a copy is refused and nothing is written: ${what}`, async () => {
    assert.equal(await copy("/target/refused", source, headers), code);
    assert.equal((await server.call("HEAD", "/target/refused")).status, 404);
  });
}

test("a copy keeps the bytes when its source is deleted for good", async () => {
  const put = await server.call("PUT", "/from/gone", { body: "bytes of two" });
  assert.match(await copy("/target/stays", "from/gone"), /^200 /);
  const id = put.headers.get("x-amz-version-id");
  await server.call("DELETE", `/from/gone?versionId=${id}`);
  assert.equal(await (await server.call("GET", "/target/stays")).text(), "bytes of two");
  await server.call("PUT", "/from/hidden", { body: "hidden" });
  await server.call("DELETE", "/from/hidden");
  assert.equal(await copy("/target/hidden", "from/hidden"), "404 NoSuchKey");
});

test("If-None-Match: * lets a copy write a key once", async () => {
  const headers = { "if-none-match": "*" };
  assert.match(await copy("/target/once", SOURCE, headers), /^200 /);
  assert.equal(await copy("/target/once", SOURCE, headers), "412 PreconditionFailed");
});

const ranges: [range: string, expected: string][] = [
  ["bytes=0-8", `200 ${etag("123456789")}`],
  ["bytes=2-3", `200 ${etag("34")}`],
  ["bytes=0-9", "400 InvalidArgument"],
  ["bytes=3-2", "400 InvalidArgument"],
  ["bytes=3-", "400 InvalidArgument"],
  ["3-4", "400 InvalidArgument"],
];
test("a part may be copied from a range of an object", async () => {
  const begun = await (await server.call("POST", "/target/parts?uploads")).text();
  const id = /<UploadId>(\w+)</.exec(begun)?.[1];
  const at = `/target/parts?uploadId=${id}&partNumber=1`;
  const old = `${SOURCE}?versionId=${first}`;
  for (const [range, expected] of ranges) {
    assert.equal(await copy(at, old, { "x-amz-copy-source-range": range }), expected, range);
  }
  assert.equal(await copy(at, old), `200 ${etag("123456789")}`);
  await server.call("PUT", "/from/empty", { body: "" });
  assert.equal(await copy(at, "from/empty"), `200 ${etag("")}`);
  assert.equal(await copy("/target/parts?uploadId=none&partNumber=1", old), "404 NoSuchUpload");
  assert.equal(
    await copy(at, old, { "x-amz-copy-source-if-none-match": "*" }),
    "412 PreconditionFailed",
  );
});
