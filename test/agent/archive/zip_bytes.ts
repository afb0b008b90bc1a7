/**
 * Zip archives byte by byte, so that a test can say what no honest packer would.
 * @module
 */
import { Buffer } from "node:buffer";
import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
  name: string | Uint8Array;
  body?: string | Uint8Array;
  /** Unix type and permissions; 0 as from a tool that knows none. */
  mode?: number;
  /** The system it was made on: 3 Unix, 0 DOS. */
  madeOn?: number;
  /** 0 stored, 8 deflated. */
  method?: number;
  flags?: number;
  /** What the directory states, if not the truth. */
  crc?: number;
  size?: number;
  /** What the local header says otherwise than the directory. */
  local?: {
    name?: string;
    method?: number;
    size?: number;
    packed?: number;
    crc?: number;
    flags?: number;
  };
  /** Where the directory says that the local header is. */
  offset?: number;
  /** Extra fields in the directory alone. */
  extra?: Uint8Array;
  /** What both headers state as the packed size. */
  packed?: number;
}

const UTF8 = 0x800;
/** 2023-11-14 22:13:20, in DOS's local time. */
const DOS_TIME = (22 << 11) | (13 << 5) | (20 / 2);
const DOS_DATE = ((2023 - 1980) << 9) | (11 << 5) | 14;

export function zip(...entries: ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { local, central } = zipEntry(entry, offset);
    locals.push(local);
    directory.push(central);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}

function zipEntry(entry: ZipEntry, offset: number): { local: Buffer; central: Buffer } {
  const name = Buffer.from(entry.name);
  const body = Buffer.from(entry.body ?? "");
  const method = entry.method ?? 0;
  const packed = method === 8 ? deflateRawSync(body) : body;
  /** From "version needed" to "extra field length", the same in both headers. */
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(20, 0);
  shared.writeUInt16LE(entry.flags ?? UTF8, 2);
  shared.writeUInt16LE(method, 4);
  shared.writeUInt16LE(DOS_TIME, 6);
  shared.writeUInt16LE(DOS_DATE, 8);
  shared.writeUInt32LE(entry.crc ?? crc32(body), 10);
  shared.writeUInt32LE(entry.packed ?? packed.length, 14);
  shared.writeUInt32LE(entry.size ?? body.length, 18);
  shared.writeUInt16LE(name.length, 22);
  const before = Buffer.alloc(6);
  before.writeUInt32LE(0x02014b50, 0);
  before.writeUInt16LE(((entry.madeOn ?? 3) << 8) | 20, 4);
  const after = Buffer.alloc(14);
  after.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
  after.writeUInt32LE(entry.offset ?? offset, 10);
  const signature = Buffer.from("PK\x03\x04", "latin1");
  const extra = Buffer.from(entry.extra ?? []);
  const directory = Buffer.from(shared);
  directory.writeUInt16LE(extra.length, 24);
  return {
    local: Buffer.concat([signature, ...localOf(shared, name, entry.local), packed]),
    central: Buffer.concat([before, directory, after, name, extra]),
  };
}

/** The shared fields and the name, as the local header has them. */
function localOf(shared: Buffer, name: Buffer, lie: ZipEntry["local"] = {}): [Buffer, Buffer] {
  const fields = Buffer.from(shared);
  const localName = lie.name === undefined ? name : Buffer.from(lie.name);
  if (lie.flags !== undefined) fields.writeUInt16LE(lie.flags, 2);
  if (lie.method !== undefined) fields.writeUInt16LE(lie.method, 4);
  if (lie.crc !== undefined) fields.writeUInt32LE(lie.crc, 10);
  if (lie.packed !== undefined) fields.writeUInt32LE(lie.packed, 14);
  if (lie.size !== undefined) fields.writeUInt32LE(lie.size, 18);
  fields.writeUInt16LE(localName.length, 22);
  return [fields, localName];
}
