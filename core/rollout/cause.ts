/**
 * Why a deployment failed or was stopped, as a tree: on top what was decided (a rule with its
 * numbers, a person, an alarm, a clock), below it the hosts that led to it. Pure.
 * @module
 */
import type { Cause, CauseKind } from "../domain/cause.ts";
import type { Deployment, DeploymentErrorCode } from "../domain/deployment.ts";
import type { Target } from "../domain/target.ts";
import { clip, duration } from "../domain/wording.ts";
import { ruleOf } from "./failure_cause.ts";
import { analysisStep } from "./hold_on.ts";
import { CAUSE_LIMITS, type CauseLimits, hostCauses } from "./host_causes.ts";

export interface Ended {
  deployment:
    & {
      [Member in "error" | "stop" | "startTime" | "progress"]?: Deployment[Member] | undefined;
    }
    & Pick<Deployment, "status">;
  targets: readonly Target[];
}

/** Bytes of a tree as JSON, at most. */
export const CAUSE_BYTES_MAX = 64 * 1024;

/** Characters of the text on top. */
const TEXT = 2_000;

const KINDS: Partial<Record<DeploymentErrorCode, CauseKind>> = {
  AGENT_ISSUE: "rule",
  ALARM_ACTIVE: "alarm",
  CUSTOMER_APPLICATION_UNHEALTHY: "analysis",
  ELASTIC_LOAD_BALANCING_INVALID: "balancer",
  ELB_INVALID_INSTANCE: "balancer",
  HEALTH_CONSTRAINTS: "rule",
  HEALTH_CONSTRAINTS_INVALID: "rule",
  INVALID_REVISION: "rule",
  MANUAL_STOP: "person",
  TIMEOUT: "clock",
};

/** From the whole tree to what fits in any case. */
const LIMITS: readonly CauseLimits[] = [
  CAUSE_LIMITS,
  { ...CAUSE_LIMITS, lines: 5 },
  { ...CAUSE_LIMITS, lines: 1 },
  { groups: 3, lines: 1 },
  { groups: 1, lines: 1 },
];

/** The cause of a deployment that ended Failed or Stopped; undefined for any other. */
export function causeOf({ deployment, targets }: Ended): Cause | undefined {
  if (deployment.status !== "Failed" && deployment.status !== "Stopped") return undefined;
  const root = deployment.stop?.cause ?? failedAnalysis(deployment) ??
    { kind: kindOf(deployment), text: textOf(deployment) };
  for (const limits of LIMITS) {
    const because = [...root.because ?? [], ...hostCauses(targets, limits)];
    const cause = because.length === 0 ? root : { ...root, because };
    if (bytesOf(cause) <= CAUSE_BYTES_MAX) return cause;
  }
  return { kind: root.kind, text: clip(root.text, TEXT) };
}

function kindOf({ error, stop }: Ended["deployment"]): CauseKind {
  if (!error) return stop ? "person" : "deployment";
  return KINDS[error.code] ?? "deployment";
}

function textOf({ status, error, stop, startTime }: Ended["deployment"]): string {
  const rule = clip(ruleOf(error?.message ?? ""), TEXT);
  if (rule === "") {
    const what = status === "Failed" ? "failed" : "was stopped";
    return `the deployment ${what}, and no reason is known`;
  }
  if (!stop || startTime === undefined) return rule;
  return `${rule}, ${duration(stop.at - startTime)} after its start`;
}

/** The analysis that failed it: its hold is under way still, with all that was measured. */
function failedAnalysis({ error, progress }: Ended["deployment"]): Cause | undefined {
  if (error?.code !== "CUSTOMER_APPLICATION_UNHEALTHY" || !progress?.hold) return undefined;
  // What has failed has so whatever the time is, and however long the intervals were.
  const step = analysisStep(progress.hold, progress.hold.since, 1);
  if (step?.kind !== "failed") return undefined;
  return { kind: "analysis", text: step.text, because: step.because };
}

function bytesOf(cause: Cause): number {
  return new TextEncoder().encode(JSON.stringify(cause)).length;
}
