import { test } from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { folder, Refusal, runtime, standIn } from "./stand_in.ts";

const hex = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test("push uploads the bundle as S3 would have it and registers what was stored", async () => {
  await using place = await folder();
  await writeFile(join(place.path, "appspec.yml"), "version: 0.0\nos: linux\n");
  await using server = await standIn({
    GetApplication: () => ({ application: {} }),
    RegisterApplicationRevision: () => undefined,
  });
  const argv = ["push", ".", "--app", "shop", "--description", "first", "--json"];
  const ran = await runtime(argv, server, { cwd: place.path });
  assert.deepEqual([ran.code, ran.err], [0, ""]);
  const [upload] = server.uploads;
  assert.ok(upload);
  const sha256 = hex(upload.body);
  assert.equal(upload.headers["x-amz-content-sha256"], sha256);
  const key = `shop/${sha256.slice(0, 16)}.tgz`;
  assert.deepEqual([upload.method, upload.path], ["PUT", `/revisions/${key}`]);
  const s3Location = { bucket: "revisions", key, bundleType: "tgz", eTag: "etag-1", version: "v7" };
  const revision = { revisionType: "S3", s3Location };
  assert.deepEqual(JSON.parse(ran.out), { revision, sha256, bytes: upload.body.length });
  assert.deepEqual(server.asked, [
    { operation: "GetApplication", input: { applicationName: "shop" } },
    {
      operation: "RegisterApplicationRevision",
      input: { applicationName: "shop", revision, description: "first" },
    },
  ]);
  const again = await runtime(["push", ".", "--app", "shop"], server, { cwd: place.path });
  assert.match(
    again.out,
    /runtime deploy --app shop --group GROUP --revision 's3:\/\/revisions\/shop\/\w+\.tgz\?versionId=v7&eTag=etag-2'/,
  );
});

test("push to an application that is not there uploads nothing", async () => {
  await using place = await folder();
  await writeFile(join(place.path, "appspec.yml"), "version: 0.0\nos: linux\n");
  await using server = await standIn({
    GetApplication: () => {
      throw new Refusal("ApplicationDoesNotExistException", "No application found for name: shop");
    },
  });
  const ran = await runtime(["push", place.path, "--app", "shop"], server);
  assert.equal(ran.code, 2);
  assert.match(ran.err, /^No application found for name: shop\n/);
  assert.match(ran.err, /runtime apply -f deploy\.yaml\n.*aws deploy create-application/);
  assert.deepEqual(server.uploads, []);
});

test("a bundle of 64 MiB goes up in parts of 16 MiB", async () => {
  await using place = await folder();
  const path = join(place.path, "app.tar");
  const file = await open(path, "w");
  await file.truncate(64 << 20);
  await file.write("end of the bundle"); // at its begin, so that parts differ
  await file.close();
  await using server = await standIn({
    GetApplication: () => ({}),
    RegisterApplicationRevision: () => undefined,
  });
  const argv = ["push", path, "--app", "shop", "--bucket", "b", "--key", "k é.tar", "--json"];
  const ran = await runtime(argv, server);
  assert.deepEqual([ran.code, ran.err], [0, ""]);
  assert.deepEqual(server.uploads.map(({ method, query, path }) => `${method} ${path} ${query}`), [
    "POST /b/k%20%C3%A9.tar uploads",
    ...[1, 2, 3, 4].map((n) => `PUT /b/k%20%C3%A9.tar partNumber=${n}&uploadId=up-1`),
    "POST /b/k%20%C3%A9.tar uploadId=up-1",
  ]);
  const parts = server.uploads.slice(1, 5);
  for (const part of parts) {
    assert.equal(part.body.length, 16 << 20);
    assert.equal(part.headers["x-amz-content-sha256"], hex(part.body));
  }
  const complete = server.uploads[5]!.body.toString();
  assert.match(complete, /<Part><PartNumber>4<\/PartNumber><ETag>"etag-5"<\/ETag><\/Part>/);
  const { revision } = JSON.parse(ran.out);
  assert.deepEqual(revision.s3Location, {
    bucket: "b",
    key: "k é.tar",
    bundleType: "tar",
    eTag: "etag-6",
    version: "v7",
  });
});
