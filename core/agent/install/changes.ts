/**
 * What an Install has changed on the disk and must be durable before its end is written down: after
 * a power failure a pointer to a version whose files are half there would be a lie.
 *
 * A few files are synced one by one. Many are synced with their whole file systems, by one program:
 * a sync a file would take longer than all the copying.
 * @module
 */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { isMissing, systemErrorCode } from "../system_error.ts";
import type { Writer } from "./writer.ts";

/** Files, or directories, that are synced one by one. */
const FEW = 32;

export class Changes {
  readonly #files = new Set<string>();
  readonly #directories = new Set<string>();

  /** Contents or attributes of a file. */
  file(path: string): void {
    if (this.#files.size <= FEW) this.#files.add(path);
    else this.name(path);
  }

  /** A name that came or went: it is its directory that has changed. */
  name(path: string): void {
    this.#directories.add(dirname(path));
  }

  /** `files`, asked for only if need be, are all that may have changed. */
  async sync(writer: Writer, files: Iterable<string>): Promise<void> {
    const isFew = this.#files.size <= FEW && this.#directories.size <= FEW;
    if (!isFew && await writer.syncFileSystems(onePathEach(this.#directories))) return;
    for (const path of isFew ? this.#files : files) await syncFile(writer, path);
    for (const path of this.#directories) ifThere(() => writer.syncFolder(path));
  }
}

/** A file that we may not read, because its mode was changed, goes with its file system. */
async function syncFile(writer: Writer, path: string): Promise<void> {
  try {
    ifThere(() => writer.syncFile(path));
  } catch (error) {
    if (systemErrorCode(error) !== "EACCES") throw error;
    await writer.syncFileSystems([dirname(path)]);
  }
}

/** One of the directories for each file system; directories that are gone have parents among them. */
function onePathEach(directories: Iterable<string>): string[] {
  const paths = new Map<number, string>();
  for (const path of directories) {
    const there = ifThere(() => statSync(path));
    if (there && !paths.has(there.dev)) paths.set(there.dev, path);
  }
  return [...paths.values()];
}

function ifThere<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    // ELOOP: a link has no contents of its own to sync.
    if (isMissing(error) || systemErrorCode(error) === "ELOOP") return undefined;
    throw error;
  }
}
