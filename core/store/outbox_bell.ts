/**
 * How a commit wakes the dispatcher: who puts something into the outbox notes it on its transaction,
 * and the group commit asks for the note once it is on disk. A note of a write that was rolled back
 * wakes for nothing, which is harmless.
 * @module
 */
import type { Db } from "./database.ts";

/** Writing connections whose open transaction holds something new for the dispatcher. */
const GREW = new WeakSet<Db>();

/** This transaction writes facts or deliveries. */
export function noteOutboxGrew(tx: Db): void {
  GREW.add(tx);
}

/** Whether anything was noted since the last time it was asked. */
export function takeOutboxGrew(tx: Db): boolean {
  return GREW.delete(tx);
}
