/**
 * The process's mask of file modes, read without touching it: the system call that answers it sets
 * it to nothing for a moment, and a file that another thread makes just then is writable by everyone.
 * @module
 */
import { readFileSync } from "node:fs";
import process from "node:process";

/** Permission bits that new files and directories do not get, usually 0o022. */
export function fileModeMask(): number {
  const line = /^Umask:\s*([0-7]+)$/m.exec(readFileSync("/proc/self/status", "utf8"));
  // A kernel before 4.7 does not say.
  return line?.[1] === undefined ? process.umask() : Number.parseInt(line[1], 8);
}
