/**
 * Random reads from a file, synchronously and by blocks. Reading a zip file alternates between its
 * directory at the end and data further to the front, thousands of times a few bytes: two blocks held
 * in memory answer nearly all of it.
 * @module
 */
import { Buffer } from "node:buffer";
import { readSync } from "node:fs";
// @ts-types="npm:@types/yauzl@3.4.0"
import { RandomAccessReader } from "yauzl";

const BLOCK = 128 * 1024;

interface Block {
  bytes: Buffer;
  start: number;
  length: number;
}

/** Reads for yauzl and for ourselves; the file stays the caller's to close. */
export class BlockReader extends RandomAccessReader {
  readonly #fd: number;
  #recent: Block = emptyBlock();
  #older: Block = emptyBlock();

  constructor(fd: number) {
    super();
    this.#fd = fd;
  }

  /** yauzl's way to ask; the answer comes before this returns. */
  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    let failure: Error | null = null;
    try {
      this.fill(buffer.subarray(offset, offset + length), position);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    callback(failure);
  }

  /** Fills `target` from `position`. Throws RangeError if the file ends before. */
  fill(target: Buffer, position: number): void {
    if (!this.tryFill(target, position)) throw new RangeError("unexpected end of the file");
  }

  /** As `fill`, but false if the file ends before. */
  tryFill(target: Buffer, position: number): boolean {
    // No file is longer, and the system would not take the number.
    if (!Number.isSafeInteger(position)) return false;
    const read = target.length > BLOCK
      ? readAt(this.#fd, target, position)
      : this.#copy(target, position);
    return read === target.length;
  }

  #copy(target: Buffer, position: number): number {
    const block = this.#blockWith(position, target.length);
    const from = position - block.start;
    return block.bytes.copy(target, 0, from, Math.min(from + target.length, block.length));
  }

  #blockWith(position: number, length: number): Block {
    if (holds(this.#recent, position, length)) return this.#recent;
    [this.#recent, this.#older] = [this.#older, this.#recent];
    if (holds(this.#recent, position, length)) return this.#recent;
    const { bytes } = this.#recent;
    this.#recent = { bytes, start: position, length: readAt(this.#fd, bytes, position) };
    return this.#recent;
  }
}

function emptyBlock(): Block {
  return { bytes: Buffer.allocUnsafe(BLOCK), start: 0, length: 0 };
}

function holds(block: Block, position: number, length: number): boolean {
  return position >= block.start && position + length <= block.start + block.length;
}

/** How many bytes there were, at most as many as fit. */
function readAt(fd: number, target: Buffer, position: number): number {
  let at = 0;
  while (at < target.length) {
    const read = readSync(fd, target, at, target.length - at, position + at);
    if (read === 0) break;
    at += read;
  }
  return at;
}
