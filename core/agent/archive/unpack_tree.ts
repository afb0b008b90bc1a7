/**
 * The directory that an archive is unpacked into. Everything is made new and exclusively, never
 * through a link, so that even a mistake in the policy cannot change a file that was there before,
 * nor can a process that swaps a directory with a link meanwhile (held_directories.ts).
 * Small files are written synchronously: an asynchronous call costs more than writing them does.
 * @module
 */
import type { Buffer } from "node:buffer";
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { open } from "node:fs/promises";
import process from "node:process";
import { fileModeMask } from "../file_mode_mask.ts";
import { systemErrorCode } from "../system_error.ts";
import { messageOf, quoted, UnpackFailed } from "./archive_error.ts";
import { HeldDirectories } from "./held_directories.ts";
import type { AdmittedEntry } from "./policy.ts";

/** What a file or directory carries besides its contents. */
export interface Attributes {
  /** Permission bits; set-uid, set-gid and sticky are not kept. */
  mode: number;
  /** Seconds since 1970; undefined leaves the time of unpacking. */
  mtimeSeconds: number | undefined;
  /** Numeric owner, kept only by a process of root, as `tar -p` does; undefined leaves our own. */
  owner: { uid: number; gid: number } | undefined;
}

type Admitted<Kind extends AdmittedEntry["kind"]> = Extract<AdmittedEntry, { kind: Kind }>;

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** While it is filled, a directory is open to us alone. */
const DIRECTORY_IN_WORK = 0o700;
/** Directories that an archive implies without an entry of their own. */
const IMPLIED: Attributes = { mode: 0o755, mtimeSeconds: undefined, owner: undefined };
const PERMISSIONS = 0o777;
const SET_GID = 0o2000;

/**
 * Opens a new, empty directory, making it if need be; dispose of the tree to close it. Throws
 * UnpackFailed if it holds something.
 */
export function openUnpackTree(destination: string): UnpackTree {
  mkdirSync(destination, { recursive: true });
  const found = lstatSync(destination);
  if (!found.isDirectory()) {
    throw new UnpackFailed(`cannot unpack into ${destination}: it is not a directory`);
  }
  if (readdirSync(destination).length > 0) {
    throw new UnpackFailed(`cannot unpack into ${destination}: it is not empty; remove it first`);
  }
  // A set-gid directory gives its own group to what is made in it.
  const gid = (found.mode & SET_GID) === 0 ? process.getegid?.() : found.gid;
  const native = { uid: process.geteuid?.(), gid };
  return new UnpackTree(attempt("", () => new HeldDirectories(destination)), native);
}

/** Who owns what this process makes; undefined where the system has no owners. */
interface NativeOwner {
  uid: number | undefined;
  gid: number | undefined;
}

export class UnpackTree implements Disposable {
  readonly #held: HeldDirectories;
  readonly #native: NativeOwner;
  /** The bits that a file never gets when it is made. */
  readonly #umask = fileModeMask();
  /** In the order they were made: a directory after the one it lies in. */
  readonly #directories = new Map<string, Attributes>();
  /** Files and links that were made. */
  files = 0;

  constructor(held: HeldDirectories, native: NativeOwner) {
    this.#held = held;
    this.#native = native;
  }

  [Symbol.dispose](): void {
    this.#held.close();
  }

