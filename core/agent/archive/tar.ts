/**
 * Unpacks tar, plain or in gzip, from a stream: it needs no file, so unpacking may go on while the
 * rest is still being downloaded. Names, PAX and GNU extensions are read by tar-stream. Modes, times
 * and, for root, numeric owners are kept, as by the `tar -p` of CodeDeploy's agent.
 * @module
 */
import { Buffer } from "node:buffer";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
// @ts-types="npm:@types/tar-stream@3.1.5"
import { extract, type Headers } from "tar-stream";
import { ArchiveBroken, isVerdict, messageOf, quoted } from "./archive_error.ts";
import type { ArchiveInput, Unpacked } from "./extract.ts";
import { ArchivePolicy } from "./policy.ts";
import { attributesOf, claimOf } from "./tar_header.ts";
import { openUnpackTree, type UnpackTree } from "./unpack_tree.ts";

export interface TarInput extends Pick<ArchiveInput, "destination" | "limits" | "signal"> {
  compression: "none" | "gzip";
}

/** Of gzip; a tar begins with a name, which does not begin with this control character. */
const GZIP_MAGIC = 0x1f;

/** How a bundle is packed: `tgz` must be in gzip, `tar` may be, as for the tar of the usual hosts. */
export function compressionOf(
  bundleType: "tar" | "tgz",
  firstByte: number | undefined,
): TarInput["compression"] {
  return bundleType === "tgz" || firstByte === GZIP_MAGIC ? "gzip" : "none";
}

/** Files up to this size are written in one go, larger ones piece by piece. */
const SMALL_FILE = 256 * 1024;
/** Of tar, in bytes. */
const BLOCK = 512;
/** Bytes that gunzip hands on at once. */
const UNPACKED_CHUNK = 256 * 1024;
/**
 * Gunzip goes on in its own thread, up to a mebibyte, while files are written. The mark is one of
 * every stream; the types of zlib's options leave it out.
 */
const GUNZIP = { chunkSize: UNPACKED_CHUNK, highWaterMark: 1024 * 1024 };

/**
 * Unpacks the tar that `source` brings, to its end. Throws ArchiveRefused, ArchiveBroken,
 * UnpackFailed, an abort's reason, or the source's own error.
 */
export async function extractTarStream(source: Readable, input: TarInput): Promise<Unpacked> {
  const { compression, destination, limits, signal } = input;
  const policy = new ArchivePolicy(limits);
  const tail = new Tail();
  const stages = stagesOf(source, compression, policy, tail);
  using tree = openOrDestroy(source, destination);
  const run = new TarRun(policy, tree);
  const sink = extract({ allowUnknownFormat: true });
  const first = firstToFail({ source: [source], archive: [...stages.slice(1), sink] });
  // Writing never runs ahead of what comes, nor the other way round: `next` asks for more.
  sink.on("entry", (header, contents, next) => run.take(header, contents, next));
  try {
    await pipeline([...stages, sink], signal ? { signal } : {});
  } catch (error) {
    await run.settled;
    if (isVerdict(run.failure?.error)) throw run.failure?.error;
    if (signal?.aborted) throw signal.reason;
    if (isVerdict(error) || first.stage !== "archive") throw error;
    throw broken(compression, policy.latest, error);
  }
  await run.settled;
  if (run.failure) throw run.failure.error;
  if (!tail.isEndMarker) {
    throw broken(compression, policy.latest, new Error("its end marker is missing"));
  }
  return run.finish();
}

function openOrDestroy(source: Readable, destination: string): UnpackTree {
  try {
    return openUnpackTree(destination);
  } catch (error) {
    source.destroy();
    throw error;
  }
}

/** The streams from the packed bytes to those of the tar. */
function stagesOf(
  source: Readable,
  compression: "none" | "gzip",
  policy: ArchivePolicy,
  tail: Tail,
): [Readable, ...Transform[]] {
  let packed = 0;
  let unpacked = 0;
  const countUnpacked = meter((chunk) => {
    unpacked += chunk.length;
    tail.take(chunk);
  }, () => {
    if (unpacked === 0) throw new ArchiveBroken("the bundle is empty: it holds no tar");
    if (compression === "gzip") policy.weigh(packed, unpacked);
  });
  if (compression === "none") return [source, countUnpacked];
  const countPacked = meter((chunk) => packed += chunk.length, () => undefined);
  return [
    source,
    countPacked,
    createGunzip(GUNZIP),
    countUnpacked,
  ];
}

