/**
 * Which process a number meant: a pid alone is reused, a pid with its start time and the boot it
 * belongs to is not. Used for the lock of the root folder and for scripts left by a killed agent.
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { z } from "zod";
import { pause } from "./backoff.ts";
import { systemErrorCode } from "./system_error.ts";

export const ProcessMark = z.object({
  pid: z.number().int(),
  /** Field 22 of /proc/PID/stat: clock ticks between boot and the start of the process. */
  startTicks: z.number(),
  boot: z.string(),
});
export type ProcessMark = z.infer<typeof ProcessMark>;

interface Stat {
  state: string;
  group: number;
  startTicks: number;
}

/** The mark of a running process; undefined if there is none (a zombie has ended). */
export function markOf(pid: number): ProcessMark | undefined {
  const stat = statOf(pid);
  if (!stat || stat.state === "Z") return undefined;
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return { pid, startTicks: stat.startTicks, boot };
}

/** True while exactly this process runs. */
export function isRunning(mark: ProcessMark): boolean {
  const now = markOf(mark.pid);
  return now !== undefined && now.startTicks === mark.startTicks && now.boot === mark.boot;
}

/**
 * Ends the process group that `leader` leads: TERM, and KILL for what is left after `graceMs`.
 * Answers "gone" when the leader is no longer that process; nothing is signalled then.
 */
export async function endGroup(
  leader: ProcessMark,
  graceMs: number,
): Promise<"gone" | "ended" | "killed"> {
  if (!isRunning(leader)) return "gone";
  signalGroup(leader.pid, "SIGTERM");
  if (await groupEnds(leader.pid, graceMs)) return "ended";
  signalGroup(leader.pid, "SIGKILL");
  await groupEnds(leader.pid, graceMs);
  return "killed";
}

async function groupEnds(group: number, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  const never = new AbortController().signal;
  while (hasMembers(group)) {
    if (Date.now() >= deadline) return false;
    await pause(20, never);
  }
  return true;
}

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
    if (!["ESRCH", "EPERM"].includes(systemErrorCode(error) ?? "")) throw error;
  }
}

function statOf(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT" || systemErrorCode(error) === "ESRCH") return undefined;
    throw error;
  }
  // The second field, a name in brackets, may hold blanks and brackets itself.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state = "", , group] = fields;
  return { state, group: Number(group), startTicks: Number(fields[19]) };
}
