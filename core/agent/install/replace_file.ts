/**
 * Replaces one of the agent's own files: a crash, also one of the power, leaves the old text or the
 * new one and never half of it.
 * @module
 */
import { dirname } from "node:path";
import type { Writer } from "./writer.ts";

/** On disk when it answers. */
export function replaceFile(path: string, text: string, writer: Writer): void {
  const draft = `${path}.new`;
  writer.write(draft, text);
  writer.syncFile(draft);
  writer.rename(draft, path);
  writer.syncFolder(dirname(path));
}
