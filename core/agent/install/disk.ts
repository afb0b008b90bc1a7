/**
 * What planning an Install needs to know of the disk, and the real one.
 * @module
 */
import { lstatSync, readdirSync, readlinkSync, realpathSync, type Stats, statSync } from "node:fs";
import { isMissing, systemErrorCode } from "../system_error.ts";

/** `other` is a socket, pipe or device. */
export type EntryKind = "file" | "directory" | "symlink" | "other";

export interface Entry {
  readonly name: string;
  readonly kind: EntryKind;
}

export interface Disk {
  /** What stands at `path`, links followed: a link to nothing counts as nothing (spec 5.3). */
  existing(path: string): Exclude<EntryKind, "symlink"> | undefined;
  /** What stands at `path` itself. */
  kind(path: string): EntryKind | undefined;
  /** The entries of a directory, sorted by name. */
  entries(path: string): Entry[];
  /** The path without links; undefined when it leads nowhere. */
  realPath(path: string): string | undefined;
  linkTarget(path: string): string;
}

/** The disk of this host. Errors other than "does not exist" are thrown as they come. */
export const hostDisk: Disk = {
  existing(path) {
    const kind = kindOf(found(() => statSync(path, { throwIfNoEntry: false })));
    return kind === "symlink" ? "other" : kind;
  },
  kind: (path) => kindOf(found(() => lstatSync(path, { throwIfNoEntry: false }))),
  entries(path) {
    const entries = readdirSync(path, { withFileTypes: true })
      .map((entry) => ({ name: entry.name, kind: kindOf(entry) ?? "other" }));
    return entries.sort((a, b) => a.name < b.name ? -1 : 1);
  },
  realPath: (path) => found(() => realpathSync(path)),
  linkTarget: (path) => readlinkSync(path),
};

/** A path below a file and a circle of links lead nowhere, just as a missing one does. */
export function found<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (isMissing(error) || systemErrorCode(error) === "ELOOP") return undefined;
    throw error;
  }
}

export function kindOf(
  entry: Pick<Stats, "isFile" | "isDirectory" | "isSymbolicLink"> | undefined,
): EntryKind | undefined {
  if (entry === undefined) return undefined;
  if (entry.isSymbolicLink()) return "symlink";
  if (entry.isDirectory()) return "directory";
  return entry.isFile() ? "file" : "other";
}
