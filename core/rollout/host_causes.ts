/**
 * Hosts that failed, as causes: those that broke at the same event with the same message are one,
 * and below it stand the event and the script, or the clock, with the lines that were seen last.
 * @module
 */
import type { Cause } from "../domain/cause.ts";
import { failureReason, printedLines } from "../domain/event_failure.ts";
import { type LifecycleEvent, SERVER_EVENTS } from "../domain/lifecycle_event.ts";
import type { Target } from "../domain/target.ts";
import { clip, duration, hosts, some, utcTime } from "../domain/wording.ts";
import { isOutOfTime } from "./host_clock.ts";

/** Bounds that keep a tree readable, and its size below what a row should hold. */
export interface CauseLimits {
  /** Causes told of hosts; what others there are is counted. */
  groups: number;
  /** Of one script, the last lines. */
  lines: number;
}

export const CAUSE_LIMITS: CauseLimits = { groups: 10, lines: 20 };

/** Names told of the hosts that failed alike. */
const NAMES = 10;
/** Characters of a line; more tell a person nothing. */
const LINE = 500;
/** Characters of a text, which may hold names of hosts. */
const TEXT = 700;

interface Alike {
  /** The first of them in the order they were taken. */
  first: Target;
  event: LifecycleEvent | undefined;
  names: string[];
}

/** The causes of the hosts that failed, those of most hosts first. */
export function hostCauses(targets: Iterable<Target>, limits: CauseLimits = CAUSE_LIMITS): Cause[] {
  const groups = alike(targets).sort((a, b) => b.names.length - a.names.length);
  const told = groups.slice(0, limits.groups).map((group) => hostCause(group, limits));
  const rest = groups.slice(limits.groups).reduce((sum, { names }) => sum + names.length, 0);
  const others: Cause = { kind: "host", text: `${hosts(rest)} more failed in other ways` };
  return rest === 0 ? told : [...told, others];
}

function alike(targets: Iterable<Target>): Alike[] {
  const groups = new Map<string, Alike>();
  for (const target of targets) {
    if (target.status !== "Failed" && target.status !== "Unknown") continue;
    // A failure before the last was one to be ignored.
    const event = target.events.findLast((event) => event.status === "Failed");
    const { message = "", script_name = "" } = event?.diagnostics ?? {};
    const key = JSON.stringify([target.status, event?.name, script_name, message]);
    const group = groups.get(key);
    if (group) group.names.push(target.id);
    else groups.set(key, { first: target, event, names: [target.id] });
  }
  return [...groups.values()];
}

function hostCause({ first, event, names }: Alike, limits: CauseLimits): Cause {
  const isAlone = names.length === 1;
  const many = hosts(names.length);
  const listed = some(names, NAMES);
  if (!event) {
    const isLost = first.status === "Unknown";
    const what = isLost ? "in a state that nobody can tell" : "failed without a failed event";
    const is = isLost ? (isAlone ? " is" : " are") : "";
    const text = isAlone ? `${first.id}${is} ${what}` : `${many}${is} ${what}: ${listed}`;
    return { kind: "host", text: clip(text, TEXT) };
  }
  const text = isAlone
    ? `${first.id} failed ${event.name}`
    : `${event.name} failed on ${many}: ${listed}`;
  const because = [eventCause(first, event, isAlone ? "" : ` on ${first.id}`, limits)];
  return { kind: "host", text: clip(text, TEXT), because };
}

function eventCause(
  target: Target,
  event: LifecycleEvent,
  where: string,
  { lines }: CauseLimits,
): Cause {
  const { name, diagnostics, startTime, endTime } = event;
  const kind = SERVER_EVENTS.has(name) ? "balancer" : "event";
  const isTimed = startTime !== undefined && endTime !== undefined && endTime > startTime;
  const took = isTimed ? ` after ${duration(endTime - startTime)}` : "";
  const reason = diagnostics && failureReason(diagnostics);
  const why = reason ? `: ${reason}` : "";
  const text = clip(`${name} failed${where}${took}${why}`, TEXT);
  if (!diagnostics) return { kind, text };
  const said = diagnostics.message.split("\n").filter((line) => line.trim() !== "").map(cut);
  const printed = printedLines(diagnostics.log).slice(-lines).map(cut);
  if (isOutOfTime(diagnostics.message)) {
    const clock: Cause = { kind: "clock", text: lastContact(target, event), evidence: said };
    return { kind, text, because: [clock] };
  }
  if (diagnostics.script_name === "") return { kind, text, ...evidence([...said, ...printed]) };
  const [sentence = `${diagnostics.script_name} ${reason || "failed"}`] = said;
  const script: Cause = {
    kind: "script",
    text: sentence.replace(/\.$/, ""),
    ...evidence(printed),
  };
  return { kind, text, because: [script] };
}

function evidence(lines: readonly string[]): Pick<Cause, "evidence"> {
  return lines.length === 0 ? {} : { evidence: lines };
}

const cut = (line: string) => clip(line, LINE);

/** When the agent of a host that ran out of time was last heard of; its end is the server's own word. */
function lastContact({ command, events }: Target, failed: LifecycleEvent): string {
  const heard = events.filter((event) => event !== failed)
    .flatMap(({ startTime, endTime }) => [startTime, endTime]);
  const began = failed.startTime !== failed.endTime ? failed.startTime : undefined;
  const at = Math.max(...[command?.takenAt, began, ...heard].map((time) => time ?? -Infinity));
  if (Number.isFinite(at)) return `its agent was last heard of at ${utcTime(at)}`;
  const given = command ? `, given at ${utcTime(command.givenAt)}` : "";
  return `its agent never answered the order${given}`;
}
