/**
 * One agent per root folder: `<root>/agent.lock` names the process that holds it. A lock whose
 * process is gone (kill -9, power loss) is taken over.
 * @module
 */
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { isRunning, markOf, ProcessMark } from "./process_mark.ts";
import { systemErrorCode } from "./system_error.ts";

/** Another live agent works on this root. */
export class RootInUse extends Error {
  override readonly name = "RootInUse";
  readonly pid: number;
  constructor(root: string, pid: number) {
    super(`another agent, process ${pid}, already works on ${root}`);
    this.pid = pid;
  }
}

/** Takes the root folder for this process, making the folder if need be; answers how to let go. */
export async function lockRoot(root: string): Promise<() => Promise<void>> {
  await mkdir(root, { recursive: true });
  const path = join(root, "agent.lock");
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, JSON.stringify(markOf(process.pid)));
  try {
    // A link appears whole or not at all, and never over another's.
    while (!await linked(draft, path)) await removeStale(path, root);
  } finally {
    await rm(draft);
  }
  return () => rm(path, { force: true });
}

/** The process that works on the root now; only reads. */
export async function workerOf(root: string): Promise<ProcessMark | undefined> {
  const mark = await holder(join(root, "agent.lock"));
  return mark && isRunning(mark) ? mark : undefined;
}

async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** Moves a dead process's lock away; throws RootInUse for a live one. */
async function removeStale(path: string, root: string): Promise<void> {
  refuseLive(await holder(path), root);
  const aside = `${path}.stale.${process.pid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return; // another start took the stale lock away first
    throw error;
  }
  const moved = await holder(aside);
  // Between the look and the move another start may have put its own lock there: give it back.
  if (moved && isRunning(moved)) await linked(aside, path);
  await rm(aside, { force: true });
  refuseLive(moved, root);
}

function refuseLive(mark: ProcessMark | undefined, root: string): void {
  if (mark && isRunning(mark)) throw new RootInUse(root, mark.pid);
}

/** Who the lock names; undefined if it is gone or unreadable, as after a power loss. */
async function holder(path: string): Promise<ProcessMark | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    return ProcessMark.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
