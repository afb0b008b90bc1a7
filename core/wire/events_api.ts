/**
 * Operations on event targets and dead letters, with target `Runtime_20261125.<Operation>`: where
 * events in EventBridge's form go, and what could not be delivered.
 * @module
 */
import { z } from "zod";
import { EventPattern, EventReceiver, SecretHeader } from "../domain/event_target.ts";
import { Name } from "../domain/name.ts";

/** PutEventTarget (admin): makes a target or replaces it; `url` or `file` says where events go. */
export const PutEventTargetInput = z.object({
  name: Name,
  /** `http://` or `https://`: each event is a POST of JSON. */
  url: z.string().optional(),
  /** Path below the server's events folder: each event is a line of JSON. */
  file: z.string().optional(),
  /** A header of each request, its value from a file of the server's. */
  header: SecretHeader.optional(),
  /** Which events; all when left out. */
  pattern: EventPattern.optional(),
});
export const PutEventTargetOutput = z.object({});

/** ListEventTargets (viewer): all of them, in the order of names. */
export const ListEventTargetsInput = z.object({});
export const ListEventTargetsOutput = z.object({
  targets: z.array(z.object({
    name: z.string(),
    url: z.string().optional(),
    file: z.string().optional(),
    header: SecretHeader.optional(),
    pattern: EventPattern.optional(),
    /** Events that wait to be delivered, and those that were given up. */
    waiting: z.number().int(),
    dead: z.number().int(),
  })),
});
export type ListEventTargetsOutput = z.infer<typeof ListEventTargetsOutput>;

/** DeleteEventTarget (admin): removes a target, and every event that waits for it or was given up. */
export const DeleteEventTargetInput = z.object({ name: Name });
export const DeleteEventTargetOutput = z.object({
  /** Events that will not be delivered any more. */
  dropped: z.number().int(),
});

/** `target:NAME` for an event target; topics have a form of their own. */
const DestinationName = z.string().min(1).max(1024);

/** ListDeadLetters (viewer): messages that were given up, oldest first, a page at a time. */
export const ListDeadLettersInput = z.object({
  destination: DestinationName.optional(),
  nextToken: z.string().optional(),
});
/** Times in seconds since the epoch, as every time of this protocol. */
export const DeadLetter = z.object({
  id: z.number().int(),
  destination: z.string(),
  /** Empty for a message that belongs to no deployment. */
  deploymentId: z.string(),
  createTime: z.number(),
  attempts: z.number().int(),
  lastAttemptTime: z.number(),
  /** What came of the last attempt: the receiver's answer, or why there was none. */
  cause: z.string(),
  payload: z.string(),
});
export type DeadLetter = z.infer<typeof DeadLetter>;
export const ListDeadLettersOutput = z.object({
  deadLetters: z.array(DeadLetter),
  nextToken: z.string().optional(),
});

/** ReplayDeadLetters, DeleteDeadLetters (admin): those with these ids, of a destination, or all. */
export const DeadLetterChoice = z.object({
  ids: z.array(z.number().int().min(1)).min(1).max(1000).optional(),
  destination: DestinationName.optional(),
  all: z.literal(true).optional(),
});
/** How many there were; an id that is no dead letter counts for nothing. */
export const ReplayDeadLettersOutput = z.object({ replayed: z.number().int() });
export const DeleteDeadLettersOutput = z.object({ deleted: z.number().int() });

/** Where events go, as the members `url`, `file` and `header` say it; undefined if not just one does. */
export function receiverOf(
  { url, file, header }: Pick<z.infer<typeof PutEventTargetInput>, "url" | "file" | "header">,
): unknown {
  if ((url === undefined) === (file === undefined)) return undefined;
  return url === undefined
    ? { kind: "file", path: file, ...(header && { header }) }
    : { kind: "http", url, ...(header && { header }) };
}

/** The members of a receiver. */
export function membersOf(receiver: EventReceiver) {
  if (receiver.kind === "file") return { file: receiver.path };
  const { url, header } = receiver;
  return { url, ...(header && { header }) };
}
