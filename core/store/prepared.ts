/**
 * Statements that are built once a connection: where a query stands on the hot path, building its
 * SQL anew costs several times what running it does.
 * @module
 */
import type { Db } from "./database.ts";

const PREPARED = new WeakMap<Db, Map<unknown, unknown>>();

/** As drizzle answers it. A statement is asked by one of its methods, always the same. */
interface Asked {
  get(values?: Record<string, unknown>): unknown;
}

/** What `build` made for this connection; `build` is a function of a module, the same each time. */
export function prepared<Statement extends Asked>(db: Db, build: (db: Db) => Statement): Statement {
  let known = PREPARED.get(db);
  if (!known) PREPARED.set(db, known = new Map());
  if (!known.has(build)) known.set(build, givenUp(build(db), () => known.delete(build)));
  return known.get(build) as Statement; // because `build` alone puts something under its own key
}

/**
 * The driver does not wind a statement back that failed under `get`: asked again, it would fail for
 * ever. So the next caller builds another.
 */
function givenUp<Statement extends Asked>(statement: Statement, forget: () => void): Statement {
  const get = statement.get.bind(statement);
  statement.get = (values) => {
    try {
      return get(values);
    } catch (error) {
      forget();
      throw error;
    }
  };
  return statement;
}
