/**
 * Turns this process into a program that runs as another user: initgroups, setgid, setuid, execve.
 *
 * `spawn` with `uid` and `gid` drops root's groups in both runtimes, but gives the user none of their
 * own beyond the primary one. A process that becomes the program keeps its number and its process
 * group, so whoever started it ends, times and marks the program itself.
 * @module
 */
import { Buffer } from "node:buffer";
import {
  accessSync,
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
} from "node:fs";
import { cString, cStrings, openLibc } from "./libc.ts";

export interface ProgramUser {
  readonly uid: number;
  readonly gid: number;
  /** Whose further groups it gets; without a name it gets none. */
  readonly name?: string;
}

export interface Program {
  /** Absolute. */
  readonly path: string;
  readonly user: ProgramUser;
  /** In place of these variables of the process's own environment. */
  readonly environment: Readonly<Record<string, string>>;
}

const FUNCTIONS = {
  initgroups: ["buffer", "u32"],
  setgroups: ["usize", "buffer"],
  setgid: ["u32"],
  setuid: ["u32"],
  signal: ["i32", "usize"],
  sigprocmask: ["i32", "buffer", "buffer"],
  fcntl: ["i32", "i32", "i32"],
  execve: ["buffer", "buffer", "buffer"],
} as const;

/** False where the C library cannot be called. */
export function canBecomeProgram(): boolean {
  return openLibc(FUNCTIONS) !== undefined;
}

/** Returns only when it has failed: the sentence that says why. */
export function becomeProgram({ path, user, environment }: Program): string {
  const libc = openLibc(FUNCTIONS);
  if (!libc) return "the C library cannot be called";
  const who = user.name ?? String(user.uid);
  // What /proc says of this process is closed to the user it becomes, and the script may be, too.
  const start = firstBytes(path);
  const variables = cStrings(ownEnvironment(environment));
  resetSignals(libc);
  resetFiles(libc);
  giveOutputs(user);
  const grouped = user.name === undefined
    ? libc.setgroups(0, null)
    : libc.initgroups(cString(user.name), user.gid);
  if (grouped !== 0) return `the groups of ${who} cannot be set; is this process root?`;
  if (libc.setgid(user.gid) !== 0) return `group ${user.gid} cannot be taken`;
  if (libc.setuid(user.uid) !== 0) return `user ${user.uid} cannot be taken`;
  // From here on this process is the user; what they may not do fails.
  try {
    accessSync(path, constants.X_OK);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `${who} may not run it: ${reason}; the file and all folders above it must allow that`;
  }
  const run = (...words: [string, ...string[]]): void => {
    const given = cStrings(words);
    libc.execve(cString(words[0]), given.pointers, variables.pointers);
  };
  run(path);
  // What neither names an interpreter nor is a program of the kernel's is a script for the shell.
  if (!start.startsWith("#!") && !start.startsWith("\x7fELF")) run("/bin/sh", path);
  return `the system cannot execute it, whose first line is ${JSON.stringify(firstLine(start))}`;
}

type Libc = NonNullable<ReturnType<typeof openLibc<typeof FUNCTIONS>>>;

const LAST_SIGNAL = 64;
const SIG_DFL = 0;
const SIG_SETMASK = 2;

/** What this process ignores or blocks would be ignored and blocked in the program too. */
function resetSignals(libc: Libc): void {
  for (let signal = 1; signal <= LAST_SIGNAL; signal++) libc.signal(signal, SIG_DFL);
  libc.sigprocmask(SIG_SETMASK, new Uint8Array(128), null);
}

const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;

/**
 * The program gets the three standard files and no other. A runtime may have made them non-blocking,
 * which few programs are written for.
 */
function resetFiles(libc: Libc): void {
  for (const file of readdirSync("/proc/self/fd").map(Number)) {
    const flags = libc.fcntl(file, F_GETFL, 0);
    if (file > 2) libc.fcntl(file, F_SETFD, FD_CLOEXEC);
    else if (flags > 0 && flags & O_NONBLOCK) libc.fcntl(file, F_SETFL, flags & ~O_NONBLOCK);
  }
}

/** A pipe that root has made could be written to, but not opened as /dev/stderr, by anybody else. */
function giveOutputs({ uid, gid }: ProgramUser): void {
  for (const file of [1, 2]) {
    if (fstatSync(file).isFIFO()) fchownSync(file, uid, gid);
  }
}

/** Byte for byte as this process got it, which need not be text. */
function ownEnvironment(changes: Readonly<Record<string, string>>): (Uint8Array | string)[] {
  const own: Uint8Array[] = [];
  const bytes = readFileSync("/proc/self/environ");
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0, at);
    const entry = bytes.subarray(at, end < 0 ? bytes.length : end);
    const name = entry.subarray(0, entry.indexOf("=")).toString();
    if (!Object.hasOwn(changes, name)) own.push(entry);
    at += entry.length + 1;
  }
  return [...own, ...Object.entries(changes).map(([name, value]) => `${name}=${value}`)];
}

function firstBytes(path: string): string {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(256);
    return bytes.toString("latin1", 0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
