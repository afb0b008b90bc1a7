/**
 * A query against a database file of another program. The file is opened for reading only, by the
 * mode in its address: the driver has no setting for that.
 * @module
 */
import { pathToFileURL } from "node:url";
import Database from "libsql";

const ROWS_MAX = 10_000;
/** Milliseconds to wait for a writer that locks the file. */
const LOCK_WAIT_MS = 2_000;

/** Throws when there is no such file, the query is wrong or would change something. */
export function queryFile(path: string, sql: string): Record<string, unknown>[] {
  let database: Database.Database | undefined;
  try {
    database = new Database(`${pathToFileURL(path)}?mode=ro`, { timeout: LOCK_WAIT_MS });
    const rows: Record<string, unknown>[] = [];
    for (const row of database.prepare(sql).iterate()) {
      if (rows.length === ROWS_MAX) throw new Error(`more than ${ROWS_MAX} rows; add a LIMIT`);
      rows.push(row as Record<string, unknown>); // because the driver types rows as unknown
    }
    return rows;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the query of ${path} failed: ${why}`, { cause });
  } finally {
    database?.close();
  }
}