  directory(entry: Admitted<"directory">, attributes: Attributes): void {
    // The unpack directory itself is the caller's and stays as it is.
    if (entry.path === "") return;
    attempt(entry.path, () => {
      this.#makeParents(entry);
      if (entry.already === "absent") {
        mkdirSync(this.#held.place(entry.path), DIRECTORY_IN_WORK);
      }
    });
    this.#directories.set(entry.path, attributes);
  }

  file(entry: Admitted<"file">, attributes: Attributes, chunks: readonly Uint8Array[]): void {
    attempt(entry.path, () => {
      const fd = openSync(this.#placeFor(entry), NEW_FILE, attributes.mode & PERMISSIONS);
      try {
        for (const chunk of chunks) writeWhole(fd, chunk);
        this.#seal(fd, attributes);
      } finally {
        closeSync(fd);
      }
    });
    this.files++;
  }

  /** A file of any size; no more than one chunk is held. Throws what `contents` throws. */
  async streamedFile(
    entry: Admitted<"file">,
    attributes: Attributes,
    contents: AsyncIterable<Buffer>,
  ): Promise<void> {
    const path = attempt(entry.path, () => this.#placeFor(entry));
    const mode = attributes.mode & PERMISSIONS;
    const file = await open(path, NEW_FILE, mode).catch(failAt(entry.path));
    try {
      for await (const chunk of contents) {
        let at = 0;
        while (at < chunk.length) {
          const { bytesWritten } = await file.write(chunk, at).catch(failAt(entry.path));
          at += bytesWritten;
        }
      }
      attempt(entry.path, () => this.#seal(file.fd, attributes));
    } finally {
      await file.close();
    }
    this.files++;
  }

  symlink(entry: Admitted<"symlink">, { mtimeSeconds, owner }: Attributes): void {
    if (entry.already === "symlink") return;
    attempt(entry.path, () => {
      this.#makeParents(entry);
      const path = this.#held.place(entry.path);
      symlinkSync(entry.target, path);
      if (this.#changes(owner)) lchownSync(path, owner.uid, owner.gid);
      if (mtimeSeconds !== undefined) lutimesSync(path, mtimeSeconds, mtimeSeconds);
    });
    this.files++;
  }

  link(entry: Admitted<"link">): void {
    attempt(entry.path, () => {
      this.#makeParents(entry);
      linkSync(...this.#held.places(entry.from, entry.path));
    });
    this.files++;
  }

  /** Gives directories their modes and times, inmost first: a read-only one had to be filled first. */
  finish(): void {
    for (const [path, attributes] of [...this.#directories].reverse()) {
      const { mode, mtimeSeconds, owner } = attributes;
      attempt(path, () => {
        const fd = this.#held.descriptor(path);
        if (this.#changes(owner)) fchownSync(fd, owner.uid, owner.gid);
        if (mtimeSeconds !== undefined) futimesSync(fd, mtimeSeconds, mtimeSeconds);
        fchmodSync(fd, mode & PERMISSIONS);
      });
    }
  }

  /** Where a file goes, with an earlier one of that name out of the way. */
  #placeFor(entry: Admitted<"file">): string {
    this.#makeParents(entry);
    const path = this.#held.place(entry.path);
    if (entry.already === "file") {
      unlinkSync(path);
      this.files--;
    }
    return path;
  }

  #makeParents({ parents }: AdmittedEntry): void {
    for (const parent of parents) {
      mkdirSync(this.#held.place(parent), DIRECTORY_IN_WORK);
      this.#directories.set(parent, IMPLIED);
    }
  }

  /**
   * Gives a file made with its mode what it lacks. Calls that would change nothing are left out: with
   * ten thousand files they count. The owner goes before the mode, for its change clears mode bits.
   */
  #seal(fd: number, { mode, mtimeSeconds, owner }: Attributes): void {
    const rechown = this.#changes(owner);
    if (rechown) fchownSync(fd, owner.uid, owner.gid);
    if (rechown || (mode & this.#umask & PERMISSIONS) !== 0) fchmodSync(fd, mode & PERMISSIONS);
    if (mtimeSeconds !== undefined) futimesSync(fd, mtimeSeconds, mtimeSeconds);
  }

  #changes(owner: Attributes["owner"]): owner is NonNullable<Attributes["owner"]> {
    if (owner === undefined || this.#native.uid !== 0) return false;
    return owner.uid !== 0 || owner.gid !== this.#native.gid;
  }
}

function attempt<Result>(path: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    return failAt(path)(error);
  }
}

/** Says which entry the host could not take. */
function failAt(path: string): (error: unknown) => never {
  return (cause) => {
    const full = systemErrorCode(cause) === "ENOSPC";
    const words = full ? "The disk is (or was) full during extraction: " : "";
    throw new UnpackFailed(`${words}cannot unpack ${quoted(path)}: ${messageOf(cause)}`, { cause });
  };
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) at += writeSync(fd, bytes, at);
}
