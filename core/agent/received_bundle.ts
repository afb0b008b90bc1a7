/**
 * What has come of a bundle so far. Every byte is written to the file, hashed, and shown to a reader
 * that unpacks it, at once; the slowest of the three sets the pace of the download.
 * @module
 */
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { collectGarbage } from "../platform.ts";
import { BundleError, type Position } from "./bundle_request.ts";
import { systemErrorCode } from "./system_error.ts";

/** Bytes between two collections of the buffers that came and went. */
const COLLECT_AFTER = 32 * 1024 * 1024;

/** Reads a bundle while it comes. */
export interface BundleReader {
  /** Resolves when the next chunk may come. What is wrong with the bundle is told later, not here. */
  take(chunk: Uint8Array): Promise<void>;
  /** Forgets what it has read: the bundle comes from its beginning again. */
  restart(): Promise<void>;
}

/** The object that an answer is of. */
export interface BundleObject {
  eTag: string;
  /** Bytes it announced. */
  total: number | undefined;
  /** Whether a rest of it can be asked for. */
  resumable: boolean;
}

/** Opens the file anew, whatever it held. */
export async function openReceived(file: string, reader?: BundleReader): Promise<ReceivedBundle> {
  return new ReceivedBundle(await open(file, "w", 0o600), reader);
}

export class ReceivedBundle {
  readonly #file: FileHandle;
  readonly #reader: BundleReader | undefined;
  #hash = createHash("sha256");
  #object: BundleObject | undefined;
  #uncollected = 0;
  bytes = 0;

  constructor(file: FileHandle, reader: BundleReader | undefined) {
    this.#file = file;
    this.#reader = reader;
  }

  /** Where a further request may go on; undefined if it must begin anew. */
  get position(): Position | undefined {
    if (this.bytes === 0 || !this.#object?.resumable) return undefined;
    return { bytes: this.bytes, eTag: this.#object.eTag };
  }

  /** Whether all that was announced is here. */
  get whole(): boolean {
    return this.bytes === this.#object?.total;
  }

  get total(): number | undefined {
    return this.#object?.total;
  }

  /** An answer begins that holds the object from its first byte. */
  async begin(object: BundleObject): Promise<void> {
    await this.forget();
    this.#object = object;
  }

  /** Empties everything: what came is of no use any more. */
  async forget(): Promise<void> {
    this.#object = undefined;
    if (this.bytes === 0) return;
    await this.#file.truncate(0);
    this.#hash = createHash("sha256");
    this.bytes = 0;
    await this.#reader?.restart();
  }

  async take(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk);
    await Promise.all([this.#write(chunk), this.#reader?.take(chunk)]);
    this.bytes += chunk.length;
    this.#uncollected += chunk.length;
    if (this.#uncollected < COLLECT_AFTER) return;
    this.#uncollected = 0;
    collectGarbage();
  }

  async #write(chunk: Uint8Array): Promise<void> {
    let at = 0;
    while (at < chunk.length) {
      const written = await this.#file.write(chunk, at, null, this.bytes + at).catch(diskFull);
      at += written.bytesWritten;
    }
  }

  /** What came. Nothing can be taken afterwards. */
  finish(): { bytes: number; sha256: string; eTag: string } {
    const eTag = this.#object?.eTag ?? "";
    return { bytes: this.bytes, sha256: this.#hash.digest("hex"), eTag };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Says what a full disk means here; any other error is thrown on. */
function diskFull(error: unknown): never {
  if (systemErrorCode(error) !== "ENOSPC") throw error;
  const why = error instanceof Error ? error.message : String(error);
  throw new BundleError(`The disk is full, the bundle does not fit on it: ${why}`, {
    cause: error,
  });
}
