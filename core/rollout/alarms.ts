/**
 * Which alarms stand over a deployment, and whether their readings let it go on (spec 8).
 *
 * An alarm that cannot be read stops a deployment as one that is active does, unless
 * ignorePollAlarmFailure says otherwise. The text CodeDeploy itself gives stays at the end, since
 * scripts match on it; it speaks of active alarms alone, so without one it is left out.
 * @module
 */
import type { Cause } from "../domain/cause.ts";
import type { DeploymentRequest, ErrorInformation } from "../domain/deployment.ts";
import type { AlarmReading } from "../plugin/contract.ts";

/** errorInformation of ALARM_ACTIVE (spec 2.6); the names follow, in angle brackets. */
export const ALARM_ACTIVE_TEXT =
  "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, " +
  "and the affected deployments have been stopped. Activated alarms:";

/** What of a deployment says which alarms count: its own in place of its group's. */
export type Watched = Pick<DeploymentRequest, "alarms" | "rollbackOf">;

export type AlarmVerdict =
  | { kind: "go" }
  /** The deployment is to end as Stopped, with this error. */
  | { kind: "stop"; error: ErrorInformation & { code: "ALARM_ACTIVE" }; cause: Cause };

/**
 * The alarms to read for a deployment, each once. None where they are disabled, and none for a
 * rollback: it takes back what the alarm is about, which may well be active until it is through.
 */
export function watchedAlarms({ alarms, rollbackOf }: Watched): string[] {
  if (!alarms?.enabled || rollbackOf !== undefined) return [];
  return [...new Set(alarms.alarms.map(({ name }) => name))];
}

/** Readings by the alarm's name; an alarm without one could not be read, as nobody set it up. */
export function judgeAlarms(
  request: Watched,
  readings: ReadonlyMap<string, AlarmReading>,
): AlarmVerdict {
  const names = watchedAlarms(request);
  const told = names.map((name) => ({ name, ...(readings.get(name) ?? notSetUp(name)) }));
  const active = told.filter(({ state }) => state === "ALARM");
  const unread = request.alarms?.ignorePollAlarmFailure
    ? []
    : told.filter(({ state }) => state === "UNKNOWN");
  if (active.length + unread.length === 0) return { kind: "go" };
  const text = [
    active.length > 0 && sentence(active, active.length === 1 ? "is active" : "are active"),
    unread.length > 0 && sentence(unread, "could not be read"),
  ].filter((part) => part !== false).join("; ");
  return {
    kind: "stop",
    error: { code: "ALARM_ACTIVE", message: message(text, active, unread) },
    cause: { kind: "alarm", text, because: [...active, ...unread].map(cause) },
  };
}

interface Told extends AlarmReading {
  readonly name: string;
}

function notSetUp(name: string): AlarmReading {
  const reason = `no alarm of this name is set up here; set it up: runtime alarm add ${name}`;
  return { state: "UNKNOWN", reason };
}

function message(text: string, active: readonly Told[], unread: readonly Told[]): string {
  const names = active.map(({ name }) => `<${name}>`).join(" ");
  return [
    `${text}.`,
    unread.length > 0 &&
    "With ignorePollAlarmFailure a deployment goes on without alarms that cannot be read.",
    active.length > 0 && `${ALARM_ACTIVE_TEXT} ${names}`,
  ].filter((part) => part !== false).join(" ");
}

/** `the alarm a is active: errors are 0.31`, or `2 alarms are active: a (errors are 0.31), b (…)` */
function sentence(alarms: readonly Told[], what: string): string {
  const [first] = alarms;
  if (first && alarms.length === 1) {
    return `the alarm ${first.name} ${what}: ${withoutStop(first.reason)}`;
  }
  const list = alarms.map(({ name, reason }) => `${name} (${withoutStop(reason)})`);
  return `${alarms.length} alarms ${what}: ${list.join(", ")}`;
}

function withoutStop(reason: string): string {
  return reason.replace(/\.$/, "");
}

function cause({ name, state, reason }: Told): Cause {
  const text = state === "ALARM" ? `${name} is active` : `${name} could not be read`;
  return { kind: "alarm", text, evidence: [reason] };
}
