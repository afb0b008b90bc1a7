/** Turns the refusal of a unique index into the refusal the caller understands. @module */
import { errorCode } from "./database.ts";

const TAKEN: ReadonlySet<string | undefined> = new Set([
  "SQLITE_CONSTRAINT_UNIQUE",
  "SQLITE_CONSTRAINT_PRIMARYKEY",
]);

/** Runs a write; when a unique index refuses it, throws what `refusal` makes instead. */
export function unlessTaken<T>(write: () => T, refusal: () => Error): T {
  try {
    return write();
  } catch (error) {
    if (TAKEN.has(errorCode(error))) throw refusal();
    throw error;
  }
}
