/**
 * `runtime agent gc`: removes what the agent would remove with its next deployment, or never: old
 * revisions of every group, groups that nothing is left of, logs beyond their rule, and what broken
 * downloads left. What an order under way may need stays, so an agent may run meanwhile.
 * @module
 */
import { existsSync, statSync } from "node:fs";
import { lstat, rm } from "node:fs/promises";
import { join } from "node:path";
import { busyDeployments } from "./busy_deployments.ts";
import { type AgentConfig, readConfig } from "./config.ts";
import { DEPLOYMENTS_LOG_ROTATION } from "./entry_log.ts";
import { cleanupPath, deploymentPaths, installJournalPath, type Layout, layout } from "./layout.ts";
import { type FailureReport, reportOf } from "./local_failure.ts";
import { lockLocal } from "./local_lock.ts";
import { readPointer } from "./pointer_file.ts";
import { removeTree } from "./remove_tree.ts";
import { asAgentFailure, bytesBelow, entriesOf, foldersIn, NO_GROUPS } from "./status.ts";

export interface Removed {
  readonly path: string;
  readonly why: string;
  readonly bytes: number;
}

export interface GcReport {
  readonly root: string;
  /** In a dry run, what would be. */
  readonly removed: readonly Removed[];
  /** Of all. */
  readonly bytes: number;
  readonly isDryRun: boolean;
}

export interface GcOptions {
  /** Path of codedeployagent.yml. */
  readonly config: string;
  /** Revisions that stay of each group, at least 1; the configuration's `:max_revisions:` without. */
  readonly keep?: number;
  readonly mode: "look" | "apply";
}

/** A failure says why nothing was done. */
export async function gc(
  { config: file, keep, mode }: GcOptions,
): Promise<{ report: GcReport } | { failure: FailureReport }> {
  try {
    const config = await readConfig(file);
    return { report: await collect(config, keep ?? config.maxRevisions, mode) };
  } catch (error) {
    return { failure: reportOf(asAgentFailure(error)) };
  }
}

type Places = Pick<AgentConfig, "rootDir" | "logDir" | "ongoingDeployments">;

/** As `gc`, of a configuration that was read. Throws AgentFailure, or an error of the disk. */
export async function collect(
  config: Places,
  keep: number,
  mode: GcOptions["mode"],
): Promise<GcReport> {
  const places = layout(config.rootDir);
  const { root } = places;
  const isDryRun = mode === "look";
  if (!existsSync(root)) return { root, removed: [], bytes: 0, isDryRun };
  // A local run is in no journal; its lock keeps it away.
  const letGo = isDryRun ? undefined : await lockLocal(places);
  try {
    const removed: Removed[] = [];
    for (const { path, why } of await doomed(config, places, keep)) {
      const there = await lstat(path);
      const bytes = there.isDirectory() ? await bytesBelow(path) : there.size;
      if (!isDryRun) await (there.isDirectory() ? removeTree(path) : rm(path, { force: true }));
      removed.push({ path, why, bytes });
    }
    const bytes = removed.reduce((sum, one) => sum + one.bytes, 0);
    return { root, removed, bytes, isDryRun };
  } finally {
    await letGo?.();
  }
}

type Doomed = Omit<Removed, "bytes">;

interface Revision {
  readonly path: string;
  readonly mtimeMs: number;
}

interface Group {
  readonly groupId: string;
  /** The oldest first. */
  readonly revisions: readonly Revision[];
  /** In milliseconds since the epoch, of the newest revision. */
  readonly newest: number;
}

