/** Figures of a measurement and the machine: medians, percentiles, what a process used. @module */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { VERSION } from "../../core/wire/version.ts";

export type Print = (name: string, figures: Record<string, unknown>) => void;

/** One JSON line a figure. */
export function print(name: string, figures: Record<string, unknown>): void {
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`;
  console.log(JSON.stringify({ name, ...figures, version: VERSION, machine }));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** The value below which so much of all lies, to a hundredth. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return rounded(sorted[Math.floor(share * (sorted.length - 1))] ?? NaN);
}

export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

export function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024);
}

/** Seconds of a core that a process has used; the kernel counts in hundredths. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const [user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13);
  return (Number(user) + Number(system)) / 100;
}

/** Of this process, in microseconds to seconds. */
export function ownSeconds({ user, system }: { user: number; system: number }): number {
  return (user + system) / 1e6;
}

/** How many files a process may hold open, which bounds its connections. */
export function openFilesLimit(): number {
  return Number(/open files +(\d+)/.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]);
}
