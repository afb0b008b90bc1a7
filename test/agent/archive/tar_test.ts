import { test } from "node:test";
import assert from "node:assert/strict";
import type { Buffer } from "node:buffer";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { createGzip, gzipSync } from "node:zlib";
import { ArchiveBroken } from "../../../core/agent/archive/archive_error.ts";
import { extractTarStream } from "../../../core/agent/archive/tar.ts";
import { sandbox } from "./sandbox.ts";
import { tar, tarEntry } from "./tar_bytes.ts";

const DEADLINE = 10_000;

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 5) {
    assert.ok(waited < DEADLINE, `${what} did not happen`);
    await setTimeout(5);
  }
}

test("a file is on disk before the rest of the stream has come", async () => {
  await using place = await sandbox();
  const { destination } = place;
  for (const compression of ["none", "gzip"] as const) {
    const folder = join(destination, compression);
    const bytes = new PassThrough();
    const packed = compression === "gzip" ? bytes.pipe(createGzip({ level: 0 })) : bytes;
    const unpacking = extractTarStream(packed, { compression, destination: folder });
    bytes.write(tarEntry({ name: "first", body: "here" }));
    // Enough for gzip to hand on what came before.
    bytes.write(tarEntry({ name: "second", body: "x".repeat(200_000) }));
    await until("the first file", () => existsSync(join(folder, "first")));
    assert.equal(readFileSync(join(folder, "first"), "utf8"), "here");
    assert.equal(existsSync(join(folder, "third")), false);
    bytes.end(tar({ name: "third" }));
    assert.deepEqual(await unpacking, { files: 3, bytes: 200_004 });
  }
});

test("any division into chunks unpacks to the same", async () => {
  await using place = await sandbox();
  const whole = tar(
    { name: "a", body: "1".repeat(700) },
    { name: "d/", flag: "5" },
    { name: "d/long", body: "2", pax: { path: `d/${"n".repeat(150)}` } },
    { name: "big", body: "3".repeat(300_000) },
  );
  for (const size of [1, 511, 512, 513, 65_536]) {
    // Single bytes for the headers, where divisions matter.
    const head = size === 1 ? 4_096 : whole.length;
    const chunks = [...divided(whole.subarray(0, head), size), whole.subarray(head)];
    const destination = join(place.destination, String(size));
    const source = Readable.from(chunks.filter((chunk) => chunk.length > 0));
    const unpacked = await extractTarStream(source, { compression: "none", destination });
    assert.deepEqual(unpacked, { files: 3, bytes: 300_701 }, `chunks of ${size}`);
    assert.equal(readFileSync(join(destination, "big"), "utf8"), "3".repeat(300_000));
  }
});

function divided(bytes: Buffer, size: number): Buffer[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

for (const [what, body] of [["a small", "x".repeat(2_000)], ["a large", "x".repeat(400_000)]]) {
  test(`the error of the source is passed on as it is, within ${what} file`, async () => {
    await using place = await sandbox();
    const { destination } = place;
    const stopped = new Error("the download stopped");
    const source = new PassThrough();
    const unpacking = extractTarStream(source, { compression: "none", destination });
    const rejected = assert.rejects(unpacking, (error) => error === stopped);
    source.write(tarEntry({ name: "whole", body: "x" }));
    source.write(tarEntry({ name: "cut", body: body! }).subarray(0, -1_000));
    await until("the first file", () => existsSync(join(destination, "whole")));
    source.destroy(stopped);
    await rejected;
  });

  test(`an abort ends unpacking within ${what} file, with its own reason`, async () => {
    await using place = await sandbox();
    const { destination } = place;
    const abort = new AbortController();
    const source = new PassThrough();
    const { signal } = abort;
    const unpacking = extractTarStream(source, { compression: "none", destination, signal });
    const reason = new Error("the deployment was stopped");
    const rejected = assert.rejects(unpacking, (error) => error === reason);
    source.write(tarEntry({ name: "whole", body: "x" }));
    source.write(tarEntry({ name: "cut", body: body! }).subarray(0, -1_000));
    await until("the first file", () => existsSync(join(destination, "whole")));
    abort.abort(reason);
    await rejected;
    assert.equal(source.destroyed, true);
  });
}

test("an abort that came before writes nothing", async () => {
  await using place = await sandbox();
  const { destination } = place;
  const reason = new Error("too late");
  const signal = AbortSignal.abort(reason);
  const source = Readable.from([tar({ name: "a" })]);
  await assert.rejects(
    extractTarStream(source, { compression: "none", destination, signal }),
    (error) => error === reason,
  );
  assert.deepEqual(existsSync(destination) ? readdirSync(destination) : [], []);
});

test("damage behind the last entry is found: gzip is read to its checksum", async () => {
  await using place = await sandbox();
  const { destination } = place;
  const packed = gzipSync(tar({ name: "a", body: "x" }));
  packed.writeUInt32LE(1, packed.length - 8);
  await assert.rejects(
    extractTarStream(Readable.from([packed]), { compression: "gzip", destination }),
    (error) => error instanceof ArchiveBroken && /incorrect data check/.test(error.message),
  );
});
