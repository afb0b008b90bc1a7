/**
 * A zip tells of each entry twice: in the directory at its end, which we go by, and in a local header
 * before the data, which others go by. A bundle that says one thing here and another there shows one
 * content to who inspects it and gives another to the host, so both must agree, and no two entries
 * may share bytes.
 * @module
 */
import { Buffer } from "node:buffer";
// @ts-types="npm:@types/yauzl@3.4.0"
import type { Entry } from "yauzl";
import { ArchiveBroken, ArchiveRefused, quoted } from "./archive_error.ts";
import type { BlockReader } from "./block_reader.ts";

const LOCAL_HEADER = { signature: 0x04034b50, bytes: 30 };
/** Bits of an entry's flags. */
const FLAG = { encrypted: 1, sizesFollow: 8 };
const ZIP64 = { field: 1, inExtraField: 0xffff_ffff };
const AGREE =
  "the local header before the data and the directory at the end must agree: only one " +
  "content is allowed";

/** Where an entry's data begins in the file. Throws ArchiveRefused if its two headers differ. */
export function dataStart(reader: BlockReader, entry: Entry, name: string): number {
  const start = entry.relativeOffsetOfLocalHeader;
  const read = (length: number, position: number): Buffer => {
    const bytes = Buffer.allocUnsafe(length);
    if (!reader.tryFill(bytes, position)) {
      const what = "is damaged: the directory places it beyond the end of the archive";
      throw new ArchiveBroken(`the bundle's entry ${quoted(name)} ${what}`);
    }
    return bytes;
  };
  const header = read(LOCAL_HEADER.bytes, start);
  if (header.readUInt32LE(0) !== LOCAL_HEADER.signature) {
    const what = "is damaged: there is no local header where the directory says it is";
    throw new ArchiveBroken(`the bundle's entry ${quoted(name)} ${what}`);
  }
  const [nameBytes, extraBytes] = [header.readUInt16LE(26), header.readUInt16LE(28)];
  const texts = read(nameBytes + extraBytes, start + LOCAL_HEADER.bytes);
  const differing = differences(header, texts.subarray(0, nameBytes), texts.subarray(nameBytes));
  const first = differing(entry);
  if (first === undefined) return start + LOCAL_HEADER.bytes + nameBytes + extraBytes;
  throw new ArchiveRefused(name, "headers-differ", `has two different ${first}: ${AGREE}`);
}

/** Names what a local header says otherwise than the directory, if anything. */
function differences(header: Buffer, name: Buffer, extra: Buffer) {
  return (entry: Entry): string | undefined => {
    if (!name.equals(entry.fileNameRaw)) return `names (the other is ${quoted(name.toString())})`;
    const flags = header.readUInt16LE(6);
    if (((flags ^ entry.generalPurposeBitFlag) & FLAG.encrypted) !== 0) {
      return "marks of encryption";
    }
    if (header.readUInt16LE(8) !== entry.compressionMethod) return "methods of compression";
    // A packer that cannot go back leaves checksum and sizes empty here, and puts them after the data.
    const later = ((flags | entry.generalPurposeBitFlag) & FLAG.sizesFollow) !== 0;
    const [packed, unpacked] = sizesOf(header, extra);
    const differs = (here: number, there: number) => here !== there && !(later && here === 0);
    if (differs(header.readUInt32LE(14), entry.crc32)) return "checksums";
    if (differs(packed, entry.compressedSize)) return "packed sizes";
    if (differs(unpacked, entry.uncompressedSize)) return "unpacked sizes";
  };
}

/** Packed and unpacked size; large ones stand in the extra field, unpacked first. */
function sizesOf(header: Buffer, extra: Buffer): [packed: number, unpacked: number] {
  const [packed, unpacked] = [header.readUInt32LE(18), header.readUInt32LE(22)];
  const large = fieldOf(extra, ZIP64.field);
  let at = 0;
  const whole = (size: number): number => {
    if (size !== ZIP64.inExtraField || large === undefined || at + 8 > large.length) return size;
    at += 8;
    return Number(large.readBigUInt64LE(at - 8));
  };
  const unpackedWhole = whole(unpacked);
  return [whole(packed), unpackedWhole];
}

function fieldOf(extra: Buffer, id: number): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === id) return extra.subarray(at + 4, end);
    at = end;
  }
  return undefined;
}

interface Region {
  name: string;
  start: number;
  end: number;
}

/** The bytes that the entries of one zip take up. */
export class ZipRegions {
  readonly #regions: Region[] = [];

  add(name: string, start: number, end: number): void {
    this.#regions.push({ name, start, end });
  }

  /** Throws ArchiveRefused if an entry begins where another still goes on. */
  refuseOverlaps(): void {
    this.#regions.sort((one, other) => one.start - other.start);
    let before: Region | undefined;
    for (const region of this.#regions) {
      if (before !== undefined && region.start < before.end) {
        const what = `shares bytes of the archive with ${quoted(before.name)}: ` +
          "only entries with data of their own are allowed";
        throw new ArchiveRefused(region.name, "overlap", what);
      }
      before = region;
    }
  }
}