async function doomed(config: Places, places: Layout, keep: number): Promise<Doomed[]> {
  const groups = await groupsOf(config, places);
  // After the folders: an order that was taken in between is in the journal.
  const busy = await busyDeployments(places);
  const found: Doomed[] = [];
  for (const group of groups) {
    const newestOther = Math.max(
      ...groups.filter((other) => other !== group).map(({ newest }) => newest),
    );
    if (await isForgotten(group, places, busy) && group.newest < newestOther) {
      const why = "a group of which nothing is installed";
      found.push({ path: places.group(group.groupId), why });
      continue;
    }
    const old = oldRevisions(group, places, busy, keep);
    found.push(...old.map((path) => ({ path, why: "a revision beyond retention" })));
    const others = group.revisions.filter(({ path }) => !busy.has(path) && !old.includes(path));
    for (const { path } of others) found.push(...brokenDownload(path));
  }
  return [...found, ...await oldLogs(config, places)];
}

async function groupsOf(config: Places, places: Layout): Promise<Group[]> {
  const groups: Group[] = [];
  for (const { name: groupId } of await foldersIn(places.root)) {
    if (NO_GROUPS.has(groupId) || groupId === config.ongoingDeployments) continue;
    const folder = join(places.root, groupId);
    const revisions = (await foldersIn(folder)).map(({ name }) => join(folder, name))
      .map((path) => ({ path, mtimeMs: statSync(path).mtimeMs }))
      .sort((a, b) => a.mtimeMs - b.mtimeMs);
    const newest = revisions.at(-1)?.mtimeMs ?? statSync(folder).mtimeMs;
    groups.push({ groupId, revisions, newest });
  }
  return groups;
}

/** Nothing points into it, nothing is installed of it, and all in it is what the agent puts there. */
async function isForgotten(
  { groupId, revisions }: Group,
  places: Layout,
  busy: ReadonlySet<string>,
): Promise<boolean> {
  const notes = [
    places.lastSuccessfulInstall(groupId),
    places.mostRecentInstall(groupId),
    cleanupPath(places.instructions, groupId),
    installJournalPath(places.instructions, groupId),
  ];
  if (notes.some((path) => existsSync(path))) return false;
  if (revisions.some(({ path }) => busy.has(path) || !isDeployment(path))) return false;
  return (await entriesOf(places.group(groupId))).length === revisions.length;
}

function isDeployment(path: string): boolean {
  const { archive, bundle, logs } = deploymentPaths(path);
  return [archive, `${archive}.new`, bundle, logs].some((one) => existsSync(one));
}

function oldRevisions(
  { groupId, revisions }: Group,
  places: Layout,
  busy: ReadonlySet<string>,
  keep: number,
): string[] {
  const extra = Math.max(0, revisions.length - keep);
  const pointed = [places.lastSuccessfulInstall(groupId), places.mostRecentInstall(groupId)]
    .map(readPointer);
  return revisions.map(({ path }) => path)
    .filter((path) => !busy.has(path) && !pointed.includes(path))
    .slice(0, extra);
}

/** A bundle without its archive never became a revision. */
function brokenDownload(path: string): Doomed[] {
  const { archive, bundle } = deploymentPaths(path);
  const parts = existsSync(archive) ? [`${archive}.new`] : [bundle, `${archive}.new`];
  return parts.filter((part) => existsSync(part))
    .map((part) => ({ path: part, why: "what a download left that did not end" }));
}

/** The agent's own log has one older file. */
const AGENT_LOG_FILES = 2;

async function oldLogs({ logDir }: Places, places: Layout): Promise<Doomed[]> {
  const { files } = DEPLOYMENTS_LOG_ROTATION;
  const logs = [
    {
      folder: join(places.root, "deployment-logs"),
      name: "codedeploy-agent-deployments.log",
      files,
    },
    { folder: logDir, name: "codedeploy-agent.log", files: AGENT_LOG_FILES },
  ];
  const found: Doomed[] = [];
  for (const { folder, name, files } of logs) {
    for (const entry of await entriesOf(folder)) {
      const number = entry.name.startsWith(`${name}.`) ? entry.name.slice(name.length + 1) : "";
      if (!entry.isFile() || !/^\d+$/.test(number) || Number(number) < files) continue;
      found.push({ path: join(folder, entry.name), why: "a log beyond its rule" });
    }
  }
  return found;
}
