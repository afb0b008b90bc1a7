/**
 * How a commit wakes the dispatcher: who puts something into the outbox notes it on its transaction,
 * and the group commit asks for the notes once they are on disk. A note of a write that was rolled
 * back wakes for nothing, which is harmless.
 * @module
 */
import type { Db } from "./database.ts";

/** Called after a commit, with the destinations whose waiting messages were made due at once. */
export type OutboxBell = (hurried: readonly string[]) => void;

/** Of writing connections whose open transaction holds something new for the dispatcher. */
const NOTES = new WeakMap<Db, string[]>();

/** This transaction writes facts or deliveries. */
export function noteOutboxGrew(tx: Db): void {
  if (!NOTES.has(tx)) NOTES.set(tx, []);
}

/** This transaction makes all that waits for a destination due. */
export function noteHurried(tx: Db, destination: string): void {
  noteOutboxGrew(tx);
  NOTES.get(tx)?.push(destination);
}

/** What was noted since the last time it was asked; undefined when nothing was. */
export function takeNotes(tx: Db): readonly string[] | undefined {
  const notes = NOTES.get(tx);
  NOTES.delete(tx);
  return notes;
}
