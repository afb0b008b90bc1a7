/**
 * Statements that are built once a connection: where a query stands on the hot path, building its
 * SQL anew costs several times what running it does.
 * @module
 */
import type { Db } from "./database.ts";

const PREPARED = new WeakMap<Db, Map<unknown, unknown>>();

/** What `build` made for this connection; `build` is a function of a module, the same each time. */
export function prepared<Statement>(db: Db, build: (db: Db) => Statement): Statement {
  let known = PREPARED.get(db);
  if (!known) PREPARED.set(db, known = new Map());
  if (!known.has(build)) known.set(build, build(db));
  return known.get(build) as Statement; // because `build` alone puts something under its own key
}
