import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { signable, signHeaders } from "../../../core/wire/sigv4.ts";
import { type ArtifactServer, type CallOptions, startArtifactServer } from "./artifact_server.ts";

let server: ArtifactServer;
before(async () => {
  server = await startArtifactServer();
});
after(() => server.close());

const hex = (name: string, text: string) => createHash(name).update(text).digest("hex");
const base64 = (name: string, text: string) => createHash(name).update(text).digest("base64");

/** Puts and expects success; answers the version id. */
async function put(path: string, body: string, headers: Record<string, string> = {}) {
  const answer = await server.call("PUT", path, { body, headers });
  assert.equal(answer.status, 200, await answer.text());
  return answer.headers.get("x-amz-version-id") ?? "";
}

/** Calls and reads the refusal: status and S3 code. */
async function refused(method: string, path: string, options?: CallOptions): Promise<string> {
  const answer = await server.call(method, path, options);
  const text = await answer.text();
  return `${answer.status} ${/<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? text}`;
}

test("an object comes back with its bytes, type, metadata and sums", async () => {
  const headers = { "content-type": "application/zip", "x-amz-meta-Commit": "abc def" };
  const answer = await server.call("PUT", "/bundles/web/1.zip", { body: "hello", headers });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("etag"), `"${hex("md5", "hello")}"`);
  assert.equal(answer.headers.get("x-amz-checksum-sha256"), base64("sha256", "hello"));
  for (const method of ["GET", "HEAD"]) {
    const read = await server.call(method, "/bundles/web/1.zip");
    assert.equal(read.status, 200);
    assert.equal(await read.text(), method === "GET" ? "hello" : "");
    assert.equal(read.headers.get("content-length"), "5", method);
    assert.equal(read.headers.get("content-type"), "application/zip");
    assert.equal(read.headers.get("x-amz-meta-commit"), "abc def");
    assert.equal(read.headers.get("etag"), `"${hex("md5", "hello")}"`);
    assert.equal(read.headers.get("accept-ranges"), "bytes");
    const disposition = "attachment; filename*=UTF-8''1.zip";
    assert.equal(read.headers.get("content-disposition"), disposition);
    assert.ok(Date.parse(read.headers.get("last-modified") ?? "") > 0);
  }
});

test("an empty object is an object", async () => {
  await put("/bundles/empty", "");
  const read = await server.call("GET", "/bundles/empty");
  assert.equal(read.status, 200);
  assert.equal(read.headers.get("content-length"), "0");
  assert.equal(await read.text(), "");
  assert.equal(
    await refused("GET", "/bundles/empty", { headers: { range: "bytes=0-" } }),
    "416 InvalidRange",
  );
});

const ranges: [header: string, status: number, bytes: string, contentRange: string | null][] = [
  ["bytes=0-3", 206, "0123", "bytes 0-3/10"],
  ["bytes=4-4", 206, "4", "bytes 4-4/10"],
  ["bytes=7-", 206, "789", "bytes 7-9/10"],
  ["bytes=0-", 206, "0123456789", "bytes 0-9/10"],
  ["bytes=8-99", 206, "89", "bytes 8-9/10"],
  ["bytes=-3", 206, "789", "bytes 7-9/10"],
  ["bytes=-99", 206, "0123456789", "bytes 0-9/10"],
  ["bytes=3-2", 200, "0123456789", null],
  ["bytes=1-2,4-5", 200, "0123456789", null],
  ["bytes=-", 200, "0123456789", null],
  ["lines=1-2", 200, "0123456789", null],
  ["bytes=10-", 416, "", "bytes */10"],
  ["bytes=-0", 416, "", "bytes */10"],
];
test("a range is answered as S3 answers it", async () => {
  await put("/bundles/digits", "0123456789");
  for (const [range, status, bytes, contentRange] of ranges) {
    const answer = await server.call("GET", "/bundles/digits", { headers: { range } });
    const text = await answer.text();
    assert.equal(answer.status, status, range);
    assert.equal(answer.headers.get("content-range"), contentRange, range);
    if (status === 416) assert.match(text, /<Code>InvalidRange<\/Code>/);
    else assert.equal(text, bytes, range);
    if (status === 206) {
      assert.equal(answer.headers.get("content-length"), String(bytes.length), range);
      assert.equal(answer.headers.get("x-amz-checksum-sha256"), null, range);
    }
  }
});

