/**
 * The changes that release directories make to a disk, one function a step, so that a test can end
 * the process between any two of them.
 * @module
 */
import {
  appendFileSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { removeTree } from "../remove_tree.ts";

export interface ReleaseSteps {
  /** With all that is missing above it. */
  makeFolder(path: string): void;
  rmdir(path: string): void;
  removeTree(path: string): Promise<void>;
  rename(from: string, to: string): void;
  symlink(target: string, path: string): void;
  unlink(path: string): void;
  /** The whole of one of the agent's own files. */
  write(path: string, text: string): void;
  /** At the end of one of the agent's own files, made when missing. */
  append(path: string, text: string): void;
  /** Milliseconds since the epoch. */
  utimes(path: string, atime: number, mtime: number): void;
  /** Names in the directory that came or went are then on the disk. */
  syncFolder(path: string): void;
}

/** The disk of this host. Errors are thrown as they come. */
export const hostSteps: ReleaseSteps = {
  makeFolder: (path) => void mkdirSync(path, { recursive: true }),
  rmdir: (path) => rmdirSync(path),
  removeTree,
  rename: (from, to) => renameSync(from, to),
  symlink: (target, path) => symlinkSync(target, path),
  unlink: (path) => unlinkSync(path),
  write: (path, text) => writeFileSync(path, text),
  append: (path, text) => appendFileSync(path, text),
  utimes: (path, atime, mtime) => utimesSync(path, atime / 1000, mtime / 1000),
  syncFolder(path) {
    const file = openSync(path, "r");
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  },
};
