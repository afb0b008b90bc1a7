/**
 * Tar archives byte by byte, so that a test can say what no honest packer would.
 * @module
 */
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";

export interface TarEntry {
  name: string;
  /** The type flag: 0 file, 1 hard link, 2 symbolic link, 3 character device, 5 directory, 6 FIFO. */
  flag?: string;
  target?: string;
  body?: string | Uint8Array;
  mode?: number;
  uid?: number;
  gid?: number;
  mtime?: number;
  /** PAX records, in a header of their own before the entry. */
  pax?: Record<string, string>;
}

const BLOCK = 512;

/** A whole archive with its end marker. */
export function tar(...entries: TarEntry[]): Buffer {
  return Buffer.concat([...entries.map(tarEntry), Buffer.alloc(2 * BLOCK)]);
}

export function tgz(...entries: TarEntry[]): Buffer {
  return gzipSync(tar(...entries));
}

export function tarEntry(entry: TarEntry): Buffer {
  const body = Buffer.from(entry.body ?? "");
  const parts = [header(entry, body.length), padded(body)];
  if (entry.pax) {
    const records = Buffer.from(Object.entries(entry.pax).map(paxRecord).join(""));
    parts.unshift(header({ name: "pax", flag: "x" }, records.length), padded(records));
  }
  return Buffer.concat(parts);
}

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number) =>
    block.write(value.toString(8).padStart(length - 1, "0"), at);
  block.write(entry.name, 0, 100);
  octal(entry.mode ?? 0o644, 100, 8);
  octal(entry.uid ?? 0, 108, 8);
  octal(entry.gid ?? 0, 116, 8);
  octal(size, 124, 12);
  octal(entry.mtime ?? 1_700_000_000, 136, 12);
  block.write(entry.flag ?? "0", 156);
  block.write(entry.target ?? "", 157, 100);
  block.write("ustar\x0000", 257);
  block.fill(" ", 148, 156);
  octal(block.reduce((sum, byte) => sum + byte, 0), 148, 7);
  return block;
}

/** "LENGTH KEY=VALUE\n", where the length counts itself. */
function paxRecord([key, value]: [string, string]): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest;
  while (length !== rest + String(length).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

function padded(body: Buffer): Buffer {
  return Buffer.concat([body, Buffer.alloc((BLOCK - body.length % BLOCK) % BLOCK)]);
}