test("an access list that says what is so anyway is taken", async () => {
  await put("/bundles/acl", "x", { "x-amz-acl": "private" });
  await put("/bundles/acl", "x", { "x-amz-acl": "bucket-owner-full-control" });
});

test("read part by part, an object is one part", async () => {
  await put("/bundles/part", "0123456789");
  await put("/bundles/no-part", "");
  const headers = { "x-amz-checksum-mode": "ENABLED" };
  const first = await server.call("GET", "/bundles/part?partNumber=1", { headers });
  assert.equal(await first.text(), "0123456789");
  assert.equal(first.status, 206);
  assert.equal(first.headers.get("content-range"), "bytes 0-9/10");
  assert.equal(first.headers.get("x-amz-checksum-sha256"), base64("sha256", "0123456789"));
  assert.equal((await server.call("GET", "/bundles/no-part?partNumber=1")).status, 200);
  for (const number of ["0", "2", "x"]) {
    assert.equal(
      await refused("GET", `/bundles/part?partNumber=${number}`),
      "416 InvalidPartNumber",
    );
  }
  const range = { headers: { range: "bytes=0-1" } };
  assert.equal(await refused("GET", "/bundles/part?partNumber=1", range), "400 InvalidRequest");
});

test("every put makes a version; ids sort in the order of writing; the last is current", async () => {
  const ids: string[] = [];
  for (const body of ["one", "two", "three", "four"]) ids.push(await put("/bundles/v", body));
  assert.deepEqual([...ids].sort(), ids);
  assert.equal(await (await server.call("GET", "/bundles/v")).text(), "four");
  const second = await server.call("GET", `/bundles/v?versionId=${ids[1]}`);
  assert.equal(await second.text(), "two");
  assert.equal(second.headers.get("x-amz-version-id"), ids[1]);
  assert.equal(await refused("GET", "/bundles/v?versionId=nope"), "404 NoSuchVersion");
  assert.equal(await refused("GET", "/bundles/other"), "404 NoSuchKey");
});

test("the same bytes under two keys are one file", async () => {
  await put("/bundles/a", "shared bytes");
  await put("/bundles/b", "shared bytes");
  const sha256 = hex("sha256", "shared bytes");
  const files = (await server.files()).filter((file) => file.includes(sha256));
  assert.deepEqual(files, [`${sha256.slice(0, 2)}/${sha256}`]);
});

test("keys are decoded once and never become paths", async () => {
  const keys: [path: string, listed: string][] = [
    ["/names/a%20b%2Bc+d.zip", "a b+c+d.zip"],
    ["/names/%E2%9C%93/%C3%BC.zip", "✓/ü.zip"],
    ["/names/100%2525", "100%25"],
    ["/names/..%2F..%2Fetc%2Fpasswd", "../../etc/passwd"],
    ["/names//double//slash", "/double//slash"],
    ["/names/back%5Cslash%26%3Camp%3E", "back\\slash&<amp>"],
  ];
  for (const [path, key] of keys) {
    await put(path, key);
    assert.equal(await (await server.call("GET", path)).text(), key);
  }
  const list = await (await server.call("GET", "/names?list-type=2&encoding-type=url")).text();
  const listed = [...list.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) =>
    decodeURIComponent(key ?? "")
  );
  assert.deepEqual(listed.toSorted(), keys.map(([, key]) => key).toSorted());
  for (const file of await server.files()) assert.match(file, /^[0-9a-f]{2}\/[0-9a-f]{64}$/);
});

test("conditions of a read: 304 and 412", async () => {
  await put("/bundles/c", "conditions");
  const etag = `"${hex("md5", "conditions")}"`;
  const get = async (headers: Record<string, string>) => {
    const answer = await server.call("GET", "/bundles/c", { headers });
    return `${answer.status} ${(await answer.text()).length}`;
  };
  assert.equal(await get({ "if-none-match": etag }), "304 0");
  assert.equal(await get({ "if-none-match": '"other"' }), "200 10");
  assert.equal(await get({ "if-match": etag }), "200 10");
  assert.equal(await get({ "if-range": '"other"', range: "bytes=0-1" }), "200 10");
  assert.equal(
    await refused("GET", "/bundles/c", { headers: { "if-match": '"other"' } }),
    "412 PreconditionFailed",
  );
});

