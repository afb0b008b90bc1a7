/**
 * Bodies on their way to disk: piece by piece into a file while their sums are computed, so that a
 * body of any size costs a constant amount of memory.
 * @module
 */
import { type FileHandle, open, rm } from "node:fs/promises";
import { type ChecksumName, digestOf, type Sums } from "./checksums.ts";
import { S3Error } from "./s3_error.ts";

/** A file that is complete and on disk, and its sums. */
export interface Received {
  file: string;
  sums: Sums;
}

/**
 * Writes `source` into a new file and syncs it. `check` sees the sums before and refuses by
 * throwing; whatever goes wrong, the file is gone then.
 */
export async function receive(
  source: AsyncIterable<Uint8Array>,
  file: string,
  names: Iterable<ChecksumName>,
  check: (sums: Sums) => void,
): Promise<Received> {
  const handle = await open(file, "wx", 0o600);
  try {
    const sums = await writeAll(handle, source, names);
    check(sums);
    await handle.sync();
    await handle.close();
    return { file, sums };
  } catch (error) {
    await handle.close();
    await rm(file, { force: true });
    throw error;
  }
}

async function writeAll(
  handle: FileHandle,
  source: AsyncIterable<Uint8Array>,
  names: Iterable<ChecksumName>,
): Promise<Sums> {
  const digests = new Map(
    [...new Set([...names, "md5", "sha256"] as const)].map((name) => [name, digestOf(name)]),
  );
  let size = 0;
  for await (const bytes of source) {
    for (const digest of digests.values()) digest.update(bytes);
    size += bytes.length;
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await handle.write(bytes, at, bytes.length - at);
      at += bytesWritten;
    }
  }
  return { size, of: new Map([...digests].map(([name, digest]) => [name, digest.digest()])) };
}

/**
 * The body of a request in pieces, each valid until the next is asked for. A connection that breaks
 * is the client's failure, not ours.
 */
export async function* requestBody(request: Request): AsyncGenerator<Uint8Array> {
  if (!request.body) return;
  try {
    for await (const piece of request.body) {
      yield piece;
      release(piece);
    }
  } catch (cause) {
    throw new S3Error("IncompleteBody", "The connection broke before the body was complete.", {
      cause,
    });
  }
}

/**
 * Gives the memory of a piece back at once. The collector would find it too, but only after a hundred
 * MiB of a fast upload have piled up.
 */
function release({ buffer, byteLength }: Uint8Array): void {
  const whole = byteLength > 0 && buffer.byteLength === byteLength;
  if (whole && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** Bytes read from a part at a time. */
const PIECE_BYTES = 1 << 20;

/** The bytes of some files one after the other; each piece is valid until the next is asked for. */
export async function* filesInTurn(files: Iterable<string>): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(PIECE_BYTES);
  for (const file of files) {
    const handle = await open(file, "r");
    try {
      for (;;) {
        const { bytesRead } = await handle.read(piece, 0, piece.length);
        if (bytesRead === 0) break;
        yield piece.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }
}
