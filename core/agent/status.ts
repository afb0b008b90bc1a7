/**
 * `runtime agent status`: what this host's files say of its agent. Nothing is asked of the server or
 * of the agent itself, and nothing is written, so it also answers when both are down.
 * @module
 */
import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { readConfig } from "./config.ts";
import { AgentFailure, EXIT } from "./failure.ts";
import { JournalError, readJournal } from "./journal.ts";
import { type Layout, layout } from "./layout.ts";
import { type FailureReport, reportOf } from "./local_failure.ts";
import { workerOf } from "./lock.ts";
import { readPointer } from "./pointer_file.ts";
import { type RecentOrder, recentOrders } from "./recent_orders.ts";
import { isMissing, systemErrorCode } from "./system_error.ts";

export interface KeptGroup {
  groupId: string;
  revisions: number;
  bytes: number;
  /** The deployment whose Install ended last. */
  installed?: string;
}

export interface AgentStatus {
  name: string;
  server: string;
  root: string;
  /** The agent's process, when one runs. */
  pid?: number;
  orders: RecentOrder[];
  groups: KeptGroup[];
  /** What a person should know of the configuration, such as a key that nobody knows. */
  warnings?: readonly string[];
}

const SHOWN_ORDERS = 5;

/** Folders of the root that hold no group's revisions. */
export const NO_GROUPS = new Set(["deployment-instructions", "deployment-logs", "agent-logs"]);

/** Reads everything; a failure says which file could not be read. */
export async function agentStatus(
  options: { config: string },
): Promise<{ status: AgentStatus } | { failure: FailureReport }> {
  try {
    return { status: await read(options.config) };
  } catch (error) {
    return { failure: reportOf(asAgentFailure(error)) };
  }
}

async function read(file: string): Promise<AgentStatus> {
  const config = await readConfig(file);
  const places = layout(config.rootDir);
  const worker = await workerOf(places.root);
  return {
    name: config.identity.name,
    server: config.endpoint,
    root: places.root,
    ...(worker && { pid: worker.pid }),
    orders: recentOrders(await readJournal(join(places.root, "journal.jsonl")), SHOWN_ORDERS),
    groups: await keptGroups(places),
    ...(config.warnings.length > 0 && { warnings: config.warnings }),
  };
}

/** Why the agent's files cannot be read; other errors as they are. */
export function asAgentFailure(error: unknown): unknown {
  const parts = { exitCode: EXIT.failed, state: "nothing was done" };
  if (error instanceof JournalError) {
    return new AgentFailure({
      ...parts,
      cause: "The agent's journal cannot be read",
      evidence: error.message,
      next: "mend that line or, if no deployment was under way, move the journal away",
    }, { cause: error });
  }
  if (!(error instanceof Error) || systemErrorCode(error) === undefined) return error;
  return new AgentFailure({
    ...parts,
    cause: "The agent's files cannot be read",
    evidence: error.message,
    next: "run it as the user of the agent",
  }, { cause: error });
}

async function keptGroups(places: Layout): Promise<KeptGroup[]> {
  const groups: KeptGroup[] = [];
  for (const { name } of await foldersIn(places.root)) {
    if (NO_GROUPS.has(name)) continue;
    const revisions = await foldersIn(join(places.root, name));
    if (revisions.length === 0) continue;
    const installed = readPointer(places.lastSuccessfulInstall(name));
    groups.push({
      groupId: name,
      revisions: revisions.length,
      bytes: await bytesBelow(join(places.root, name)),
      ...(installed !== undefined && { installed: basename(installed) }),
    });
  }
  return groups;
}

/** The folders in a directory, none when it is missing. */
export async function foldersIn(directory: string): Promise<Dirent[]> {
  return (await entriesOf(directory)).filter((entry) => entry.isDirectory());
}

/** Of all files, links not followed. */
export async function bytesBelow(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await entriesOf(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) bytes += await bytesBelow(path);
    else if (entry.isFile()) bytes += await sizeOf(path);
  }
  return bytes;
}

/** An agent at work may have removed it since its folder was listed. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await lstat(path)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

/** The entries of a directory, none when it is missing. */
export async function entriesOf(directory: string): Promise<Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
