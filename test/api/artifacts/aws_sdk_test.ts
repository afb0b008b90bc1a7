/**
 * The S3 client of AWS's SDK for JavaScript, with its default settings: the bucket goes into the
 * host, and checksums go with every body. Only the lookup of names is ours, as no DNS knows
 * `BUCKET.localhost`.
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { type ArtifactServer, secretOf, startArtifactServer } from "./artifact_server.ts";

let server: ArtifactServer;
let s3: S3Client;
const hosts = new Set<string>();
const agent = new Agent({
  lookup(_, options, answer) {
    if (typeof options === "object" && options.all) {
      answer(null, [{ address: "127.0.0.1", family: 4 }]);
    } else answer(null, "127.0.0.1", 4);
  },
});
/** With the settings that the SDK has by itself, and those of `settings`. */
function client(settings: S3ClientConfig = {}): S3Client {
  return new S3Client({
    endpoint: server.url.replace("127.0.0.1", "localhost"),
    region: "eu-central-1",
    credentials: { accessKeyId: "DEPLOY", secretAccessKey: secretOf("DEPLOY") },
    requestHandler: { httpAgent: agent },
    maxAttempts: 1,
    ...settings,
  });
}

before(async () => {
  server = await startArtifactServer({ partBytesMin: 5 << 20 });
  s3 = client();
  s3.middlewareStack.add((next) => (args) => {
    const { request } = args as { request: { hostname: string } }; // because the SDK says unknown
    hosts.add(request.hostname);
    return next(args);
  }, { step: "finalizeRequest", priority: "low" });
});
after(async () => {
  s3.destroy();
  agent.destroy();
  await server.close();
});

const Bucket = "bundles";

test("the bucket is in the host, and an object comes back as it was put", async () => {
  const put = await s3.send(
    new PutObjectCommand({
      ...{ Bucket, Key: "web/1 ü+.zip", Body: "hello", ContentType: "application/zip" },
      ...{ CacheControl: "no-store", ContentEncoding: "gzip", Metadata: { commit: "abc" } },
      ContentDisposition: 'attachment; filename="x.zip"',
    }),
  );
  assert.deepEqual([...hosts], ["bundles.localhost"]);
  assert.equal(put.ETag, `"${createHash("md5").update("hello").digest("hex")}"`);
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "web/1 ü+.zip" }));
  assert.equal(await got.Body?.transformToString(), "hello");
  assert.equal(got.ContentType, "application/zip");
  assert.equal(got.CacheControl, "no-store");
  assert.equal(got.ContentEncoding, "gzip");
  assert.equal(got.ContentDisposition, 'attachment; filename="x.zip"');
  assert.deepEqual(got.Metadata, { commit: "abc" });
  assert.equal(got.ChecksumCRC32, put.ChecksumCRC32);
  assert.equal(got.VersionId, put.VersionId);
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "web/1 ü+.zip" }));
  assert.equal(head.ContentLength, 5);
});

// For CRC-64 the SDK needs a package of its own.
for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"] as const) {
  test(`a stream with a trailing ${ChecksumAlgorithm} is verified, kept and told again`, async () => {
    const Key = `sums/${ChecksumAlgorithm}`;
    const bytes = randomBytes(300_000);
    await s3.send(
      new PutObjectCommand({
        ...{ Bucket, Key, ChecksumAlgorithm, ContentLength: bytes.length },
        Body: Readable.from([bytes.subarray(0, 1000), bytes.subarray(1000)]),
      }),
    );
    const got = await s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
    assert.deepEqual(await got.Body?.transformToByteArray(), new Uint8Array(bytes));
    assert.ok(got[`Checksum${ChecksumAlgorithm}`]);
    assert.equal(got.ChecksumType, "FULL_OBJECT");
    const without = await s3.send(
      new HeadObjectCommand({ Bucket, Key }),
    );
    assert.equal(without[`Checksum${ChecksumAlgorithm}`], undefined);
  });
}

