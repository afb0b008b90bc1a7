/**
 * The lines of the agent's journal, `<root>/journal.jsonl`, and what reading them one after another
 * amounts to.
 *
 * A line is on disk before the agent does what follows from it: an event's "started" before the
 * event, so that no crash can make an event of scripts run twice (law 1).
 * @module
 */
import { z } from "zod";
import { Diagnostics, LifecycleEvent, LifecycleEventName } from "../domain/lifecycle_event.ts";
import { Completion, Order } from "../wire/agent_protocol.ts";
import { ProcessMark } from "./process_mark.ts";

/** Milliseconds since the epoch. */
const at = z.number();
const commandId = z.string();
const Event = z.object({
  at,
  kind: z.literal("event"),
  commandId,
  deploymentId: z.string(),
  event: LifecycleEventName,
});

export const EndStatus = z.enum(["Succeeded", "Failed"]);
export type EndStatus = z.infer<typeof EndStatus>;

const EventRecord = z.discriminatedUnion("what", [
  Event.extend({ what: z.literal("started") }),
  /** DownloadBundle or Install begun again after a crash; they may be repeated, scripts may not. */
  Event.extend({ what: z.literal("resumed") }),
  /** A script runs, as the leader of its own process group. */
  Event.extend({ what: z.literal("spawned"), ...ProcessMark.shape }),
  Event.extend({ what: z.literal("finished"), status: EndStatus, diagnostics: Diagnostics }),
]);

export const JournalRecord = z.union([
  EventRecord,
  z.object({ at, kind: z.literal("order"), commandId, nonce: z.number().int(), order: Order }),
  /** Everything the server is to be told, so that it can be told again after a restart. */
  z.object({
    at,
    kind: z.literal("completed"),
    commandId,
    status: EndStatus,
    completion: Completion,
  }),
  /** The server has answered the completion. */
  z.object({ at, kind: z.literal("reported"), commandId }),
  /** Stands for the orders that a rewrite of the journal left out. */
  z.object({ at, kind: z.literal("nonce"), nonce: z.number().int() }),
]);
export type JournalRecord = z.infer<typeof JournalRecord>;

/** An order that the server has not answered the completion of. */
export interface TakenOrder {
  order: Order;
  /** Events begun so far, in order. */
  events: LifecycleEvent[];
  /** The script of the running event that was begun last. */
  script?: ProcessMark | undefined;
  completed?: { status: EndStatus; completion: Completion };
}

/** This many finished orders are remembered, to be answered again if the server asks again. */
export const REMEMBERED = 1000;

/** What the journal says so far. */
export class JournalState {
  /** Of all orders ever taken; a new order's must be greater (law 7). */
  lastNonce = 0;
  readonly unreported = new Map<string, TakenOrder>();
  /** Commands the server has had the completion of, oldest first. */
  readonly reported = new Set<string>();

  apply(record: JournalRecord): void {
    switch (record.kind) {
      case "nonce":
        this.lastNonce = Math.max(this.lastNonce, record.nonce);
        return;
      case "order":
        this.lastNonce = Math.max(this.lastNonce, record.nonce);
        this.unreported.set(record.commandId, { order: record.order, events: [] });
        return;
      case "reported":
        this.unreported.delete(record.commandId);
        this.reported.add(record.commandId);
        for (const oldest of this.reported) {
          if (this.reported.size <= REMEMBERED) break;
          this.reported.delete(oldest);
        }
        return;
    }
    const taken = this.unreported.get(record.commandId);
    if (!taken) return; // the order itself was left out by a rewrite
    if (record.kind === "completed") {
      taken.completed = { status: record.status, completion: record.completion };
    } else {
      applyEvent(taken, record);
    }
  }
}

function applyEvent(taken: TakenOrder, record: z.infer<typeof EventRecord>): void {
  const event = taken.events.find(({ name }) => name === record.event);
  if (record.what === "spawned") {
    const { pid, startTicks, boot } = record;
    taken.script = { pid, startTicks, boot };
  } else if (record.what === "finished" && event) {
    event.status = record.status;
    event.endTime = record.at;
    event.diagnostics = record.diagnostics;
    taken.script = undefined;
  } else if (!event) {
    taken.events.push({ name: record.event, status: "InProgress", startTime: record.at });
  }
}
