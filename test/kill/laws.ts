/**
 * Laws 1, 3 and 5 of the rollouts, held against what three witnesses say of a deployment that is
 * over: the server's history of each host, the host's journal, and the marks that scripts left.
 *
 * - No event of a host runs twice, is left out or runs out of order (law 1).
 * - What the server answered is what the hosts have written down, and stays so (law 3).
 * - The group's target is the last deployment that succeeded, and its hosts have it (law 5).
 * @module
 */
import { IN_PLACE } from "../binary/deployments.ts";
import type { JournalLine } from "../binary/fleet.ts";
import type { Mark } from "./marked_bundle.ts";

/** What the server says of one host of a deployment. */
export interface History {
  targetId: string;
  status: string;
  lifecycleEvents: readonly { lifecycleEventName: string; status: string }[];
}

/** What one host's part in a deployment looks like to the three. */
export interface Testimony {
  deploymentId: string;
  history: History;
  /** The whole journal of the host, and all its marks. */
  journal: readonly JournalLine[];
  marks: readonly Mark[];
}

/** These may begin again after a crash: they start over by construction. */
const REPEATABLE = new Set(["DownloadBundle", "Install"]);

/** What goes against law 1 or 3, each a sentence; none when all is well. */
export function complaintsOf({ deploymentId, history, journal, marks }: Testimony): string[] {
  const lines = journal.filter((line) => line.deploymentId === deploymentId);
  const own = marks.filter((mark) => mark.deploymentId === deploymentId);
  return [
    ...onceAndInOrder(lines, own),
    ...whole(history),
    ...asWrittenDown(history, lines, own),
    ...asReported(history, deploymentId, journal),
  ].map((what) => `${deploymentId} on ${history.targetId}: ${what}`);
}

function onceAndInOrder(lines: readonly JournalLine[], marks: readonly Mark[]): string[] {
  const complaints: string[] = [];
  const started = lines.filter((line) => line.kind === "event" && line.what === "started")
    .map(({ event = "" }) => event);
  const expected = IN_PLACE.slice(0, started.length);
  if (started.join() !== expected.join()) complaints.push(`the journal started ${started.join()}`);
  for (const { kind, what, event = "" } of lines) {
    if (kind === "event" && what === "resumed" && !REPEATABLE.has(event)) {
      complaints.push(`${event} was begun again`);
    }
  }
  const begun = marks.filter(({ what }) => what === "begin").map(({ event }) => event);
  const inOrder = IN_PLACE.filter((event) => begun.includes(event));
  if (begun.join() !== inOrder.join()) complaints.push(`scripts began as ${begun.join()}`);
  for (const event of begun.filter((event) => !started.includes(event))) {
    complaints.push(`the script of ${event} ran, and the journal does not know it`);
  }
  return complaints;
}

/** Events succeed one after another; after the first failure all are skipped. */
function whole({ status, lifecycleEvents }: History): string[] {
  const words = lifecycleEvents.map((event) => event.status);
  const names = lifecycleEvents.map(({ lifecycleEventName }) => lifecycleEventName);
  if (names.join() !== IN_PLACE.join()) return [`its events are ${names.join()}`];
  const failedAt = words.indexOf("Failed");
  const sound = words.map((_, at) => {
    if (status === "Skipped") return "Skipped";
    if (failedAt === -1) return "Succeeded";
    return at < failedAt ? "Succeeded" : at === failedAt ? "Failed" : "Skipped";
  });
  const isSound = words.join() === sound.join() && (failedAt !== -1) === (status === "Failed");
  return isSound ? [] : [`it is ${status}, and its events are ${words.join()}`];
}

function asWrittenDown(
  { lifecycleEvents }: History,
  lines: readonly JournalLine[],
  marks: readonly Mark[],
): string[] {
  return lifecycleEvents.flatMap(({ lifecycleEventName: name, status }) => {
    const of = (what: string) => lines.filter((line) => line.event === name && line.what === what);
    const ends = of("finished").map((line) => line.status);
    const begun = marks.filter((mark) => mark.event === name && mark.what === "begin").length;
    const ended = marks.filter((mark) => mark.event === name && mark.what === "end").length;
    if (status === "Skipped") {
      return of("started").length + begun === 0 ? [] : [`${name} is skipped, and began`];
    }
    if (ends.join() !== status) return [`${name} is ${status}, in the journal ${ends.join()}`];
    if (status === "Succeeded" && begun !== ended) return [`${name} succeeded without its end`];
    return [];
  });
}

/** What the journal calls reported is what the server keeps. */
function asReported(
  { status }: History,
  deploymentId: string,
  journal: readonly JournalLine[],
): string[] {
  const own = journal.filter(({ commandId }) => commandId?.startsWith(`${deploymentId}/`));
  const orders = own.filter(({ kind }) => kind === "order").length;
  const completed = own.filter(({ kind }) => kind === "completed");
  if (status === "Skipped") return orders === 0 ? [] : ["it is skipped, and had its order"];
  if (orders !== 1) return [`its order was taken ${orders} times`];
  if (completed.length !== 1) return [`it ended ${completed.length} times`];
  const [end] = completed;
  return end?.status === status ? [] : [`it is ${status}, and ended as ${end?.status}`];
}

/** A host does one thing at a time: no script of an order goes on when a later one has begun. */
export function overlaps(host: string, marks: readonly Mark[]): string[] {
  const seen: string[] = [];
  return marks.flatMap(({ deploymentId, event, what }) => {
    const name = `${deploymentId} ${event}`;
    if (what === "begin") seen.push(name);
    const isLast = seen.at(-1) === name;
    return isLast ? [] : [`${host}: ${name} left "${what}" after ${seen.at(-1)} had begun`];
  });
}
