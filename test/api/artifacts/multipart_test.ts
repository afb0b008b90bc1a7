import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { sweepIncoming } from "../../../core/api/artifacts/sweep.ts";
import { findObject } from "../../../core/store/objects.ts";
import { uploads } from "../../../core/store/schema.ts";
import { uploadIds } from "../../../core/store/uploads.ts";
import { type ArtifactServer, startArtifactServer } from "./artifact_server.ts";

let server: ArtifactServer;
before(async () => {
  server = await startArtifactServer();
});
after(() => server.close());

const md5 = (bytes: string | Buffer) => createHash("md5").update(bytes).digest();

async function begin(path: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await server.call("POST", `${path}?uploads`, { headers });
  return /<UploadId>(\w+)<\/UploadId>/.exec(await answer.text())?.[1] ?? "";
}

async function part(path: string, id: string, number: number, body: string): Promise<string> {
  const at = `${path}?partNumber=${number}&uploadId=${id}`;
  const answer = await server.call("PUT", at, { body });
  assert.equal(answer.status, 200, await answer.text());
  return answer.headers.get("etag") ?? "";
}

async function complete(
  path: string,
  id: string,
  parts: [number: number, etag: string][],
  headers: Record<string, string> = {},
): Promise<string> {
  const list = parts.map(([number, etag]) =>
    `<Part><PartNumber>${number}</PartNumber><ETag>${etag.replaceAll('"', "&quot;")}</ETag></Part>`
  );
  const body = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${
    list.join("")
  }</CompleteMultipartUpload>`;
  const answer = await server.call("POST", `${path}?uploadId=${id}`, { body, headers });
  const text = await answer.text();
  const found = /<(?:Code|ETag)>(.*?)<\/(?:Code|ETag)>/.exec(text)?.[1];
  return `${answer.status} ${found?.replaceAll("&quot;", '"') ?? text}`;
}

test("three parts sent out of order become one object with S3's ETag", async () => {
  const path = "/bundles/three.tgz";
  const id = await begin(path, { "content-type": "application/gzip", "x-amz-meta-by": "me" });
  const three = await part(path, id, 3, "ccc");
  const one = await part(path, id, 1, "aaa");
  await part(path, id, 7, "first try");
  const seven = await part(path, id, 7, "ddd");
  const etag = `"${md5(Buffer.concat([md5("aaa"), md5("ccc"), md5("ddd")])).toString("hex")}-3"`;
  const sha256 = createHash("sha256").update("aaacccddd").digest();
  const headers = { "x-amz-checksum-sha256": sha256.toString("base64") };
  assert.equal(
    await complete(path, id, [[1, one], [3, three], [7, seven]], headers),
    `200 ${etag}`,
  );
  const read = await server.call("GET", path);
  assert.equal(await read.text(), "aaacccddd");
  assert.equal(read.headers.get("etag"), etag);
  assert.equal(read.headers.get("content-type"), "application/gzip");
  assert.equal(read.headers.get("x-amz-meta-by"), "me");
  const found = findObject(server.store.read, { bucket: "bundles", key: "three.tgz" });
  assert.equal(found?.sha256, sha256.toString("hex"));
  assert.equal(found?.size, 9);
  const hex = sha256.toString("hex");
  assert.deepEqual(await server.files(), [`${hex.slice(0, 2)}/${hex}`], "the parts are gone");
});

test("a list that does not fit what arrived is refused, and the upload goes on", async () => {
  const path = "/bundles/picky";
  const id = await begin(path);
  const one = await part(path, id, 1, "a");
  const two = await part(path, id, 2, "b");
  assert.equal(await complete(path, id, [[2, two], [1, one]]), "400 InvalidPartOrder");
  assert.equal(await complete(path, id, [[1, one], [1, one]]), "400 InvalidPartOrder");
  assert.equal(await complete(path, id, [[1, one], [3, two]]), "400 InvalidPart");
  assert.equal(await complete(path, id, [[1, two]]), "400 InvalidPart");
  assert.equal(await complete(path, id, []), "400 MalformedXML");
  const headers = { "x-amz-checksum-crc32": "AAAAAA==" };
  assert.equal(await complete(path, id, [[1, one], [2, two]], headers), "400 BadDigest");
  const body = '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>';
  const typed = await server.call("POST", `${path}?uploadId=${id}`, { body });
  assert.match(await typed.text(), /<Code>MalformedXML<\/Code>/);
  assert.equal((await server.call("GET", path)).status, 404);
  assert.match(await complete(path, id, [[1, one], [2, two]]), /^200 /);
  assert.equal(await complete(path, id, [[1, one]]), "404 NoSuchUpload");
});

test("an upload belongs to its key, and an aborted one is gone with its parts", async () => {
  const path = "/bundles/aborted";
  const before = await server.files();
  const id = await begin(path);
  const one = await part(path, id, 1, "never to be seen");
  assert.equal(await complete("/bundles/elsewhere", id, [[1, one]]), "404 NoSuchUpload");
  assert.equal((await server.call("DELETE", `${path}?uploadId=${id}`)).status, 204);
  assert.deepEqual(await server.files(), before);
  assert.equal((await server.call("DELETE", `${path}?uploadId=${id}`)).status, 404);
  const late = await server.call("PUT", `${path}?partNumber=2&uploadId=${id}`, { body: "late" });
  assert.equal(late.status, 404);
  assert.deepEqual(await server.files(), before);
  const number = `${path}?partNumber=10001&uploadId=${await begin(path)}`;
  assert.equal((await server.call("PUT", number, { body: "x" })).status, 400);
});

test("of two completions at once both are told of one version, and so is a later one", async () => {
  const path = "/bundles/race";
  const id = await begin(path);
  const one = await part(path, id, 1, "racing");
  const answers = await Promise.all([1, 2].map(() => complete(path, id, [[1, one]])));
  answers.push(await complete(path, id, [[1, one]], { "if-none-match": "*" }));
  const etag = `"${md5(md5("racing")).toString("hex")}-1"`;
  assert.deepEqual(answers, Array(3).fill(`200 ${etag}`));
  assert.equal(await (await server.call("GET", path)).text(), "racing");
  const history = await (await server.call("GET", "/bundles?versions&prefix=race")).text();
  assert.equal([...history.matchAll(/<Version>/g)].length, 1);
  assert.equal(await complete(path, id, [[1, `"${"0".repeat(32)}"`]]), "404 NoSuchUpload");
  assert.equal(await complete("/bundles/other", id, [[1, one]]), "404 NoSuchUpload");
});

test("the sweep at start keeps what rows speak of and takes all else", async () => {
  const path = "/bundles/swept";
  await server.call("PUT", path, { body: "kept" });
  const id = await begin(path);
  const one = await part(path, id, 1, "under way");
  const before = await server.files();
  const orphan = "f".repeat(64);
  for (const lost of ["incoming/x", "uploads/gone/1-x", `ff/${orphan}`]) {
    const file = `${server.directory}/${lost}`;
    await mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await writeFile(file, "lost");
  }
  const { store, directory } = server;
  await sweepIncoming({ store, directory, now: () => Date.now() });
  assert.deepEqual(await server.files(), before);
  const later = Date.now() + 8 * 24 * 3600 * 1000;
  await sweepIncoming({ store, directory, now: () => later });
  assert.deepEqual(await server.files(), before.filter((file) => !file.startsWith("uploads/")));
  assert.equal(await complete(path, id, [[1, one]]), "404 NoSuchUpload");
});

test("an upload that lost its client a week ago is gone, with its parts, when another begins", async () => {
  const path = "/bundles/lost.tgz";
  const lost = await begin(path);
  await part(path, lost, 1, "never completed");
  const partsOf = async (id: string) => (await server.files()).filter((name) => name.includes(id));
  assert.equal((await partsOf(lost)).length, 1);
  const weekAgo = Date.now() - 7 * 24 * 3600 * 1000;
  await server.store.commit((tx) => tx.update(uploads).set({ createTime: weekAgo }).run());
  const next = await begin(path);
  assert.deepEqual([...uploadIds(server.store.read)], [next]);
  assert.deepEqual(await partsOf(lost), []);
});
