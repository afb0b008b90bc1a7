/**
 * Removes what the last Install of a group made (spec 5.4 step 2), from the list it left behind.
 *
 * The list holds one path a line, written before the path was made, so it may name what was never
 * made, and its last line may be torn. Directories go only when nothing else is in them; a directory
 * that was there before the Install is not in the list (trap 3).
 * @module
 */
import { lstatSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { isMissing, systemErrorCode } from "../system_error.ts";
import type { Changes } from "./changes.ts";
import { InstallError } from "./install_error.ts";
import type { InstallJournal } from "./install_journal.ts";
import type { Writer } from "./writer.ts";

/** Begins the line of a path whose SELinux label was added. */
export const CONTEXT_PREFIX = "semanage\0";

/** What a cleanup list asks to remove, the last made first. */
export interface Removals {
  readonly paths: readonly string[];
  /** Whose labels are to leave the policy. */
  readonly contexts: readonly string[];
}

/** Paths removed before other work of the process gets its turn. */
const TURN = 256;

/** Reads a cleanup list; a line without its end is left out. */
export function parseCleanup(text: string): Removals {
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n").reverse();
  return {
    // Every line we write is absolute; anything else did not come from an Install.
    paths: lines.filter((line) => line.startsWith("/")),
    contexts: lines.filter((line) => line.startsWith(CONTEXT_PREFIX))
      .map((line) => line.slice(CONTEXT_PREFIX.length)),
  };
}

export interface RemovalTools {
  readonly writer: Writer;
  readonly journal: Pick<InstallJournal, "append">;
  readonly changes: Changes;
}

/** Removes labels and paths, in order; answers how many paths are gone. Throws InstallError. */
export async function removeAll(
  contexts: readonly string[],
  paths: readonly string[],
  { writer, journal, changes }: RemovalTools,
): Promise<number> {
  for (const path of contexts) writer.removeContext(path);
  let removed = 0;
  for (const [index, path] of paths.entries()) {
    if (remove(path, writer)) {
      removed++;
      changes.name(path);
    }
    if (index % TURN !== TURN - 1) continue;
    journal.append({ what: "removed", paths: index + 1 });
    await setImmediate();
  }
  journal.append({ what: "removed", paths: paths.length });
  return removed;
}

/** Whether something was removed. Throws InstallError when the host does not allow it. */
function remove(path: string, writer: Writer): boolean {
  try {
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there === undefined) return false;
    if (there.isDirectory()) writer.rmdir(path);
    else writer.unlink(path);
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    // A directory that holds files of others stays; a mount point is not ours to remove either.
    if (isMissing(error) || code === "ENOTEMPTY" || code === "EEXIST" || code === "EBUSY") {
      return false;
    }
    if (code === undefined) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InstallError(
      path,
      `The deployment failed because ${path}, which the last deployment of this group installed, ` +
        `cannot be removed: ${reason}. Remove it by hand, and then try again.`,
      { cause: error },
    );
  }
}
