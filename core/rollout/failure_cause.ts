/**
 * A cause in one sentence: what was decided, with its numbers, then the hosts that led to it. The
 * text CodeDeploy itself gives stays at the end of an error's message, since scripts match on it.
 * @module
 */
import type { Cause } from "../domain/cause.ts";
import { LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { Target } from "../domain/target.ts";
import { hostCauses } from "./host_causes.ts";

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
  const cause = sentenceOf({ kind: "rule", text: message, because: hostCauses(targets) });
  return code === "HEALTH_CONSTRAINTS" ? `${cause}. ${HEALTH_CONSTRAINTS_TEXT}` : `${cause}.`;
}

/** `1 of 3 hosts failed, 2 must stay healthy: web-1 failed ApplicationStart (…)`. */
export function sentenceOf({ text, because: [first] = [] }: Cause): string {
  if (!first) return text;
  const seen = lastSeen(first);
  return `${text}: ${first.text}${seen ? ` (${seen})` : ""}`;
}

/**
 * The rule of a message that `failureMessage` has made. What follows it was true when the rollout
 * gave up; hosts that were under way then may have failed since.
 */
export function ruleOf(message: string): string {
  const own = message.replace(HEALTH_CONSTRAINTS_TEXT, "").trim().replace(/\.$/, "");
  const at = own.search(HOSTS_BEGIN);
  return at === -1 ? own : own.slice(0, at);
}

const EVENTS = LifecycleEventName.options.join("|");
const EVENTLESS = "failed without a failed event|(is|are) in a state that nobody can tell";
const HOSTS_BEGIN = new RegExp(
  `: (\\S+ failed (${EVENTS})\\b|(${EVENTS}) failed on \\d+ hosts: |(\\S+|\\d+ hosts) (${EVENTLESS}))`,
);

/** What a cause comes down to: a script's own sentence, or the first line that was seen. */
function lastSeen({ kind, text, evidence = [], because: [first] = [] }: Cause): string | undefined {
  if (first) return lastSeen(first);
  return (kind === "script" ? text : evidence[0])?.replace(/\.$/, "");
}
