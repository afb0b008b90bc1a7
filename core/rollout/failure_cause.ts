/**
 * A cause in one sentence: what was decided, with its numbers, then the hosts that led to it. The
 * text CodeDeploy itself gives stays at the end of an error's message, since scripts match on it.
 * @module
 */
import type { Cause } from "../domain/cause.ts";
import type { DeploymentErrorCode, ErrorInformation } from "../domain/deployment.ts";
import { AGENT_SILENT_MESSAGE, LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { Target } from "../domain/target.ts";
import { hostCauses } from "./host_causes.ts";

/** errorInformation of HEALTH_CONSTRAINTS (spec 2.6). */
export const HEALTH_CONSTRAINTS_TEXT =
  "The overall deployment failed because too many individual instances failed deployment, too few " +
  "healthy instances are available for deployment, or some instances in your deployment group are " +
  "experiencing problems.";

/** What CodeDeploy says of its codes for failed hosts (spec 2.6, service model). */
const CODE_TEXTS: Partial<Record<DeploymentErrorCode, string>> = {
  HEALTH_CONSTRAINTS: HEALTH_CONSTRAINTS_TEXT,
  AGENT_ISSUE: "The deployment failed because of a problem with the CodeDeploy agent. Make sure " +
    "the agent is installed and running on all instances in this deployment group.",
  INVALID_REVISION:
    "The deployment failed because the AppSpec file that specifies the deployment " +
    "configuration is missing or has an invalid configuration.",
};

/** How agents word what is wrong with an AppSpec; what is wrong with a host reads differently. */
const APPSPEC_FAULT =
  /^The CodeDeploy agent did not find an AppSpec file|^The AppSpec file is not valid YAML|application specification file/;

/**
 * The error of a rollout that its strategy gave up. Too many failed hosts have a code of their own
 * where all of them failed for the one reason that it names: no agent, or no AppSpec to go by.
 */
export function failureOf(
  { code, message }: { code: DeploymentErrorCode; message: string },
  targets: Iterable<Target>,
): ErrorInformation {
  const all = [...targets];
  const told = code === "HEALTH_CONSTRAINTS" ? commonCode(all) ?? code : code;
  const cause = sentenceOf({ kind: "rule", text: message, because: hostCauses(all) });
  const theirs = CODE_TEXTS[told];
  return { code: told, message: theirs ? `${cause}. ${theirs}` : `${cause}.` };
}

/** The code that says of every failed host why it failed. */
function commonCode(targets: readonly Target[]): DeploymentErrorCode | undefined {
  const failed = targets.filter(({ status }) => status === "Failed")
    .map(({ events }) => events.findLast((event) => event.status === "Failed")?.diagnostics);
  const isEach = (holds: (message: string) => boolean) =>
    failed.length > 0 &&
    failed.every((said) => said?.script_name === "" && holds(said.message));
  if (isEach((message) => message === AGENT_SILENT_MESSAGE)) return "AGENT_ISSUE";
  if (isEach((message) => APPSPEC_FAULT.test(message))) return "INVALID_REVISION";
  return undefined;
}

/** `1 of 3 hosts failed, 2 must stay healthy: web-1 failed ApplicationStart (…)`. */
export function sentenceOf({ text, because: [first] = [] }: Cause): string {
  if (!first) return text;
  const seen = lastSeen(first);
  return `${text}: ${first.text}${seen ? ` (${seen})` : ""}`;
}

/**
 * The rule of a message that `failureOf` has made. What follows it was true when the rollout
 * gave up; hosts that were under way then may have failed since.
 */
export function ruleOf(message: string): string {
  const theirs = Object.values(CODE_TEXTS).find((text) => message.endsWith(text)) ?? "";
  const own = message.slice(0, message.length - theirs.length).trim().replace(/\.$/, "");
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
