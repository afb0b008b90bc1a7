/**
 * Why a bundle was not unpacked: its policy forbids an entry, its bytes are no archive, or this host
 * could not write what it holds. Each names the entry, so that a person knows what to repack.
 * @module
 */

/** What is wrong with an entry, in one word that a program may compare. */
export type RefusalReason =
  | "name"
  | "absolute-path"
  | "outside"
  | "path-length"
  | "depth"
  | "link-target"
  | "link-absolute"
  | "link-outside"
  | "link-missing"
  | "special-file"
  | "through-link"
  | "not-a-directory"
  | "replaces"
  | "sparse"
  | "encrypted"
  | "compression"
  | "headers-differ"
  | "overlap"
  | "too-many-bytes"
  | "too-many-entries"
  | "ratio";

/** The archive can be read, but holds what a bundle may not hold. The destination is half filled. */
export class ArchiveRefused extends Error {
  override readonly name = "ArchiveRefused";
  /** The entry's name as it stands in the archive. */
  readonly entry: string;
  readonly reason: RefusalReason;
  /** `what` goes on after the entry's name and ends with what is allowed. */
  constructor(entry: string, reason: RefusalReason, what: string) {
    super(`the bundle's entry ${quoted(entry)} ${what}`);
    this.entry = entry;
    this.reason = reason;
  }
}

/** The bytes are no whole archive of the type they were said to be. */
export class ArchiveBroken extends Error {
  override readonly name = "ArchiveBroken";
}

/** The archive is good, but this host cannot write it: disk full, not permitted, name too long. */
export class UnpackFailed extends Error {
  override readonly name = "UnpackFailed";
}

/** True for what we decided ourselves, false for an error that a stream, zlib or the system threw. */
export function isVerdict(error: unknown): boolean {
  return [ArchiveRefused, ArchiveBroken, UnpackFailed].some((type) => error instanceof type);
}

/** Long enough to recognise an entry, short enough for one line of a log. */
const SHOWN_CHARACTERS = 200;

/** A name in quotes with its control characters escaped, so that it cannot disguise a message. */
export function quoted(name: string): string {
  const shown = name.length > SHOWN_CHARACTERS ? `${name.slice(0, SHOWN_CHARACTERS)}…` : name;
  // JSON leaves DEL, the C1 controls and the marks that turn the direction of writing as they are.
  return JSON.stringify(shown).replace(
    /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
