/**
 * Which process a number meant: a pid alone is reused, a pid with its start time and the boot it
 * belongs to is not. Used for the lock of the root folder and for scripts left by a killed agent.
 * @module
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { endGroup, statOf } from "../platform/process_group.ts";

export const ProcessMark = z.object({
  pid: z.number().int(),
  /** Clock ticks between boot and the start of the process. */
  startTicks: z.number(),
  boot: z.string(),
});
export type ProcessMark = z.infer<typeof ProcessMark>;

/** The mark of a running process; undefined if there is none (a zombie has ended). */
export function markOf(pid: number): ProcessMark | undefined {
  const stat = statOf(pid);
  if (!stat || stat.state === "Z") return undefined;
  return { pid, startTicks: stat.startTicks, boot: bootId() };
}

/** Where the kernel says which boot this is; another text after each restart of the machine. */
export const BOOT_ID_FILE = "/proc/sys/kernel/random/boot_id";

export function bootId(file = BOOT_ID_FILE): string {
  return readFileSync(file, "utf8").trim();
}

/** True while exactly this process runs. */
export function isRunning(mark: ProcessMark): boolean {
  const now = markOf(mark.pid);
  return now !== undefined && now.startTicks === mark.startTicks && now.boot === mark.boot;
}

/**
 * Ends the process group that `leader` leads. Answers "gone" when the leader is no longer that
 * process; nothing is signalled then.
 */
export async function endGroupOf(leader: ProcessMark): Promise<"gone" | "ended" | "killed"> {
  return isRunning(leader) ? await endGroup(leader.pid) : "gone";
}
