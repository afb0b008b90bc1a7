/**
 * Whether a hold goes on, is over, or has failed the rollout. A hold begins when the strategy first
 * asks for it; its beginning is kept, so a restart does not begin it anew.
 * @module
 */
import type { DeploymentStatus, ErrorInformation } from "../domain/deployment.ts";
import type { Hold } from "../domain/hold.ts";
import type { HoldUnderWay, Progress } from "../domain/progress.ts";
import { type AnalysisStep, judgeAnalysis } from "./analysis.ts";

type Change = { progress?: Progress; status?: DeploymentStatus };

export type Held =
  | { kind: "holding"; change: Change }
  | { kind: "over"; change: Change }
  | { kind: "failed"; failure: { code: ErrorInformation["code"]; message: string } };

export function holdOn(
  progress: Progress,
  { key, hold }: { key: string; hold: Hold },
  now: number,
  timeLapse: number,
): Held {
  if (progress.promoted) return over(progress, key);
  if (progress.hold?.key !== key) {
    const begun: HoldUnderWay = { key, hold, since: now, measurements: [] };
    const status = hold.kind === "bake" || hold.kind === "analysis" ? "Baking" : "InProgress";
    return { kind: "holding", change: { progress: { ...progress, hold: begun }, status } };
  }
  const { since } = progress.hold;
  switch (hold.kind) {
    case "bake":
      return now >= since + hold.ms / timeLapse
        ? over(progress, key)
        : { kind: "holding", change: {} };
    case "pause":
      return { kind: "holding", change: {} };
    case "approval": {
      if (now < since + hold.ms / timeLapse) return { kind: "holding", change: {} };
      const message = `nobody approved "${key}" within ${minutes(hold.ms)}`;
      return { kind: "failed", failure: { code: "TIMEOUT", message } };
    }
    case "analysis": {
      const next = analysisStep(progress.hold, now, timeLapse);
      if (next?.kind === "passed") return over(progress, key);
      if (next?.kind !== "failed") return { kind: "holding", change: {} };
      const failure = { code: "CUSTOMER_APPLICATION_UNHEALTHY", message: next.text } as const;
      return { kind: "failed", failure };
    }
  }
}

/** What an analysis that is under way needs next; undefined for any other hold. */
export function analysisStep(
  { hold, since, measurements }: HoldUnderWay,
  now: number,
  timeLapse: number,
): AnalysisStep | undefined {
  if (hold.kind !== "analysis") return undefined;
  const rules = { ...hold.rules, interval: hold.rules.interval / timeLapse };
  return judgeAnalysis({ rules, since, measurements }, now).next;
}

function over({ hold: _over, ...progress }: Progress, key: string): Held {
  const change = { progress: { ...progress, passed: [...progress.passed, key] } };
  return { kind: "over", change: { ...change, status: "InProgress" } };
}

/** `90 minutes`, `1 minute`; whole seconds below a minute. */
function minutes(ms: number): string {
  if (ms < 60_000) return `${Math.round(ms / 1000)} seconds`;
  const count = Math.round(ms / 60_000);
  return count === 1 ? "1 minute" : `${count} minutes`;
}
