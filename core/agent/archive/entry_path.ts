/**
 * Names and link targets as an archive may spell them. Pure text: nothing here looks at a disk.
 * A backslash is an ordinary character of a Linux file name ("dev-sda\x2d1.mount"), but a name that
 * would be absolute or climb if it were a separator is refused too: other tools read it that way.
 * @module
 */
import { Buffer } from "node:buffer";
import { ArchiveRefused, quoted } from "./archive_error.ts";
import type { ExtractionLimits } from "./policy.ts";

type PathLimits = Pick<ExtractionLimits, "pathBytes" | "segmentBytes" | "depth">;

const BELOW_ROOT = "only paths below the bundle's root are allowed";
/** A leading slash, backslash, or drive letter (`C:\`, `c:/`). */
const ABSOLUTE = /^(?:[A-Za-z]:)?[\\/]/;
const INSIDE = "only relative targets inside the bundle are allowed";

/** The parts of an entry's name without "." and doubled slashes; none for the bundle's root. */
export function segmentsOf(name: string, limits: PathLimits): string[] {
  if (name === "") throw new ArchiveRefused(name, "name", `has no name: ${BELOW_ROOT}`);
  refuseUnspeakable(name, name, "its name");
  if (isAbsolute(name)) {
    throw new ArchiveRefused(name, "absolute-path", `is an absolute path: ${BELOW_ROOT}`);
  }
  if (climbs(name)) {
    throw new ArchiveRefused(
      name,
      "outside",
      `leaves the unpack directory ("..": ${BELOW_ROOT})`,
    );
  }
  const segments = named(name);
  refuseLong(name, segments, limits);
  return segments;
}

/**
 * Refuses a symbolic link that could lead out of the unpack directory. `folderDepth` is how many
 * directories lie between the bundle's root and the link. A ".." may stand only at the beginning of
 * a target: there it climbs real directories, while behind a name, which may itself be a link, nobody
 * can tell where it leads. With that, any chain of links made in any order stays inside.
 */
export function refuseTarget(entry: string, target: string, folderDepth: number): void {
  const refuse = (reason: "link-target" | "link-absolute" | "link-outside", why: string) => {
    throw new ArchiveRefused(entry, reason, `is a symbolic link to ${quoted(target)}${why}`);
  };
  if (target === "") refuse("link-target", `: ${INSIDE}`);
  refuseUnspeakable(entry, target, "its link target");
  if (isAbsolute(target)) refuse("link-absolute", `: ${INSIDE}`);
  const levels = levelsUp(target);
  if (levels > folderDepth) refuse("link-outside", ` outside the unpack directory: ${INSIDE}`);
  const rest = named(target).slice(levels).join("/");
  if (climbs(rest)) {
    refuse("link-outside", `: ".." is allowed only at the beginning of a target`);
  }
}

/** How many directories a link's target climbs before it goes down. */
export function levelsUp(target: string): number {
  const segments = named(target);
  const first = segments.findIndex((segment) => segment !== "..");
  return first === -1 ? segments.length : first;
}

function named(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "" && segment !== ".");
}

function isAbsolute(path: string): boolean {
  return ABSOLUTE.test(path);
}

function climbs(path: string): boolean {
  return path.includes("..") && path.split(/[\\/]/).includes("..");
}

/** What no file system takes (NUL), or what two different names may have become (U+FFFD). */
function refuseUnspeakable(entry: string, text: string, where: string): void {
  if (text.includes("\0")) {
    throw new ArchiveRefused(entry, "name", `has a NUL in ${where}: names are UTF-8 without NUL`);
  }
  if (text.includes("\ufffd")) {
    throw new ArchiveRefused(
      entry,
      "name",
      `has bytes in ${where} that are not UTF-8: names are UTF-8 without NUL`,
    );
  }
}

function refuseLong(name: string, segments: readonly string[], limits: PathLimits): void {
  const bytes = Buffer.byteLength(name);
  if (bytes > limits.pathBytes) {
    const what = `has a path of ${bytes} bytes: at most ${limits.pathBytes} are allowed`;
    throw new ArchiveRefused(name, "path-length", what);
  }
  if (segments.length > limits.depth) {
    const what = `lies ${segments.length} levels deep: at most ${limits.depth} are allowed`;
    throw new ArchiveRefused(name, "depth", what);
  }
  // Most paths as a whole are shorter than one segment may be.
  if (bytes <= limits.segmentBytes) return;
  for (const segment of segments) {
    const length = Buffer.byteLength(segment);
    if (length <= limits.segmentBytes) continue;
    const what = `has a name of ${length} bytes in its path: at most ${limits.segmentBytes} ` +
      "are allowed between two slashes";
    throw new ArchiveRefused(name, "path-length", what);
  }
}
