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
import { CAUSE_LIMITS, type CauseLimits, hostCauses } from "./host_causes.ts";

export interface Ended {
  deployment:
    & {
      [Member in "error" | "stop" | "startTime"]?: Deployment[Member] | undefined;
    }
    & Pick<Deployment, "status">;
  targets: readonly Target[];
  /** What was decided, where more is known of it than its error says: an alarm with its readings. */
  decided?: Cause;
}

/** Bytes of a tree as JSON, at most. */
export const CAUSE_BYTES_MAX = 64 * 1024;

/** Characters of the text on top. */
const TEXT = 2_000;

const KINDS: Partial<Record<DeploymentErrorCode, CauseKind>> = {
  ALARM_ACTIVE: "alarm",
  HEALTH_CONSTRAINTS: "rule",
  HEALTH_CONSTRAINTS_INVALID: "rule",
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
export function causeOf({ deployment, targets, decided }: Ended): Cause | undefined {
  if (deployment.status !== "Failed" && deployment.status !== "Stopped") return undefined;
  const root = decided ?? { kind: kindOf(deployment), text: textOf(deployment) };
  for (const limits of LIMITS) {
    const because = [...root.because ?? [], ...hostCauses(targets, limits)];
    const cause = because.length === 0 ? root : { ...root, because };
    if (bytesOf(cause) <= CAUSE_BYTES_MAX) return cause;
  }
  return { kind: root.kind, text: root.text };
}

function kindOf({ error, stop }: Ended["deployment"]): CauseKind {
  if (!error) return stop ? "person" : "deployment";
  return KINDS[error.code] ?? "deployment";
}

function textOf({ status, error, stop, startTime }: Ended["deployment"]): string {
  const isAsked = stop !== undefined && (!error || error.code === "MANUAL_STOP");
  if (isAsked && startTime === undefined) return "somebody asked to stop it before it began";
  if (isAsked && startTime !== undefined) {
    return `somebody asked to stop it ${duration(stop.at - startTime)} after its start`;
  }
  const rule = clip(ruleOf(error?.message ?? ""), TEXT);
  if (rule !== "") return rule;
  return `the deployment ${status === "Failed" ? "failed" : "was stopped"}, and no reason is known`;
}

function bytesOf(cause: Cause): number {
  return new TextEncoder().encode(JSON.stringify(cause)).length;
}