test("If-None-Match: * writes a key once", async () => {
  const headers = { "if-none-match": "*" };
  await put("/bundles/once", "first", headers);
  assert.equal(
    await refused("PUT", "/bundles/once", { body: "second", headers }),
    "412 PreconditionFailed",
  );
  assert.equal(await (await server.call("GET", "/bundles/once")).text(), "first");
});

const wrong: [what: string, headers: Record<string, string>, expected: string][] = [
  ["Content-MD5", { "content-md5": base64("md5", "other") }, "400 BadDigest"],
  ["SHA-256", { "x-amz-checksum-sha256": base64("sha256", "other") }, "400 BadDigest"],
  ["SHA-1", { "x-amz-checksum-sha1": base64("sha1", "other") }, "400 BadDigest"],
  ["CRC-32", { "x-amz-checksum-crc32": "AAAAAA==" }, "400 BadDigest"],
  ["CRC-32C", { "x-amz-checksum-crc32c": "AAAAAA==" }, "400 BadDigest"],
  ["CRC-64", { "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=" }, "400 BadDigest"],
  ["signed sum", { "x-amz-content-sha256": hex("sha256", "x") }, "400 XAmzContentSHA256Mismatch"],
  ["malformed MD5", { "content-md5": "abc" }, "400 InvalidDigest"],
  ["malformed sum", { "x-amz-content-sha256": "abc" }, "400 InvalidArgument"],
  ["unknown sum", { "x-amz-checksum-md6": "AAAA" }, "501 NotImplemented"],
  [
    "chunks signed with an elliptic curve",
    { "x-amz-content-sha256": "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD" },
    "501 NotImplemented",
  ],
  ["everybody reads", { "x-amz-acl": "public-read" }, "400 AccessControlListNotSupported"],
  ["somebody reads", { "x-amz-grant-read": "id=x" }, "400 AccessControlListNotSupported"],
  ["encryption", { "x-amz-server-side-encryption": "aws:kms" }, "501 NotImplemented"],
];
for (const [what, headers, expected] of wrong) {
  test(`a put with a wrong claim or an unknown wish stores nothing: ${what}`, async () => {
    const files = await server.files();
    assert.equal(
      await refused("PUT", "/bundles/wrong", { body: "123456789", headers }),
      expected,
    );
    assert.deepEqual(await server.files(), files);
    assert.equal(await refused("GET", "/bundles/wrong"), "404 NoSuchKey");
  });
}

test("a put with every right claim is stored, and the sums are echoed", async () => {
  const body = "123456789";
  // Check values of the catalogue of parametrised CRC algorithms for "123456789".
  const headers = {
    "content-md5": base64("md5", body),
    "x-amz-checksum-sha1": base64("sha1", body),
    "x-amz-checksum-crc32": Buffer.from("cbf43926", "hex").toString("base64"),
    "x-amz-checksum-crc32c": Buffer.from("e3069283", "hex").toString("base64"),
    "x-amz-checksum-crc64nvme": Buffer.from("ae8b14860a799888", "hex").toString("base64"),
  };
  const answer = await server.call("PUT", "/bundles/right", { body, headers });
  assert.equal(answer.status, 200, await answer.text());
  for (const name of ["sha1", "crc32", "crc32c", "crc64nvme"] as const) {
    const header = `x-amz-checksum-${name}` as const;
    assert.equal(answer.headers.get(header), headers[header]);
  }
});

