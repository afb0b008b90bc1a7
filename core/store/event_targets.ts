/** Event targets: where events in EventBridge's form go. @module */
import { asc, count, eq } from "drizzle-orm";
import { DomainError } from "../domain/errors.ts";
import type { EventTarget } from "../domain/event_target.ts";
import type { Db } from "./database.ts";
import { removeDestination, retryAtOnce } from "./deliveries.ts";
import type { Tx } from "./group_commit.ts";
import { prepared } from "./prepared.ts";
import { eventTargets } from "./schema.ts";

/** Each has requests of its own under way, so their number is bounded. */
export const EVENT_TARGET_LIMIT = 50;

/** The destination of an event target's deliveries. */
export function eventTargetDestination(name: string): string {
  return `target:${name}`;
}

/** Makes or replaces a target; what waits for it goes to its new receiver, at once. */
export function putEventTarget(tx: Tx, target: EventTarget, now: number): void {
  const { name, receiver, pattern = null } = target;
  if (findEventTarget(tx, name) === undefined) {
    const held = tx.select({ n: count() }).from(eventTargets).get()?.n ?? 0;
    if (held >= EVENT_TARGET_LIMIT) {
      throw new DomainError(
        "InvalidInputException",
        "name",
        `There are ${held} event targets, the most there may be. Remove one first.`,
      );
    }
  }
  tx.insert(eventTargets).values({ name, receiver, pattern, createTime: now })
    .onConflictDoUpdate({ target: eventTargets.name, set: { receiver, pattern } }).run();
  retryAtOnce(tx, eventTargetDestination(name));
}

export function findEventTarget(db: Db, name: string): EventTarget | undefined {
  const row = db.select().from(eventTargets).where(eq(eventTargets.name, name)).get();
  return row && fromRow(row);
}

/** All targets, in the order of names. */
export function listEventTargets(db: Db): EventTarget[] {
  return prepared(db, selectTargets).all().map(fromRow);
}

const selectTargets = (db: Db) =>
  db.select().from(eventTargets).orderBy(asc(eventTargets.name)).prepare();

/**
 * Removes a target with all that waits for it and its dead letters. Answers how many those were;
 * undefined when there is no such target.
 */
export function deleteEventTarget(tx: Tx, name: string): number | undefined {
  const gone = tx.delete(eventTargets).where(eq(eventTargets.name, name))
    .returning({ name: eventTargets.name }).get();
  return gone && removeDestination(tx, eventTargetDestination(name));
}

function fromRow(row: typeof eventTargets.$inferSelect): EventTarget {
  const { name, receiver, pattern } = row;
  return { name, receiver, ...(pattern !== null && { pattern }) };
}