test("buckets are made, listed, asked about and deleted", async () => {
  await s3.send(new CreateBucketCommand({ Bucket: "fresh" }));
  await s3.send(new CreateBucketCommand({ Bucket: "fresh" }));
  const listed = await s3.send(new ListBucketsCommand({}));
  assert.ok(listed.Buckets?.some(({ Name, CreationDate }) => Name === "fresh" && CreationDate));
  await s3.send(new HeadBucketCommand({ Bucket: "fresh" }));
  assert.deepEqual(
    (await s3.send(new GetBucketLocationCommand({ Bucket: "fresh" }))).LocationConstraint,
    undefined,
  );
  const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket: "fresh" }));
  assert.equal(Status, "Enabled");
  await s3.send(
    new PutBucketVersioningCommand({
      ...{ Bucket: "fresh", VersioningConfiguration: { Status: "Enabled" } },
    }),
  );
  await s3.send(new PutObjectCommand({ Bucket: "fresh", Key: "k", Body: "x" }));
  await assert.rejects(
    s3.send(new DeleteBucketCommand({ Bucket: "fresh" })),
    named("BucketNotEmpty"),
  );
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: "fresh" }));
  for (const { Key, VersionId } of Versions) {
    await s3.send(new DeleteObjectCommand({ Bucket: "fresh", Key, VersionId }));
  }
  await s3.send(new DeleteBucketCommand({ Bucket: "fresh" }));
  await assert.rejects(s3.send(new HeadBucketCommand({ Bucket: "fresh" })), named("NotFound"));
  await assert.rejects(
    s3.send(new ListObjectsV2Command({ Bucket: "fresh" })),
    named("NoSuchBucket"),
  );
});

test("listings of both versions, of versions and of deletes agree", async () => {
  const at = { Bucket: "lists" };
  for (const Key of ["a", "b/1", "b/2", "c\r\n\u0001"]) {
    await s3.send(new PutObjectCommand({ ...at, Key, Body: Key }));
  }
  const one = await s3.send(new ListObjectsCommand({ ...at, Delimiter: "/", EncodingType: "url" }));
  assert.deepEqual(one.Contents?.map(({ Key }) => Key), ["a", "c%0D%0A%01"]);
  assert.deepEqual(one.CommonPrefixes?.map(({ Prefix }) => Prefix), ["b/"]);
  const two = await s3.send(new ListObjectsV2Command({ ...at, MaxKeys: 2, FetchOwner: true }));
  assert.deepEqual(two.Contents?.map(({ Key }) => Key), ["a", "b/1"]);
  assert.equal(two.IsTruncated, true);
  const rest = await s3.send(
    new ListObjectsV2Command({
      ...{ ...at, ContinuationToken: two.NextContinuationToken, EncodingType: "url" },
    }),
  );
  assert.deepEqual(rest.Contents?.map(({ Key }) => Key), ["b/2", "c%0D%0A%01"]);
  const plain = await s3.send(new ListObjectsV2Command({ ...at, Prefix: "c" }));
  assert.deepEqual(plain.Contents?.map(({ Key }) => Key), ["c\r\n\u0001"]);
  const gone = await s3.send(
    new DeleteObjectsCommand({
      ...at,
      Delete: { Objects: [{ Key: "a" }, { Key: "c\r\n\u0001" }] },
    }),
  );
  assert.equal(gone.Deleted?.length, 2);
  assert.ok(gone.Deleted?.every(({ DeleteMarker }) => DeleteMarker));
  const versions = await s3.send(new ListObjectVersionsCommand({ ...at, EncodingType: "url" }));
  assert.deepEqual(versions.DeleteMarkers?.map(({ Key }) => Key), ["a", "c%0D%0A%01"]);
  assert.ok(versions.DeleteMarkers?.every(({ IsLatest }) => IsLatest));
  assert.deepEqual(versions.Versions?.map(({ IsLatest }) => IsLatest), [false, true, true, false]);
});

