/**
 * A tar header in the words of the policy and of the disk.
 * @module
 */
// @ts-types="npm:@types/tar-stream@3.1.5"
import type { Headers } from "tar-stream";
import { z } from "zod";
import { ArchiveRefused } from "./archive_error.ts";
import type { EntryClaim } from "./policy.ts";
import type { Attributes } from "./unpack_tree.ts";

/** The highest owner number; one more means "leave it" to the system. */
const OWNER_MAX = 0xffff_fffe;

/** Seconds around 1970 that every file system takes: until 2106, as unsigned 32 bits. */
const TIME_MAX = 0xffff_ffff;

/** Records of a PAX header; tar-stream itself heeds path, linkpath and size. */
const Pax = z.record(z.string(), z.string()).nullish();
type Pax = z.infer<typeof Pax>;

/** The PAX records of a header, which tar-stream's types leave out. */
function paxOf(header: Headers): Pax {
  return Pax.parse("pax" in header ? header.pax : undefined);
}

/** What the policy has to judge. Throws ArchiveRefused for a sparse file. */
export function claimOf(header: Headers): EntryClaim {
  const { name } = header;
  if (Object.keys(paxOf(header) ?? {}).some((key) => key.startsWith("GNU.sparse."))) {
    const what = "is stored as a sparse file: pack the bundle without tar's --sparse";
    throw new ArchiveRefused(name, "sparse", what);
  }
  switch (header.type) {
    case "file":
    case "contiguous-file":
      // Before 1988 the slash was the only mark of a directory.
      if (name.endsWith("/")) return { kind: "directory", name };
      return { kind: "file", name, bytes: header.size ?? 0 };
    case "directory":
      return { kind: "directory", name };
    case "symlink":
      return { kind: "symlink", name, target: header.linkname ?? "" };
    case "link":
      return { kind: "link", name, target: header.linkname ?? "" };
    case "character-device":
      return { kind: "special", name, what: "a character device" };
    case "block-device":
      return { kind: "special", name, what: "a block device" };
    case "fifo":
      return { kind: "special", name, what: "a FIFO" };
    default:
      return { kind: "special", name, what: "of a kind this agent does not know" };
  }
}

/** PAX records go before the header's fields: they hold fractions and large numbers. */
export function attributesOf(header: Headers): Attributes {
  const pax = paxOf(header);
  const mtimeSeconds = numberOf(pax?.["mtime"], (header.mtime?.getTime() ?? NaN) / 1000);
  const uid = numberOf(pax?.["uid"], header.uid);
  const gid = numberOf(pax?.["gid"], header.gid);
  const mode = header.mode ?? NaN;
  return {
    mode: Number.isInteger(mode) ? mode : 0o644,
    mtimeSeconds: Math.abs(mtimeSeconds) <= TIME_MAX ? mtimeSeconds : undefined,
    owner: isOwner(uid) && isOwner(gid) ? { uid, gid } : undefined,
  };
}

function numberOf(record: string | undefined, field: number | undefined): number {
  return record === undefined || record === "" ? field ?? NaN : Number(record);
}

function isOwner(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id <= OWNER_MAX;
}
