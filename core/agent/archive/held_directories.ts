/**
 * Directories below one root, reached by file descriptor. Another process may put a symbolic link in
 * the place of a directory between two of our calls; a path would follow it. A descriptor stays with
 * the directory that was opened, and each is opened below its held parent, never through a link.
 * Linux names what lies in a held directory `/proc/self/fd/N/name`; elsewhere paths must do.
 * @module
 */
import { Buffer } from "node:buffer";
import { closeSync, constants, openSync } from "node:fs";
import process from "node:process";

const REAL_DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const NAMES_DESCRIPTORS = process.platform === "linux";
/** Held at once besides the root: far below a process's limit of open files. */
const HELD_AT_MOST = 512;

/** Of Linux, in bytes, with the zero at a path's end. */
const PATH_MAX = 4_096;
/** For one unit of a string's length. */
const UTF8_BYTES_AT_MOST = 3;

/** Close it when done: it holds up to 513 file descriptors. */
export class HeldDirectories {
  readonly #root: number;
  readonly #rootPath: string;
  /** By path below the root, the least recently used first. */
  readonly #held = new Map<string, number>();
  #latest: { path: string; fd: number };

  /** Throws what the system throws if `root` is no directory, or a symbolic link to one. */
  constructor(root: string) {
    this.#rootPath = root;
    this.#root = openSync(root, REAL_DIRECTORY);
    this.#latest = { path: "", fd: this.#root };
  }

  /** Where a path below the root lies, to be used at once: the next call may close its directory. */
  place(path: string): string {
    this.#refuseUnreachable(path);
    const slash = path.lastIndexOf("/");
    const directory = slash === -1 ? "" : path.slice(0, slash);
    if (!NAMES_DESCRIPTORS) return `${this.#rootPath}/${path}`;
    return `/proc/self/fd/${this.descriptor(directory)}/${path.slice(slash + 1)}`;
  }

  /** Two of them, for a call that takes both. */
  places(from: string, to: string): [string, string] {
    // With room for more than two paths, the first one's directory is still held after the second.
    return [this.place(from), this.place(to)];
  }

  /** The descriptor of a directory below the root, good until the next call; "" is the root. */
  descriptor(path: string): number {
    if (path === this.#latest.path) return this.#latest.fd;
    const fd = path === "" ? this.#root : this.#renewed(path) ?? this.#opened(path);
    this.#latest = { path, fd };
    return fd;
  }

  close(): void {
    for (const fd of [this.#root, ...this.#held.values()]) closeSync(fd);
    this.#held.clear();
  }

  /** A descriptor reaches further than a path, but whoever comes after us has only paths. */
  #refuseUnreachable(path: string): void {
    const characters = this.#rootPath.length + 1 + path.length;
    if (characters * UTF8_BYTES_AT_MOST < PATH_MAX) return;
    const bytes = Buffer.byteLength(this.#rootPath) + 1 + Buffer.byteLength(path);
    if (bytes < PATH_MAX) return;
    throw new Error(
      `ENAMETOOLONG: its path on this host has ${bytes} bytes, not below ${PATH_MAX}`,
    );
  }

  /** A held one becomes the most recently used. */
  #renewed(path: string): number | undefined {
    const fd = this.#held.get(path);
    if (fd === undefined) return undefined;
    this.#held.delete(path);
    this.#held.set(path, fd);
    return fd;
  }

  #opened(path: string): number {
    const fd = openSync(this.place(path), REAL_DIRECTORY);
    this.#held.set(path, fd);
    if (this.#held.size > HELD_AT_MOST) this.#closeOldest();
    return fd;
  }

  #closeOldest(): void {
    const [oldest] = this.#held;
    if (oldest === undefined) return;
    const [path, fd] = oldest;
    this.#held.delete(path);
    closeSync(fd);
  }
}
