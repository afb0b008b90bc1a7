/**
 * Ends the script that a killed agent has left behind.
 *
 * The journal names its process, but the agent may have been killed between starting the script and
 * writing that down. Such a script is found among all processes: it leads a process group, its
 * environment names deployment and event, and its command line the agent's root folder, for several
 * agents may carry out one deployment on one machine. What a script has put in the background on
 * purpose has another command line, and lives on.
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { statOf } from "../platform/process_group.ts";
import { endGroupOf, markOf, type ProcessMark } from "./process_mark.ts";
import { systemErrorCode } from "./system_error.ts";

/** Whose script. */
export interface ScriptPlace {
  /** The agent's root folder. */
  readonly root: string;
  readonly deploymentId: string;
  /** Name of the lifecycle event or of the hook. */
  readonly event: string;
}

export interface EndedScript {
  readonly pid: number;
  readonly found: Awaited<ReturnType<typeof endGroupOf>>;
}

/** Ends the process of the journal, or when that is none any more, those that can be found. */
export async function endStrayScripts(
  place: ScriptPlace,
  known: ProcessMark | undefined,
): Promise<EndedScript[]> {
  if (known) {
    const found = await endGroupOf(known);
    if (found !== "gone") return [{ pid: known.pid, found }];
  }
  const ended: EndedScript[] = [];
  for (const mark of strayScripts(place)) {
    ended.push({ pid: mark.pid, found: await endGroupOf(mark) });
  }
  return ended;
}

/** The leaders of the process groups that the scripts of this event run in. */
export function strayScripts({ root, deploymentId, event }: ScriptPlace): ProcessMark[] {
  const variables = [`DEPLOYMENT_ID=${deploymentId}`, `LIFECYCLE_EVENT=${event}`];
  const folder = `${resolve(root)}/`;
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.filter((pid) => {
    if (statOf(pid)?.group !== pid) return false;
    const environment = wordsOf(pid, "environ");
    if (!variables.every((variable) => environment.includes(variable))) return false;
    return wordsOf(pid, "cmdline").some((word) => word.includes(folder));
  }).flatMap((pid) => markOf(pid) ?? []);
}

function wordsOf(pid: number, file: "environ" | "cmdline"): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
  } catch (error) {
    // It has ended meanwhile, or is a process of somebody else's that is none of our scripts.
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(systemErrorCode(error) ?? "")) return [];
    throw error;
  }
}
