/**
 * The changes that release directories make to a disk: those of an Install, and one more. Each is a
 * step that a crash may come before or after.
 * @module
 */
import { removeTree } from "../remove_tree.ts";
import type { Writer } from "./writer.ts";

export type ReleaseSteps =
  & Pick<Writer, "makeFolder" | "rmdir" | "rename" | "symlink" | "unlink" | "write" | "append">
  & Pick<Writer, "utimes" | "syncFolder" | "removeContext">
  & { removeTree(path: string): Promise<void> };

/** Trees are removed here alone; everything else is the writer's. */
export function stepsOf(writer: Writer): ReleaseSteps {
  return { ...writer, removeTree };
}
