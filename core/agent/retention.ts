/**
 * How many revisions a host keeps of a group (spec 6.2): at most `maxRevisions` folders, the current
 * deployment's included; the oldest go, never the one whose Install ended last.
 * @module
 */
import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { Layout } from "./layout.ts";
import { readPointer } from "./pointer_file.ts";
import { removeTree } from "./remove_tree.ts";
import { isMissing } from "./system_error.ts";

export interface RetentionInput {
  readonly layout: Layout;
  readonly groupId: string;
  readonly currentDeploymentId: string;
  /** At least 1 (`:max_revisions:`, default 5). */
  readonly maxRevisions: number;
  /** Deployments whose folders stay this time, whatever their age. */
  readonly needed?: readonly string[];
}

/** Deletes what is too many; the deleted folders, oldest first. Call before a bundle is fetched. */
export async function pruneRevisions(input: RetentionInput): Promise<string[]> {
  const { layout, groupId, currentDeploymentId, maxRevisions, needed = [] } = input;
  const group = layout.group(groupId);
  const current = basename(layout.deployment(groupId, currentDeploymentId).root);
  const others = entries(group).filter((name) => name !== current);
  const extra = others.length - maxRevisions + 1;
  if (extra <= 0) return [];
  const lastSuccessful = readPointer(layout.lastSuccessfulInstall(groupId));
  const doomed = others.map((name) => join(group, name))
    .filter((path) => path !== lastSuccessful && !needed.includes(basename(path)))
    .map((path) => ({ path, mtimeMs: statSync(path).mtimeMs }))
    .sort((a, b) => a.mtimeMs - b.mtimeMs)
    .slice(0, extra)
    .map(({ path }) => path);
  // A bundle may hold directories that only root empties without more ado.
  for (const path of doomed) await removeTree(path);
  return doomed;
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
