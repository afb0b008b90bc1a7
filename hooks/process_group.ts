/**
 * Process groups of scripts: telling one from a later group of the same number, and ending one.
 * @module
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout } from "node:timers/promises";

/** How long a group may take to end after TERM, before KILL (as CodeDeploy's agent 2). */
export const TERM_GRACE_MS = 5000;

const LOOK_EVERY_MS = 25;

/**
 * Clock ticks between boot and the start of a process (field 22 of /proc/PID/stat): with the pid it
 * names one process for good. Empty when the process is gone.
 */
export function startTicks(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field, the name in brackets, may hold blanks and brackets itself.
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ESRCH")) return "";
    throw error;
  }
}

/** TERM to every process of the group, and KILL to those that are left after the grace. */
export async function endGroup(pid: number, graceMs = TERM_GRACE_MS): Promise<void> {
  let isLeft = signalGroup(pid, "SIGTERM");
  for (let waited = 0; isLeft && waited < graceMs; waited += LOOK_EVERY_MS) {
    await setTimeout(LOOK_EVERY_MS);
    isLeft = signalGroup(pid, 0);
  }
  if (isLeft) signalGroup(pid, "SIGKILL");
}

/** Whether the group still has a process that we may signal; 0 only looks. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    // EPERM: what is left runs as another user, and an agent without root cannot end it.
    if (hasCode(error, "ESRCH") || hasCode(error, "EPERM")) return false;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
