/**
 * Files that name a deployment's folder (spec 4.2): its absolute path, without a newline. They are
 * replaced by renaming, so that a crash leaves the old or the new path and never half of one.
 * @module
 */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { replaceFile } from "./install/replace_file.ts";
import { hostWriter } from "./install/writer.ts";
import { isMissing } from "./system_error.ts";

/** The folder a pointer names; undefined when there is no pointer. Other errors of the disk throw. */
export function readPointer(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Points to `deploymentRoot`, making the pointer's folder when needed. On disk when it answers. */
export function writePointer(path: string, deploymentRoot: string, writer = hostWriter): void {
  writer.makeFolder(dirname(path));
  replaceFile(path, deploymentRoot, writer);
}