test("an upload in parts, one of them copied, has a sum of sums", async () => {
  const at = { Bucket, Key: "parts" };
  const source = randomBytes(6 << 20);
  await s3.send(new PutObjectCommand({ Bucket, Key: "parts-source", Body: source }));
  const { UploadId } = await s3.send(
    new CreateMultipartUploadCommand({ ...at, ChecksumAlgorithm: "SHA256" }),
  );
  const last = randomBytes(100);
  const copied = await s3.send(
    new UploadPartCopyCommand({
      ...{ ...at, UploadId, PartNumber: 1, CopySource: `${Bucket}/parts-source` },
      CopySourceRange: `bytes=0-${(5 << 20) - 1}`,
    }),
  );
  const sent = await s3.send(
    new UploadPartCommand({
      ...{ ...at, UploadId, PartNumber: 2, Body: last, ChecksumAlgorithm: "SHA256" },
    }),
  );
  const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  assert.deepEqual(Uploads?.map((upload) => upload.UploadId), [UploadId]);
  const { Parts } = await s3.send(new ListPartsCommand({ ...at, UploadId }));
  assert.deepEqual(Parts?.map(({ Size }) => Size), [5 << 20, 100]);
  const done = await s3.send(
    new CompleteMultipartUploadCommand({
      ...at,
      UploadId,
      MultipartUpload: {
        Parts: [
          {
            ...{ PartNumber: 1, ETag: copied.CopyPartResult?.ETag },
            ChecksumSHA256: copied.CopyPartResult?.ChecksumSHA256,
          },
          { PartNumber: 2, ETag: sent.ETag, ChecksumSHA256: sent.ChecksumSHA256 },
        ],
      },
    }),
  );
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
  const sums = Buffer.concat([sha256(source.subarray(0, 5 << 20)), sha256(last)]);
  assert.equal(done.ChecksumSHA256, `${sha256(sums).toString("base64")}-2`);
  const got = await s3.send(new GetObjectCommand({ ...at, ChecksumMode: "ENABLED" }));
  assert.equal(got.ChecksumType, "COMPOSITE");
  const whole = Buffer.concat([source.subarray(0, 5 << 20), last]);
  assert.ok(Buffer.from(await got.Body!.transformToByteArray()).equals(whole));
  const attributes = await s3.send(
    new GetObjectAttributesCommand({
      ...{ ...at, ObjectAttributes: ["ETag", "Checksum", "ObjectSize", "ObjectParts"] },
    }),
  );
  assert.equal(attributes.ObjectSize, whole.length);
  assert.equal(attributes.ObjectParts?.TotalPartsCount, 2);
  assert.equal(attributes.Checksum?.ChecksumSHA256, done.ChecksumSHA256);
  const begun = await s3.send(new CreateMultipartUploadCommand(at));
  await s3.send(new AbortMultipartUploadCommand({ ...at, UploadId: begun.UploadId }));
});

test("a copy keeps its source's bytes and takes its metadata or new ones", async () => {
  await s3.send(
    new PutObjectCommand({ Bucket, Key: "from ü", Body: "copied", Metadata: { v: "1" } }),
  );
  const CopySource = `${Bucket}/${encodeURIComponent("from ü")}`;
  await s3.send(new CopyObjectCommand({ Bucket: "elsewhere", Key: "kept", CopySource }));
  const kept = await s3.send(new GetObjectCommand({ Bucket: "elsewhere", Key: "kept" }));
  assert.equal(await kept.Body?.transformToString(), "copied");
  assert.deepEqual(kept.Metadata, { v: "1" });
  await s3.send(
    new CopyObjectCommand({
      ...{ Bucket: "elsewhere", Key: "new", CopySource, MetadataDirective: "REPLACE" },
      Metadata: { v: "2" },
    }),
  );
  const head = await s3.send(new HeadObjectCommand({ Bucket: "elsewhere", Key: "new" }));
  assert.deepEqual(head.Metadata, { v: "2" });
});

test("presigned URLs get, put and head without a signature of the holder", async () => {
  const at = { Bucket, Key: "presigned ü" };
  const signer = client({ requestChecksumCalculation: "WHEN_REQUIRED" });
  const url = await getSignedUrl(signer, new PutObjectCommand(at), { expiresIn: 60 });
  assert.equal((await ask("PUT", url, "by url")).status, 200);
  const ofNothing = await getSignedUrl(s3, new PutObjectCommand(at));
  const refused = await ask("PUT", ofNothing, "another");
  assert.match(refused.text, /BadDigest.*set requestChecksumCalculation to WHEN_REQUIRED/s);
  const get = await getSignedUrl(
    s3,
    new GetObjectCommand({
      ...at,
      ResponseContentType: "text/x",
      ResponseCacheControl: "no-cache",
    }),
  );
  const got = await ask("GET", get);
  assert.deepEqual([got.status, got.text], [200, "by url"]);
  assert.equal(got.headers["content-type"], "text/x");
  assert.equal(got.headers["cache-control"], "no-cache");
  const head = await getSignedUrl(s3, new HeadObjectCommand(at));
  assert.equal((await ask("HEAD", head)).headers["content-length"], "6");
  const wrong = await ask("GET", get.replace("presigned", "presigneD"));
  assert.equal(wrong.status, 403);
});

function named(name: string) {
  return (error: unknown) => error instanceof Error && error.name === name;
}

/** A request to a URL whose host no DNS knows. */
function ask(method: string, url: string, body = "") {
  return new Promise<{ status: number; text: string; headers: Record<string, unknown> }>(
    (resolve, reject) => {
      const headers = method === "PUT" ? { "content-length": body.length } : {};
      request(url, { method, agent, headers }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk) => text += chunk)
          .on(
            "end",
            () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }),
          );
      }).on("error", reject).end(body);
    },
  );
}