test("a body in aws-chunked frames is unframed and its trailer verified", async () => {
  const body = "5\r\n12345\r\n4\r\n6789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
  const headers = {
    "content-encoding": "aws-chunked",
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-decoded-content-length": "9",
    "x-amz-trailer": "x-amz-checksum-crc32",
  };
  await put("/bundles/framed", body, headers);
  assert.equal(await (await server.call("GET", "/bundles/framed")).text(), "123456789");
  const refusals: [body: string, code: string][] = [
    [body.replace("y/Q5", "AAAA"), "400 BadDigest"],
    [body.replace(/x-amz[^\n]*\n/, ""), "400 MalformedTrailerError"],
    [body.replace("4\r\n6789\r\n", ""), "400 IncompleteBody"],
    [body.slice(0, 20), "400 IncompleteBody"],
    ["hello", "400 IncompleteBody"],
    ["hello\r\n", "400 InvalidRequest"],
  ];
  const files = await server.files();
  for (const [body, code] of refusals) {
    assert.equal(await refused("PUT", "/bundles/framed2", { body, headers }), code, body);
  }
  assert.deepEqual(await server.files(), files);
});

test("who may do what: unsigned, unknown, tampered and viewing callers", async () => {
  await put("/bundles/roles", "x");
  const unsigned = await fetch(`${server.url}/bundles/roles`);
  assert.equal(unsigned.status, 403);
  assert.match(await unsigned.text(), /<Error><Code>AccessDenied<\/Code><Message>The request is/);
  assert.equal(unsigned.headers.get("content-type"), "application/xml");
  assert.equal(await refused("GET", "/bundles/roles", { as: "NOBODY" }), "403 InvalidAccessKeyId");
  const url = new URL(`${server.url}/bundles/roles`);
  const credentials = { accessKeyId: "DEPLOY", secretAccessKey: "guessed" };
  const signed = await signHeaders(signable("GET", url, {}), credentials, "eu-central-1", "s3");
  const { host: _, ...headers } = signed;
  const forged = await fetch(url, { headers });
  assert.match(await forged.text(), /<Code>SignatureDoesNotMatch<\/Code>/);
  assert.equal(forged.status, 403);
  const good = await server.call("GET", "/bundles/roles", { as: "VIEW" });
  assert.equal(await good.text(), "x");
  for (const method of ["PUT", "DELETE"]) {
    assert.equal(await refused(method, "/bundles/roles", { as: "VIEW" }), "403 AccessDenied");
  }
  assert.equal(await refused("POST", "/bundles/roles?uploads", { as: "VIEW" }), "403 AccessDenied");
});

test("a delete hides the key, keeps its versions, and frees the bytes with the last of them", async () => {
  const id = await put("/trash/x", "to be deleted");
  const twin = await put("/trash/twin", "to be deleted");
  const gone = await server.call("DELETE", "/trash/x");
  assert.equal(gone.status, 204);
  assert.equal(gone.headers.get("x-amz-delete-marker"), "true");
  const marker = gone.headers.get("x-amz-version-id");
  assert.equal(await refused("GET", "/trash/x"), "404 NoSuchKey");
  assert.equal(await refused("GET", `/trash/x?versionId=${marker}`), "405 MethodNotAllowed");
  const old = await server.call("GET", `/trash/x?versionId=${id}`);
  assert.equal(await old.text(), "to be deleted");
  const sha256 = hex("sha256", "to be deleted");
  const kept = async () => (await server.files()).some((file) => file.endsWith(sha256));
  assert.equal((await server.call("DELETE", `/trash/x?versionId=${id}`)).status, 204);
  assert.equal(await kept(), true, "the twin has the same bytes");
  assert.equal((await server.call("DELETE", `/trash/twin?versionId=${twin}`)).status, 204);
  assert.equal(await kept(), false);
});

const unanswered: [method: string, path: string, expected: string][] = [
  ["GET", "/UPPER/key", "400 InvalidBucketName"],
  ["GET", "/bundles/%FF", "400 InvalidURI"],
  ["GET", `/bundles/${"k".repeat(1025)}`, "400 KeyTooLongError"],
  ["GET", "/bundles/c?acl", "501 NotImplemented"],
  ["PUT", "/bundles/c?tagging", "501 NotImplemented"],
  ["GET", "/bundles?acl", "501 NotImplemented"],
  ["GET", "/bundles?policy", "501 NotImplemented"],
  ["PUT", "/bundles/c?acl", "501 NotImplemented"],
  ["PATCH", "/bundles/c", "405 MethodNotAllowed"],
];
for (const [method, path, expected] of unanswered) {
  test(`${method} ${path.slice(0, 40)} is refused by name: ${expected}`, async () => {
    assert.equal(await refused(method, path), expected);
  });
}
