/** The real AWS CLI against the artifact store, where it is installed. @module */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash, randomFillSync } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { type ArtifactServer, secretOf, startArtifactServer } from "./artifact_server.ts";

const run = promisify(execFile);
let server: ArtifactServer;
let home: string;
before(async () => {
  server = await startArtifactServer();
  home = await mkdtemp(join(tmpdir(), "aws-cli-"));
});
after(async () => {
  await server.close();
  await rm(home, { recursive: true });
});

/** Debian's, where it is: it is the oldest of those in use. */
const AWS = existsSync("/usr/bin/aws") ? "/usr/bin/aws" : "aws";
const installed = await run(AWS, ["--version"]).then(() => true, () => false);
const skip = installed ? false : "the AWS CLI is not installed";

/** Runs the CLI as the deployer; answers what it prints. */
async function aws(...args: string[]): Promise<string> {
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    AWS_ACCESS_KEY_ID: "DEPLOY",
    AWS_SECRET_ACCESS_KEY: secretOf("DEPLOY"),
    AWS_DEFAULT_REGION: "eu-central-1",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const { stdout } = await run(AWS, ["--endpoint-url", server.url, ...args], { env });
  return stdout;
}

async function randomFile(name: string, bytes: number): Promise<string> {
  const file = join(home, name);
  await writeFile(file, randomFillSync(new Uint8Array(bytes)));
  return file;
}

test("aws s3 cp carries 20 MiB in parts to the store and back", { skip }, async () => {
  const source = await randomFile("bundle.zip", 20 << 20);
  const target = join(home, "back.zip");
  await aws("s3", "cp", source, "s3://bundles/web/bundle 1+.zip");
  await aws("s3", "cp", "s3://bundles/web/bundle 1+.zip", target);
  assert.ok((await readFile(source)).equals(await readFile(target)));
  assert.match(await aws("s3", "ls", "s3://bundles/web/"), /20971520 bundle 1\+\.zip/);
  const head = JSON.parse(
    await aws("s3api", "head-object", "--bucket", "bundles", "--key", "web/bundle 1+.zip"),
  );
  assert.match(head.ETag, /^"[0-9a-f]{32}-3"$/);
});

test("aws s3api puts versions and reads an old one back", { skip }, async () => {
  const at = ["--bucket", "bundles", "--key", "versions.txt"];
  const put = async (text: string) => {
    const body = join(home, "body");
    await writeFile(body, text);
    return JSON.parse(await aws("s3api", "put-object", ...at, "--body", body));
  };
  const first = await put("first");
  assert.equal(first.ETag, `"${createHash("md5").update("first").digest("hex")}"`);
  await put("second");
  const target = join(home, "old");
  await aws("s3api", "get-object", ...at, "--version-id", first.VersionId, target);
  assert.equal(await readFile(target, "utf8"), "first");
  await aws("s3", "rm", "s3://bundles/versions.txt");
  await assert.rejects(
    aws("s3", "cp", "s3://bundles/versions.txt", target),
    /An error occurred \(404\)/,
  );
});

test("aws prints the store's own words when it refuses", { skip }, async () => {
  const at = ["--bucket", "bundles", "--key", "absent"];
  await assert.rejects(
    aws("s3api", "get-object", ...at, join(home, "x")),
    /\(NoSuchKey\).*The bucket "bundles" has no key "absent"/,
  );
});

test("aws s3 makes, fills, mirrors, moves, empties and removes a bucket", { skip }, async () => {
  const folder = join(home, "site");
  await mkdir(join(folder, "sub folder"), { recursive: true });
  const names = ["a.txt", "sub folder/b+ü.txt"];
  for (const name of names) await writeFile(join(folder, name), name);
  await aws("s3", "mb", "s3://site-bucket");
  await aws("s3", "sync", folder, "s3://site-bucket/www");
  assert.match(await aws("s3", "ls"), / site-bucket\n/);
  const listed = await aws("s3", "ls", "--recursive", "s3://site-bucket");
  for (const name of names) assert.ok(listed.includes(` www/${name}\n`), listed);
  await aws("s3", "mv", "s3://site-bucket/www/a.txt", "s3://site-bucket/moved.txt");
  await aws("s3", "cp", "s3://site-bucket/www", "s3://site-bucket/copy", "--recursive");
  const back = join(home, "back");
  await aws("s3", "sync", "s3://site-bucket", back);
  assert.equal(await readFile(join(back, "moved.txt"), "utf8"), "a.txt");
  assert.equal(await readFile(join(back, "copy/sub folder/b+ü.txt"), "utf8"), names[1]);
  await aws("s3", "rm", "s3://site-bucket", "--recursive");
  assert.equal(await aws("s3", "ls", "s3://site-bucket", "--recursive").catch(() => ""), "");
  await assert.rejects(aws("s3", "rb", "s3://site-bucket"), /BucketNotEmpty/);
});

