/**
 * Process groups of scripts: ending one with all its members, and the kernel's facts about a process.
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout } from "node:timers/promises";

/** How long a group may take to end after TERM, before KILL (as CodeDeploy's agent 2). */
export const TERM_GRACE_MS = 5000;

const LOOK_EVERY_MS = 20;

/** Of /proc/PID/stat: state letter, process group, clock ticks between boot and the start. */
export interface ProcessStat {
  state: string;
  group: number;
  startTicks: number;
}

/** Undefined when there is no such process. */
export function statOf(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ESRCH")) return undefined;
    throw error;
  }
  // The second field, a name in brackets, may hold blanks and brackets itself.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state = "", , group] = fields;
  return { state, group: Number(group), startTicks: Number(fields[19]) };
}

/** TERM to every process of the group, and KILL for what is left after the grace. */
export async function endGroup(
  group: number,
  graceMs = TERM_GRACE_MS,
): Promise<"ended" | "killed"> {
  signalGroup(group, "SIGTERM");
  if (await groupEnds(group, graceMs)) return "ended";
  signalGroup(group, "SIGKILL");
  await groupEnds(group, graceMs);
  return "killed";
}

async function groupEnds(group: number, withinMs: number): Promise<boolean> {
  for (let waited = 0; hasMembers(group); waited += LOOK_EVERY_MS) {
    if (waited >= withinMs) return false;
    await setTimeout(LOOK_EVERY_MS);
  }
  return true;
}

/** A zombie that nobody waits for has ended all the same. */
function hasMembers(group: number): boolean {
  return readdirSync("/proc").some((name) => {
    if (!/^\d+$/.test(name)) return false;
    const stat = statOf(Number(name));
    return stat?.group === group && stat.state !== "Z";
  });
}

function signalGroup(group: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    // ESRCH: it ended between the look and the signal. EPERM: what is left runs as another user, and
    // an agent without root cannot end it.
    if (!hasCode(error, "ESRCH") && !hasCode(error, "EPERM")) throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
