/**
 * Archives that no honest packer makes, one row each: what it tries, the bytes, and how it must end.
 * @module
 */
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import type { RefusalReason } from "../../../core/agent/archive/archive_error.ts";
import type { ExtractionLimits } from "../../../core/agent/archive/policy.ts";
import { tar, type TarEntry, tarEntry } from "./tar_bytes.ts";
import { zip, type ZipEntry } from "./zip_bytes.ts";

export interface Row {
  what: string;
  type: "tar" | "tgz" | "zip";
  bytes: Buffer;
  /** The verdict of the policy and the entry at fault, or "broken" and what the message shows. */
  verdict: [reason: RefusalReason, entry: string] | ["broken", shown: RegExp];
  limits?: Partial<ExtractionLimits>;
}

const END = Buffer.alloc(1024);
const file = (name: string, body = "evil"): TarEntry => ({ name, body });
const soft = (name: string, target: string): TarEntry => ({ name, flag: "2", target });
const hard = (name: string, target: string): TarEntry => ({ name, flag: "1", target });
const zipSoft = (name: string, target: string): ZipEntry => ({
  name,
  body: target,
  mode: 0o120777,
});
/** GNU's long name, `L`, or long link target, `K`, before an entry. */
const gnu = (flag: "L" | "K", text: string, entry: TarEntry): Buffer =>
  Buffer.concat([
    tarEntry({ name: "././@LongLink", flag, body: `${text}\0` }),
    tarEntry(entry),
    END,
  ]);

const inTar = (what: string, entries: TarEntry[], verdict: Row["verdict"]): Row => ({
  what,
  type: "tar",
  bytes: tar(...entries),
  verdict,
});
const inZip = (what: string, entries: ZipEntry[], verdict: Row["verdict"]): Row => ({
  what,
  type: "zip",
  bytes: zip(...entries),
  verdict,
});

/** A header with other bytes at `at`, and a checksum that fits. */
export function patched(bytes: Buffer, at: number, text: string | Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(Buffer.from(text), at);
  copy.fill(" ", 148, 156);
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  copy.write(sum.toString(8).padStart(6, "0") + "\0 ", 148);
  return copy;
}

const SIZE_AT = 124;
/** Base 256: minus 512. */
const NEGATIVE = Buffer.alloc(12, 0xff).fill(0xfe, 10, 11).fill(0, 11);
const HUGE = Buffer.from([0x80, 0, 0, 0, 0x7f, 255, 255, 255, 255, 255, 255, 255]);

/** A zip64 extra field with these numbers. */
function zip64(...numbers: bigint[]): Buffer {
  const field = Buffer.alloc(4 + 8 * numbers.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * numbers.length, 2);
  numbers.forEach((number, at) => field.writeBigUInt64LE(number, 4 + 8 * at));
  return field;
}

const names: Row[] = [
  inTar("a name that climbs", [file("../evil")], ["outside", "../evil"]),
  inZip("a name that climbs", [{ name: "../evil" }], ["outside", "../evil"]),
  inTar("a name that climbs far", [file("a/../../../../etc/x")], [
    "outside",
    "a/../../../../etc/x",
  ]),
  inTar("a name that is ..", [file("..")], ["outside", ".."]),
  inZip("a directory that is ..", [{ name: "../" }], ["outside", "../"]),
  inTar("a file called .", [file(".")], ["name", "."]),
  inZip("a file called .", [{ name: "." }], ["name", "."]),
  inTar("a link in the root's place", [soft("./.", "x")], ["name", "./."]),
  inTar("no name", [file("")], ["name", ""]),
  inZip("no name", [{ name: "" }], ["name", ""]),
  inTar("an absolute name", [file("/evil")], ["absolute-path", "/evil"]),
  inZip("an absolute name", [{ name: "//evil" }], ["absolute-path", "//evil"]),
  inZip("a drive letter", [{ name: "C:\\evil", madeOn: 0 }], ["absolute-path", "C:/evil"]),
  inTar("a drive letter", [file("c:\\evil")], ["absolute-path", "c:\\evil"]),
  inTar("climbing by backslashes", [file("a\\..\\..\\evil")], ["outside", "a\\..\\..\\evil"]),
  inZip("climbing by DOS's backslashes", [{ name: "..\\evil", madeOn: 0 }], [
    "outside",
    "../evil",
  ]),
  inTar("NUL in a PAX name", [{ name: "x", pax: { path: "a\0/../b" } }], ["name", "a\0/../b"]),
  inZip("NUL in a name", [{ name: "ok.txt\0.sh" }], ["name", "ok.txt\0.sh"]),
  inZip("bytes that are not UTF-8", [{ name: Buffer.from([0x61, 0xc0, 0xaf]) }], [
    "name",
    "a\ufffd\ufffd",
  ]),
  inTar("a PAX name that climbs", [{ name: "x", pax: { path: "../x" } }], ["outside", "../x"]),
  {
    what: "a GNU long name that climbs",
    type: "tar",
    bytes: gnu("L", `${"d/".repeat(90)}../evil`, file("x")),
    verdict: ["outside", `${"d/".repeat(90)}../evil`],
  },
  {
    what: "a GNU long link target that leads out",
    type: "tar",
    bytes: gnu("K", `${"../".repeat(60)}etc`, soft("l", "x")),
    verdict: ["link-outside", "l"],
  },
  inZip("a path too deep", [{ name: "d/".repeat(128) + "f" }], ["depth", "d/".repeat(128) + "f"]),
];