test("aws s3 copies a large object inside the store, part by part", { skip }, async () => {
  const source = await randomFile("large", 17 << 20);
  await aws("s3", "cp", source, "s3://bundles/large");
  await aws("s3", "cp", "s3://bundles/large", "s3://bundles/large copy");
  const target = join(home, "large-back");
  await aws("s3", "cp", "s3://bundles/large copy", target);
  assert.ok((await readFile(source)).equals(await readFile(target)));
});

test("aws s3 presign makes a URL that anybody may use", { skip }, async () => {
  await aws("s3", "cp", await randomFile("shared", 100), "s3://bundles/shared file");
  const url = (await aws("s3", "presign", "s3://bundles/shared file")).trim();
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  assert.equal((await answer.arrayBuffer()).byteLength, 100);
});

test("aws s3api asks everything it may, and parses every answer", { skip }, async () => {
  const bucket = ["--bucket", "api-bucket"];
  const at = [...bucket, "--key", "dir/k"];
  const ask = async (...args: string[]) => JSON.parse((await aws("s3api", ...args)) || "{}");
  const body = await randomFile("body", 1000);
  await ask("create-bucket", ...bucket);
  await ask("head-bucket", ...bucket);
  assert.equal((await ask("get-bucket-location", ...bucket)).LocationConstraint, null);
  assert.equal((await ask("get-bucket-versioning", ...bucket)).Status, "Enabled");
  await ask("put-bucket-versioning", ...bucket, "--versioning-configuration", "Status=Enabled");
  const sums = ["--checksum-algorithm", "SHA256"];
  const put = await ask("put-object", ...at, "--body", body, ...sums, "--metadata", "a=b");
  const head = await ask("head-object", ...at, "--checksum-mode", "ENABLED");
  assert.equal(head.ChecksumSHA256, put.ChecksumSHA256);
  assert.deepEqual(head.Metadata, { a: "b" });
  const attributes = ["--object-attributes", "ETag", "Checksum", "ObjectSize"];
  assert.equal((await ask("get-object-attributes", ...at, ...attributes)).ObjectSize, 1000);
  assert.equal((await ask("list-objects", ...bucket, "--prefix", "dir/")).Contents.length, 1);
  const folded = await ask("list-objects-v2", ...bucket, "--delimiter", "/");
  assert.deepEqual(folded.CommonPrefixes, [{ Prefix: "dir/" }]);
  const source = ["--copy-source", `api-bucket/dir/k?versionId=${put.VersionId}`];
  const copied = await ask("copy-object", ...bucket, "--key", "copy", ...source);
  assert.equal(copied.CopyObjectResult.ETag, put.ETag);
  assert.deepEqual((await ask("get-object-tagging", ...at)).TagSet, []);
  const { UploadId } = await ask("create-multipart-upload", ...at, ...sums);
  const upload = [...at, "--upload-id", UploadId];
  await ask("upload-part", ...upload, "--part-number", "1", "--body", body, ...sums);
  assert.equal((await ask("list-multipart-uploads", ...bucket)).Uploads.length, 1);
  const { Parts } = await ask("list-parts", ...upload);
  const parts = Parts.map(({ PartNumber, ETag, ChecksumSHA256 }: Record<string, unknown>) => ({
    ...{ PartNumber, ETag, ChecksumSHA256 },
  }));
  const list = JSON.stringify({ Parts: parts });
  const done = await ask("complete-multipart-upload", ...upload, "--multipart-upload", list);
  assert.match(done.ChecksumSHA256, /-1$/);
  const range = await ask("get-object", ...at, "--range", "bytes=10-19", join(home, "range"));
  assert.equal(range.ContentLength, 10);
  await ask("delete-object", ...at);
  const history = await ask("list-object-versions", ...bucket);
  assert.equal(history.Versions.length, 3);
  assert.equal(history.DeleteMarkers.length, 1);
  const all = [...history.Versions, ...history.DeleteMarkers]
    .map(({ Key, VersionId }: Record<string, string>) => ({ Key, VersionId }));
  const deleted = await ask(
    "delete-objects",
    ...bucket,
    "--delete",
    JSON.stringify({ Objects: all }),
  );
  assert.equal(deleted.Deleted.length, 4);
  await ask("delete-bucket", ...bucket);
  for (const [operation, code] of [["get-bucket-acl", "NotImplemented"]] as const) {
    await assert.rejects(ask(operation, ...bucket), new RegExp(`\\(${code}\\)`));
  }
});
