/**
 * Why a rollout failed, in words: the rule's numbers first, then the first host that broke it. The
 * text CodeDeploy itself gives stays at the end, since scripts match on it.
 * @module
 */
import type { Target } from "../domain/target.ts";

/** errorInformation of HEALTH_CONSTRAINTS (spec 2.6). */
export const HEALTH_CONSTRAINTS_TEXT =
  "The overall deployment failed because too many individual instances failed deployment, too few " +
  "healthy instances are available for deployment, or some instances in your deployment group are " +
  "experiencing problems.";

/** The error of a rollout that its strategy gave up; CodeDeploy's text belongs to one code alone. */
export function failureMessage(
  { code, message }: { code: string; message: string },
  targets: Iterable<Target>,
): string {
  const cause = `${failureCause(message, targets)}.`;
  return code === "HEALTH_CONSTRAINTS" ? `${cause} ${HEALTH_CONSTRAINTS_TEXT}` : cause;
}

/** `1 of 3 hosts failed, 2 must stay healthy: web-1 failed ApplicationStart (…)`. */
export function failureCause(rule: string, targets: Iterable<Target>): string {
  for (const target of targets) {
    // A failure before the last was one to be ignored.
    const event = target.events.findLast((event) => event.status === "Failed");
    if (target.status !== "Failed" || !event) continue;
    const message = event.diagnostics?.message.replace(/\.$/, "");
    return `${rule}: ${target.id} failed ${event.name}${message ? ` (${message})` : ""}`;
  }
  return rule;
}