const links: Row[] = [
  inTar("a link to /etc", [soft("l", "/etc")], ["link-absolute", "l"]),
  inZip("a link to /etc", [zipSoft("l", "/etc")], ["link-absolute", "l"]),
  inTar("a link out", [soft("a/l", "../..")], ["link-outside", "a/l"]),
  inTar("a link that climbs behind a link", [soft("a/l", "."), soft("m", "a/l/..")], [
    "link-outside",
    "m",
  ]),
  inTar("a PAX link target out", [{ name: "l", flag: "2", pax: { linkpath: "../x" } }], [
    "link-outside",
    "l",
  ]),
  inZip("NUL in a link's target", [zipSoft("l", "a\0b")], ["name", "l"]),
  inTar("a file that becomes a link", [file("f"), soft("f", "g")], ["replaces", "f"]),
  inZip("a file that becomes a link", [{ name: "f" }, zipSoft("./f", "g")], ["replaces", "./f"]),
  inTar("a link that becomes a file", [soft("f", "g"), file("f")], ["replaces", "f"]),
  inTar("a directory that becomes a link", [file("d/f"), soft("d", "e")], ["replaces", "d"]),
  inTar("writing through a link", [soft("l", "d"), file("l/f")], ["through-link", "l/f"]),
  inZip("writing through a link", [zipSoft("l", "."), { name: "l/f" }], ["through-link", "l/f"]),
  inTar("a hard link outside", [hard("h", "../canary")], ["link-outside", "h"]),
  inTar("a hard link to /etc/passwd", [hard("h", "/etc/passwd")], ["link-absolute", "h"]),
  inTar("a hard link to a link", [soft("l", "f"), hard("h", "l")], ["link-target", "h"]),
  inTar("a hard link through a link", [file("d/f"), soft("l", "d"), hard("h", "l/f")], [
    "link-missing",
    "h",
  ]),
  inTar("a hard link to itself", [hard("h", "h")], ["link-missing", "h"]),
  inTar("a hard link to a directory", [{ name: "d", flag: "5" }, hard("h", "d")], [
    "link-target",
    "h",
  ]),
];

const kinds: Row[] = [
  inTar("a character device", [{ name: "d", flag: "3" }], ["special-file", "d"]),
  inTar("a block device", [{ name: "d", flag: "4" }], ["special-file", "d"]),
  inTar("a FIFO", [{ name: "p", flag: "6" }], ["special-file", "p"]),
  inTar("an old GNU sparse file", [{ name: "s", flag: "S" }], ["special-file", "s"]),
  inZip("a device", [{ name: "d", mode: 0o020666 }], ["special-file", "d"]),
  inZip("a socket", [{ name: "s", mode: 0o140666 }], ["special-file", "s"]),
  inTar("a PAX sparse file", [{ name: "s", pax: { "GNU.sparse.realsize": "9" } }], [
    "sparse",
    "s",
  ]),
];

const bomb = Buffer.alloc(4 << 20);
const bombs: Row[] = [
  {
    what: "a bomb by ratio",
    type: "tgz",
    bytes: gzipSync(tar(file("a"), { name: "b", body: bomb })),
    verdict: ["ratio", "b"],
    limits: { ratio: 50, ratioFromBytes: 1 << 20 },
  },
  {
    ...inZip("a bomb by ratio", [{ name: "b", body: bomb, method: 8 }], ["ratio", "b"]),
    limits: { ratio: 50, ratioFromBytes: 1 << 20 },
  },
  {
    ...inTar("a bomb by bytes", [file("a", "12345"), file("a", "123456")], [
      "too-many-bytes",
      "a",
    ]),
    limits: { bytes: 10 },
  },
  {
    ...inTar("a bomb by count", [file("a"), file("a"), file("a")], ["too-many-entries", "a"]),
    limits: { entries: 2 },
  },
  {
    ...inZip("a bomb by depth", [{ name: "a/b/c/d" }], ["too-many-entries", "a/b/c/d"]),
    limits: { entries: 3 },
  },
];

