/** What a rollout that is under way waits for besides its hosts, in sentences for people. Pure. @module */
import type { Deployment } from "../domain/deployment.ts";
import type { HoldUnderWay } from "../domain/progress.ts";
import { duration, utcTime } from "../domain/wording.ts";

/** A sentence for each wait, the one that a person can end first. */
export function waitsOf(
  { progress, status, terminationWait }: Pick<
    Deployment,
    "progress" | "status" | "terminationWait"
  >,
  now: number,
): string[] {
  const { paused, hold, readySince } = progress ?? {};
  const message = paused?.message === undefined ? "" : `: ${paused.message}`;
  const isEnding = terminationWait && terminationWait.skippedAt === undefined;
  return [
    ...(paused ? [`paused by ${paused.by} ${since(paused.at, now)}${message}`] : []),
    ...(hold ? [`${holdText(hold)} ${since(hold.since, now)}`] : []),
    ...(status === "Ready" && readySince !== undefined
      ? [`waits for somebody to continue it ${since(readySince, now)}`]
      : []),
    ...(isEnding
      ? [`waits before it ends the hosts it has replaced ${since(terminationWait.startedAt, now)}`]
      : []),
  ];
}

function holdText({ key, hold, measurements }: HoldUnderWay): string {
  switch (hold.kind) {
    case "bake":
      return `lets time pass at "${key}", ${duration(hold.ms)} in all,`;
    case "analysis": {
      const { name, count } = hold.rules;
      return `measures ${name} at "${key}", ${measurements.length} taken and ${count} wanted,`;
    }
    case "approval":
      return `waits for somebody to approve "${key}", ${duration(hold.ms)} at most,`;
    case "pause":
      return `waits for somebody to promote it past "${key}"`;
  }
}

/** `since 2026-11-25 12:00:01 UTC, 42 s`. */
export function since(at: number, now: number): string {
  return `since ${utcTime(at)}, ${duration(now - at)}`;
}
