/**
 * Whether a hold goes on, is over, or has failed the rollout. A hold begins when the strategy first
 * asks for it; its beginning is kept, so a restart does not begin it anew.
 * @module
 */
import type { DeploymentStatus, ErrorInformation } from "../domain/deployment.ts";
import type { AnalysisRules, Hold } from "../domain/hold.ts";
import { holdName, type HoldUnderWay, type Progress } from "../domain/progress.ts";
import { span } from "../domain/wording.ts";
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
  const end = holdEnd(progress.hold, timeLapse);
  const isLate = end !== undefined && now >= end;
  switch (hold.kind) {
    case "bake":
      return isLate ? over(progress, key) : { kind: "holding", change: {} };
    case "pause":
      return { kind: "holding", change: {} };
    case "approval": {
      if (!isLate) return { kind: "holding", change: {} };
      const message = `nobody approved "${holdName({ key, hold })}" within ${span(hold.ms)}`;
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

/** When a hold is over by itself, in milliseconds since the epoch; undefined for one that is not. */
export function holdEnd(
  { hold, since }: Pick<HoldUnderWay, "hold" | "since">,
  timeLapse: number,
): number | undefined {
  return "ms" in hold ? since + hold.ms / timeLapse : undefined;
}

/** What an analysis that is under way needs next; undefined for any other hold. */
export function analysisStep(
  { hold, since, measurements }: HoldUnderWay,
  now: number,
  timeLapse: number,
): AnalysisStep | undefined {
  if (hold.kind !== "analysis") return undefined;
  return judgeAnalysis({ rules: lapsed(hold.rules, timeLapse), since, measurements }, now).next;
}

/** The rules as they are kept to by a server with this time-lapse. */
export function lapsed(rules: AnalysisRules, timeLapse: number): AnalysisRules {
  return { ...rules, interval: rules.interval / timeLapse };
}

function over({ hold: _over, ...progress }: Progress, key: string): Held {
  const change = { progress: { ...progress, passed: [...progress.passed, key] } };
  return { kind: "over", change: { ...change, status: "InProgress" } };
}