const two: ZipEntry = { name: "b", body: "12" };
const zips: Row[] = [
  inZip("two names", [{ name: "good", local: { name: "evil" } }], ["headers-differ", "good"]),
  inZip("two methods", [{ ...two, local: { method: 8 } }], ["headers-differ", "b"]),
  inZip("two sizes", [{ ...two, local: { size: 1 } }], ["headers-differ", "b"]),
  inZip("two packed sizes", [{ ...two, local: { packed: 1 } }], ["headers-differ", "b"]),
  inZip("two checksums", [{ ...two, local: { crc: 1 } }], ["headers-differ", "b"]),
  inZip("one mark of encryption", [{ ...two, local: { flags: 0x801 } }], ["headers-differ", "b"]),
  inZip("a directory with two names", [{ name: "d/", local: { name: "e/" } }], [
    "headers-differ",
    "d/",
  ]),
  inZip("entries on the same bytes", [{ name: "b" }, { name: "b", offset: 0 }], ["overlap", "b"]),
  inZip("an entry within another's data", [
    { name: "a", body: zip(two).subarray(0, 33) },
    { ...two, offset: 31 },
  ], ["overlap", "b"]),
  inZip("zip64 that lies about the size", [
    { ...two, method: 8, size: 0xffff_ffff, extra: zip64(3n), local: { size: 3 } },
  ], ["broken", /"b" is damaged.*3 were stated/]),
  inZip("zip64 with two sizes", [
    { ...two, method: 8, size: 0xffff_ffff, extra: zip64(3n), local: { size: 2 } },
  ], ["headers-differ", "b"]),
  inZip("zip64 with a size beyond all limits", [
    { ...two, method: 8, size: 0xffff_ffff, extra: zip64(1n << 62n) },
  ], ["headers-differ", "b"]),
  inZip("zip64 with more data than the file", [
    {
      ...two,
      method: 8,
      packed: 0xffff_ffff,
      extra: zip64(1n << 40n),
      local: { packed: 0, flags: 0x808 },
    },
  ], ["broken", /"b" is damaged/]),
  inZip("zip64 without its number", [{ ...two, method: 8, size: 0xffff_ffff, extra: zip64() }], [
    "broken",
    /at its beginning.*zip64/,
  ]),
  inZip("a header outside the file", [{ ...two, offset: 0x7fff_ffff }], ["broken", /"b"/]),
  inZip("a header that is none", [{ ...two, offset: 3 }], ["broken", /"b" is damaged/]),
  {
    what: "concatenated zips",
    type: "zip",
    bytes: Buffer.concat([zip({ name: "a" }), zip({ name: "b", body: "other" })]),
    verdict: ["broken", /no whole zip/],
  },
  {
    what: "garbage after a zip",
    type: "zip",
    bytes: Buffer.concat([zip({ name: "a" }), Buffer.from("garbage")]),
    verdict: ["broken", /no whole zip/],
  },
];

const damaged: Row[] = [
  {
    what: "a negative size",
    type: "tar",
    bytes: Buffer.concat([tarEntry(file("a")), patched(tar(file("b")), SIZE_AT, NEGATIVE)]),
    verdict: ["broken", /after its entry "a"/],
  },
  {
    what: "a negative PAX size",
    type: "tar",
    bytes: tar(file("a"), { ...file("b"), pax: { size: "-512" } }),
    verdict: ["broken", /after its entry "a"/],
  },
  {
    what: "a size beyond all limits",
    type: "tar",
    bytes: patched(tar(file("b")), SIZE_AT, HUGE),
    verdict: ["too-many-bytes", "b"],
  },
  {
    what: "a size of letters",
    type: "tar",
    bytes: patched(tar(file("b")), SIZE_AT, "zzzzzzzzzzz\0"),
    verdict: ["broken", /no whole tar/],
  },
  {
    what: "a size that is neither octal nor of base 256",
    type: "tar",
    bytes: patched(tar(file("b")), SIZE_AT, Buffer.alloc(12, 0x81)),
    verdict: ["broken", /"b" is damaged: its size/],
  },
  {
    what: "a broken checksum",
    type: "tar",
    bytes: Buffer.concat([tarEntry(file("a")), Buffer.from(tar(file("b"))).fill("7", 148, 154)]),
    verdict: ["broken", /after its entry "a"/],
  },
  {
    what: "garbage after a tar",
    type: "tar",
    bytes: Buffer.concat([tar(file("a")), Buffer.alloc(512, "garbage")]),
    verdict: ["broken", /after its entry "a"/],
  },
  {
    what: "a tar that climbs behind the end of another",
    type: "tar",
    bytes: Buffer.concat([tar(file("a")), tar(file("../b"))]),
    verdict: ["outside", "../b"],
  },
  {
    what: "a second gzip that climbs",
    type: "tgz",
    bytes: Buffer.concat([gzipSync(tar(file("a"))), gzipSync(tar(file("../b")))]),
    verdict: ["outside", "../b"],
  },
];

export const HOSTILE: readonly Row[] = [names, links, kinds, bombs, zips, damaged].flat();
