/**
 * The lines of the agent's journal, `<root>/journal.jsonl`, and what reading them one after another
 * amounts to.
 *
 * A line is on disk before the agent does what follows from it: an event's "started" before the
 * event, so that no crash can make an event of scripts run twice (law 1).
 * @module
 */
import { z } from "zod";
import { AfterHookName } from "../domain/after_hook.ts";
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

/** Where an event was broken off for a restart of the machine, and in which boot that was. */
export const RebootMark = z.object({
  /** Asked for it. */
  script: z.string(),
  /** Index of the script to go on with. */
  next: z.number().int(),
  /** The end of the event's output so far. */
  log: z.string(),
  boot: z.string(),
  /** How often the machine has been asked, this time included. */
  attempt: z.number().int(),
});
export type RebootMark = z.infer<typeof RebootMark>;

export const EndStatus = z.enum(["Succeeded", "Failed"]);
export type EndStatus = z.infer<typeof EndStatus>;

const EventRecord = z.discriminatedUnion("what", [
  Event.extend({ what: z.literal("started") }),
  /**
   * DownloadBundle or Install begun again after a crash; they may be repeated, scripts may not. Or an
   * event of scripts gone on with at the next script after a restart of the machine.
   */
  Event.extend({ what: z.literal("resumed") }),
  /** A script runs, as the leader of its own process group. */
  Event.extend({ what: z.literal("spawned"), ...ProcessMark.shape }),
  Event.extend({
    what: z.literal("finished"),
    status: EndStatus,
    diagnostics: Diagnostics,
    exitCode: z.number().int().optional(),
  }),
  /** The machine is to be restarted; the event goes on after that. */
  Event.extend({ what: z.literal("reboot"), ...RebootMark.shape }),
]);

const Hook = z.object({
  at,
  kind: z.literal("hook"),
  commandId,
  deploymentId: z.string(),
  hook: AfterHookName,
});

const HookRecord = z.discriminatedUnion("what", [
  Hook.extend({ what: z.literal("started") }),
  Hook.extend({ what: z.literal("spawned"), ...ProcessMark.shape }),
  Hook.extend({ what: z.literal("finished"), diagnostics: Diagnostics }),
]);

export const JournalRecord = z.union([
  EventRecord,
  HookRecord,
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
  /** The running event waits for a restart of the machine. */
  reboot?: RebootMark | undefined;
  /** Of the script by which the event that ended last failed. */
  exitCode?: number | undefined;
  /** Hooks around the run, begun or over; none is begun twice. */
  hooks: Map<AfterHookName, TakenHook>;
  completed?: { status: EndStatus; completion: Completion };
}

export interface TakenHook {
  /** Its script that was begun last. */
  script?: ProcessMark;
  over: boolean;
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
        this.unreported.set(record.commandId, {
          order: record.order,
          events: [],
          hooks: new Map(),
        });
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
    } else if (record.kind === "hook") {
      applyHook(taken, record);
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
    taken.reboot = undefined;
    taken.exitCode = record.exitCode;
  } else if (record.what === "reboot") {
    const { script, next, log, boot, attempt } = record;
    taken.script = undefined;
    taken.reboot = { script, next, log, boot, attempt };
  } else if (record.what === "resumed") {
    taken.reboot = undefined;
  } else if (!event) {
    taken.events.push({ name: record.event, status: "InProgress", startTime: record.at });
  }
}

function applyHook(taken: TakenOrder, record: z.infer<typeof HookRecord>): void {
  const before = taken.hooks.get(record.hook) ?? { over: false };
  if (record.what !== "spawned") {
    taken.hooks.set(record.hook, { over: record.what === "finished" });
    return;
  }
  const { pid, startTicks, boot } = record;
  taken.hooks.set(record.hook, { ...before, script: { pid, startTicks, boot } });
}
