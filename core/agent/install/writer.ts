/**
 * Everything by which Install changes the machine, in one place: each operation is one that a crash
 * may come before or after, and tests put a crash exactly there.
 *
 * Nothing is ever written through a link: a copy makes its file itself or fails, and an owner is
 * given to a link, not to what it leads to.
 * @module
 */
import { Buffer } from "node:buffer";
import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import type { AclEntry } from "../../domain/appspec_acl.ts";
import type { SecurityContext } from "../../domain/appspec_permissions.ts";
import { systemErrorCode } from "../system_error.ts";
import { clearAcl, removeContext, setAcl, setContext } from "./security_commands.ts";

/** A file that was read already, so that copying need not. */
export interface ReadFile {
  readonly bytes: Uint8Array;
  /** Permission bits. */
  readonly mode: number;
}

/** Throws the system's errors as they come. */
export interface Writer {
  mkdir(path: string): void;
  /** With all that is missing above it. */
  makeFolder(path: string): void;
  /** Contents and mode into a file that must not exist: EEXIST, also for a link that leads nowhere. */
  copy(source: string, path: string, read?: ReadFile): void;
  /** Contents into a file that is there, and keeps its attributes; ELOOP when it is a link. */
  overwrite(source: string, path: string): void;
  symlink(target: string, path: string): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  rmdir(path: string): void;
  chmod(path: string, mode: number): void;
  /** Of a link itself. */
  chown(path: string, uid: number, gid: number): void;
  /** Milliseconds since the epoch. */
  utimes(path: string, atime: number, mtime: number): void;
  /** The whole of one of the agent's own files. */
  write(path: string, text: string): void;
  /** At the end of one of the agent's own files, made when missing. */
  append(path: string, text: string): void;
  truncate(path: string, bytes: number): void;
  syncFile(path: string): void;
  syncFolder(path: string): void;
  /** The file systems that these paths lie on; false when this host has no way to. */
  syncFileSystems(paths: readonly string[]): Promise<boolean>;
  setAcl(path: string, acls: readonly AclEntry[]): void;
  clearAcl(path: string): void;
  setContext(path: string, context: SecurityContext): void;
  removeContext(path: string): void;
}

/** The machine this process runs on. */
export const hostWriter: Writer = {
  mkdir: (path) => mkdirSync(path),
  makeFolder: (path) => void mkdirSync(path, { recursive: true }),
  copy: (source, path, read) => read ? writeAnew(path, read) : copyAnew(source, path),
  overwrite,
  symlink: (target, path) => symlinkSync(target, path),
  rename: (from, to) => renameSync(from, to),
  unlink: (path) => unlinkSync(path),
  rmdir: (path) => rmdirSync(path),
  chmod: (path, mode) => chmodSync(path, mode),
  chown: (path, uid, gid) => lchownSync(path, uid, gid),
  utimes: (path, atime, mtime) => utimesSync(path, atime / 1000, mtime / 1000),
  write: (path, text) => writeAll(path, "w", text),
  append: (path, text) => writeAll(path, "a", text),
  truncate: (path, bytes) => truncateSync(path, bytes),
  syncFile: (path) => sync(path, constants.O_RDONLY | constants.O_NOFOLLOW),
  syncFolder: (path) => sync(path, constants.O_RDONLY | constants.O_DIRECTORY),
  syncFileSystems,
  setAcl,
  clearAcl,
  setContext,
  removeContext,
};

const ANEW = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;

function copyAnew(source: string, path: string): void {
  try {
    copyFileSync(source, path, ANEW);
  } catch (error) {
    // Deno looks first, and says so without a code.
    const isCoded = systemErrorCode(error) !== undefined;
    if (isCoded || !lstatSync(path, { throwIfNoEntry: false })) throw error;
    throw Object.assign(new Error(`EEXIST: file already exists, ${path}`, { cause: error }), {
      code: "EEXIST",
    });
  }
}

function writeAnew(path: string, { bytes, mode }: ReadFile): void {
  const file = openSync(path, "wx", mode);
  try {
    writeBytes(file, bytes);
    fchmodSync(file, mode); // what the umask took away
  } finally {
    closeSync(file);
  }
}

const OVERWRITTEN = constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW;
const BLOCK = 64 * 1024;

function overwrite(source: string, path: string): void {
  const from = openSync(source, "r");
  try {
    const to = openSync(path, OVERWRITTEN);
    try {
      const block = Buffer.allocUnsafe(BLOCK);
      for (let read = readSync(from, block); read > 0; read = readSync(from, block)) {
        writeBytes(to, block.subarray(0, read));
      }
    } finally {
      closeSync(to);
    }
  } finally {
    closeSync(from);
  }
}

function writeAll(path: string, flag: "w" | "a", text: string): void {
  const file = openSync(path, flag);
  try {
    writeBytes(file, Buffer.from(text));
  } finally {
    closeSync(file);
  }
}

function writeBytes(file: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
}

function sync(path: string, flags: number): void {
  const file = openSync(path, flags);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** By coreutils' `sync -f`: one call for thousands of files, and not in our process's time. */
function syncFileSystems(paths: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn("sync", ["-f", ...paths], { stdio: "ignore" });
    child.once("error", () => resolve(false)); // not installed
    child.once("close", (code) => resolve(code === 0));
  });
}
