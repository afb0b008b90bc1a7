import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fetchBundle } from "../../core/agent/fetch_bundle.ts";
import { s3Origin } from "../../core/agent/s3_origin.ts";
import type { S3Revision } from "../../core/wire/bundle_revision.ts";
import { CommandServer } from "./command_server.ts";

const BYTES = new TextEncoder().encode("the bundle's bytes");
const SHA256 = createHash("sha256").update(BYTES).digest("hex");

const revision: S3Revision = {
  Bucket: "shop",
  Key: "releases/v 1+(a).tgz",
  BundleType: "tgz",
  Version: null,
  ETag: null,
};
const PATH = "/shop/releases/v%201%2B%28a%29.tgz";

interface Fetching {
  server: CommandServer;
  file: string;
  fetch(changes?: Partial<S3Revision>): ReturnType<typeof fetchBundle>;
}

async function whileFetching(play: (fetching: Fetching) => Promise<void>): Promise<void> {
  const server = new CommandServer();
  await server.listen();
  const folder = await mkdtemp(join(tmpdir(), "fetch-"));
  const file = join(folder, "g", "d", "bundle.tar");
  const identity = {
    hostIdentifier: "arn",
    name: "web-01",
    region: "us-east-1",
    credentials: () => Promise.resolve({ accessKeyId: "AKIAHOST", secretAccessKey: "s" }),
  };
  const never = new AbortController().signal;
  try {
    await play({
      server,
      file,
      fetch: (changes) => {
        const store = { s3Endpoint: server.url, identity };
        const origin = s3Origin({ ...revision, ...changes }, store, globalThis.fetch);
        return fetchBundle(origin, file, { retryAfter: [1, 1, 1] }, never);
      },
    });
  } finally {
    await server.close();
    await rm(folder, { recursive: true });
  }
}

test("a bundle is fetched from its encoded address, signed for S3, and hashed", async () => {
  await whileFetching(async ({ server, file, fetch }) => {
    server.bundles.set(PATH, { bytes: BYTES, eTag: '"e1"' });
    const fetched = await fetch({ SHA256, Size: BYTES.length, ETag: '"e1"' });
    assert.deepEqual(fetched, { bytes: BYTES.length, sha256: SHA256, eTag: '"e1"' });
    assert.deepEqual(new Uint8Array(await readFile(file)), BYTES);
    assert.match(
      server.authorizations[0] ?? "",
      /\/us-east-1\/s3\/aws4_request.*x-amz-content-sha256/,
    );
  });
});

test("a version is asked for by versionId", async () => {
  await whileFetching(async ({ server, fetch }) => {
    server.bundles.set(`${PATH}?versionId=v.1`, { bytes: BYTES });
    assert.equal((await fetch({ Version: "v.1" })).sha256, SHA256);
  });
});

const zeros = "0".repeat(64);
const mismatches: [what: string, ordered: Partial<S3Revision>, message: string][] = [
  ["etag", { ETag: "other" }, "etag other but was actually e1"],
  ["size", { Size: 1 }, `size 1 but was actually ${BYTES.length}`],
  ["sha256", { SHA256: zeros }, `sha256 ${zeros} but was actually ${SHA256}`],
];
for (const [what, ordered, message] of mismatches) {
  test(`a bundle with another ${what} is refused with both values, at the first attempt`, async () => {
    await whileFetching(async ({ server, fetch }) => {
      server.bundles.set(PATH, { bytes: BYTES, eTag: '"e1"' });
      await assert.rejects(fetch(ordered), {
        message: `Expected deployment artifact bundle ${message}`,
      });
      assert.equal(server.gets.length, 1);
    });
  });
}

test("a missing bundle is named with the store's words, at the first attempt", async () => {
  await whileFetching(async ({ server, fetch }) => {
    await assert.rejects(fetch(), {
      name: "BundleError",
      message: "The bundle s3://shop/releases/v 1+(a).tgz cannot be downloaded: " +
        "NoSuchKey: There is no such key.",
    });
    assert.equal(server.gets.length, 1);
  });
});

test("the store's words are read as XML, each entity once", async () => {
  await whileFetching(async ({ server, fetch }) => {
    server.missing = "The bucket &quot;a &amp; b&quot; is &lt;gone&gt;; it&apos;s &amp;lt; &nbsp;";
    await assert.rejects(fetch(), {
      message: "The bundle s3://shop/releases/v 1+(a).tgz cannot be downloaded: " +
        `NoSuchKey: The bucket "a & b" is <gone>; it's &lt; &nbsp;`,
    });
  });
});

test("trouble on the way is met by three more attempts, then told", async () => {
  await whileFetching(async ({ server, fetch }) => {
    server.broken.add("GET");
    await assert.rejects(fetch(), /broke off: The bundle .* cannot be downloaded: HTTP 503/);
    assert.equal(server.gets.length, 4);
  });
});

test("a download that succeeds at the second attempt holds nothing of the first", async () => {
  await whileFetching(async ({ server, file, fetch }) => {
    server.bundles.set(PATH, { bytes: BYTES });
    server.tearNext = 5;
    await fetch({ SHA256 });
    assert.equal(server.gets.length, 2);
    assert.deepEqual(new Uint8Array(await readFile(file)), BYTES);
  });
});