/** Passes bytes on, counted; `check` runs after each chunk and at the end, and may throw. */
function meter(count: (chunk: Buffer) => void, check: () => void): Transform {
  const attempt = (done: (error?: Error | null) => void) => {
    try {
      check();
    } catch (error) {
      return done(error instanceof Error ? error : new Error(messageOf(error)));
    }
    done();
  };
  return new Transform({
    highWaterMark: UNPACKED_CHUNK,
    transform(chunk: Buffer, _encoding, done) {
      count(chunk);
      attempt((error) => error ? done(error) : done(null, chunk));
    },
    flush: attempt,
  });
}

/**
 * The last block of a tar: zeros. Without them it was cut off between two entries, which nothing else
 * would show.
 */
class Tail {
  #block: Buffer = Buffer.alloc(0);

  take(chunk: Buffer): void {
    const joined = chunk.length < BLOCK ? Buffer.concat([this.#block, chunk]) : chunk;
    this.#block = joined.subarray(-BLOCK);
  }

  get isEndMarker(): boolean {
    return this.#block.every((byte) => byte === 0);
  }
}

/** A pipeline destroys all its streams with one error: whose it was shows who reports it first. */
function firstToFail<Stage extends string>(
  stages: Record<Stage, { once(event: "error", act: () => void): unknown }[]>,
): { stage: Stage | undefined } {
  const first: { stage: Stage | undefined } = { stage: undefined };
  for (const stage in stages) {
    for (const stream of stages[stage]) stream.once("error", () => first.stage ??= stage);
  }
  return first;
}

function broken(compression: "none" | "gzip", latest: string, cause: unknown): ArchiveBroken {
  const type = compression === "gzip" ? "tgz" : "tar";
  const place = latest === "" ? "at its first entry" : `after its entry ${quoted(latest)}`;
  const message = `Error extracting tar archive: the bundle is no whole ${type} archive, ` +
    `${place}: ${messageOf(cause)}`;
  return new ArchiveBroken(message, { cause });
}

/** One archive on its way to disk. */
class TarRun {
  readonly #policy: ArchivePolicy;
  readonly #tree: UnpackTree;
  /** Set by the first entry that could not be unpacked; nothing is written after it. */
  failure: { error: unknown } | undefined;
  /** Resolves when no entry is being written. */
  settled: Promise<void> = Promise.resolve();

  constructor(policy: ArchivePolicy, tree: UnpackTree) {
    this.#policy = policy;
    this.#tree = tree;
  }

  take(header: Headers, contents: Readable, next: (error?: unknown) => void): void {
    // The stream of the whole archive fails with the same error, and is listened to; without a
    // listener here the process would end when that happens before anybody reads these contents.
    contents.on("error", () => contents.destroy());
    this.settled = this.#unpack(header, contents).then(() => next(), (error: unknown) => {
      this.failure ??= { error };
      next(error);
    });
  }

  finish(): Unpacked {
    this.#tree.finish();
    return { files: this.#tree.files, bytes: this.#policy.bytes };
  }

  async #unpack(header: Headers, contents: Readable): Promise<void> {
    // tar-stream has null for a size it cannot read, and would wait for ever for the contents.
    if (!((header.size ?? NaN) >= 0)) {
      const what = "is damaged: its size is no number";
      throw new ArchiveBroken(`the bundle's entry ${quoted(header.name)} ${what}`);
    }
    const entry = this.#policy.admit(claimOf(header));
    const attributes = attributesOf(header);
    // A link or directory may carry bytes, which mean nothing.
    if (entry.kind !== "file") contents.resume();
    switch (entry.kind) {
      case "file":
        if ((header.size ?? 0) > SMALL_FILE) {
          return await this.#tree.streamedFile(entry, attributes, contents);
        }
        return this.#tree.file(entry, attributes, await allOf(contents));
      case "directory":
        return this.#tree.directory(entry, attributes);
      case "symlink":
        return this.#tree.symlink(entry, attributes);
      case "link":
        return this.#tree.link(entry);
    }
  }
}

/** The chunks of a small file. By events: an async iterator costs as much as writing the file. */
function allOf(contents: Readable): Promise<Uint8Array[]> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let ended = false;
    contents.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    contents.on("end", () => {
      ended = true;
      resolve(chunks);
    });
    contents.on("error", reject);
    contents.on("close", () => {
      if (!ended) reject(new Error("the archive ended within a file"));
    });
  });
}
