/**
 * Removes what the last Install of a group made (spec 5.4 step 2), from the list it left behind.
 *
 * The list holds one path a line, written before the path was made, so it may name what was never
 * made, and its last line may be torn. Directories go only when nothing else is in them; a directory
 * that was there before the Install is not in the list (trap 3).
 * @module
 */
import { lstatSync, readFileSync, rmdirSync, unlinkSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { isMissing, systemErrorCode } from "../system_error.ts";
import { InstallError } from "./install_error.ts";
import { removeContext } from "./security_commands.ts";

/** Begins the line of a path whose SELinux label was added. */
export const CONTEXT_PREFIX = "semanage\0";

export type Removal =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "context"; readonly path: string };

/** Paths removed before other work of the process gets its turn. */
const TURN = 256;

/** The removals of a cleanup list, last made first; a line without its end is left out. */
export function parseCleanup(text: string): Removal[] {
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  const removals: Removal[] = [];
  for (const line of lines) {
    // Every line we write is absolute; anything else did not come from an Install.
    if (line.startsWith("/")) removals.push({ kind: "path", path: line });
    else if (line.startsWith(CONTEXT_PREFIX)) {
      removals.push({ kind: "context", path: line.slice(CONTEXT_PREFIX.length) });
    }
  }
  return removals.reverse();
}

/** Does what the list says, then deletes it; how many paths are gone. No list is no work. */
export async function cleanUp(listPath: string): Promise<number> {
  const text = readList(listPath);
  if (text === undefined) return 0;
  let removed = 0;
  for (const [index, { kind, path }] of parseCleanup(text).entries()) {
    if (index % TURN === TURN - 1) await setImmediate();
    if (kind === "context") removeContext(path);
    else if (remove(path)) removed++;
  }
  unlinkSync(listPath);
  return removed;
}

function readList(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Whether something was removed. Throws InstallError when the host does not allow it. */
function remove(path: string): boolean {
  try {
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there === undefined) return false;
    if (there.isDirectory()) rmdirSync(path);
    else unlinkSync(path);
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    // A directory that holds files of others stays; a mount point is not ours to remove either.
    if (isMissing(error) || code === "ENOTEMPTY" || code === "EEXIST" || code === "EBUSY") {
      return false;
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new InstallError(
      path,
      `The deployment failed because ${path}, which the last deployment of this group installed, ` +
        `cannot be removed: ${reason}. Remove it by hand, and then try again.`,
      { cause: error },
    );
  }
}
