/**
 * Removes what an archive made. A bundle may hold read-only directories, which only root empties
 * without more ado; they are the agent's own, so it opens them first.
 * @module
 */
import { chmod, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isMissing, systemErrorCode } from "./system_error.ts";

/** Its owner may list it and take things out of it. */
const OPEN = 0o700;

/** Removes a directory and all below it; links are not followed. Absent is as good as removed. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!["EACCES", "EPERM"].includes(systemErrorCode(error) ?? "")) throw error;
    await openDirectories(path);
    await rm(path, { recursive: true, force: true });
  }
}

async function openDirectories(path: string): Promise<void> {
  try {
    await chmod(path, OPEN);
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (entry.isDirectory()) await openDirectories(join(path, entry.name));
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
