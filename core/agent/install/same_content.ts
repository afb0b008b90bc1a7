/**
 * Whether two files hold the same bytes. Sizes and times are no proof: only reading is.
 * @module
 */
import { Buffer } from "node:buffer";
import { closeSync, constants, lstatSync, openSync, readlinkSync, readSync } from "node:fs";

const NO_LINK = constants.O_RDONLY | constants.O_NOFOLLOW;
const BLOCK = 64 * 1024;

/** Made at the first comparison, then used for all. */
let blocks: [Buffer, Buffer] | undefined;

/** A whole file of at most one block, as the next comparison will find it overwritten. */
export function readSmall(source: string, size: number): Buffer | undefined {
  if (size > BLOCK) return undefined;
  const [block] = blocks ??= newBlocks();
  const file = openSync(source, "r");
  try {
    const read = fill(file, block, size);
    return read === size ? block.subarray(0, size) : undefined;
  } finally {
    closeSync(file);
  }
}

/** Whether a file, which may be no link, holds these bytes, of one block at most. */
export function holds(path: string, bytes: Buffer): boolean {
  const [, block] = blocks ??= newBlocks();
  const file = openSync(path, NO_LINK);
  try {
    return fill(file, block, bytes.length) === bytes.length &&
      bytes.compare(block, 0, bytes.length) === 0;
  } finally {
    closeSync(file);
  }
}

function newBlocks(): [Buffer, Buffer] {
  return [Buffer.allocUnsafeSlow(BLOCK), Buffer.allocUnsafeSlow(BLOCK)];
}

/** Of two files of one size, in bytes; the second may be no link. */
export function sameContent(source: string, path: string, size: number): boolean {
  const first = openSync(source, "r");
  try {
    const second = openSync(path, NO_LINK);
    try {
      return sameBytes(first, second, size);
    } finally {
      closeSync(second);
    }
  } finally {
    closeSync(first);
  }
}

function sameBytes(first: number, second: number, size: number): boolean {
  const [a, b] = blocks ??= newBlocks();
  for (let done = 0; done < size;) {
    const read = fill(first, a, Math.min(BLOCK, size - done));
    if (read === 0 || fill(second, b, read) !== read) return false;
    if (a.compare(b, 0, read, 0, read) !== 0) return false;
    done += read;
  }
  return true;
}

/** A read may be short before the end of the file; 0 is the end. */
function fill(file: number, block: Buffer, wanted: number): number {
  let filled = 0;
  while (filled < wanted) {
    const read = readSync(file, block, filled, wanted - filled, null);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}

/** Whether a file or link of the revision is at `path` already: type, and text or bytes. */
export function isIdentical(source: string, path: string): boolean {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return false;
  const wanted = lstatSync(source);
  if (wanted.isSymbolicLink()) {
    return there.isSymbolicLink() && readlinkSync(source) === readlinkSync(path);
  }
  if (!wanted.isFile() || !there.isFile() || wanted.size !== there.size) return false;
  return sameContent(source, path, wanted.size);
}
