/**
 * Opens the embedded store: `<data>/runtime.db`, libSQL by its native driver, drizzle on top.
 *
 * drizzle has a session for drivers with the interface of better-sqlite3, and `libsql` has that
 * interface; the session is used directly because drizzle's own entry file would also load the
 * better-sqlite3 package (docs/decisions/003-native-libsql-driver.md).
 * @module
 */
import { chmodSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { BetterSQLiteSession } from "drizzle-orm/better-sqlite3/session";
import { BaseSQLiteDatabase, SQLiteSyncDialect } from "drizzle-orm/sqlite-core";
import Database from "libsql";
import { MIGRATIONS, SCHEMA_VERSION } from "./migrations.ts";

/** "RNTM": marks a database file as ours (`PRAGMA application_id`). */
const APPLICATION_ID = 0x524e544d;

/** A drizzle database over one connection; queries may be awaited or run at once. */
export type Db = BaseSQLiteDatabase<"sync", unknown>;

export interface Connection {
  db: Db;
  client: Database.Database;
}

/** The data directory cannot be used; the message is one sentence a person can act on. */
export class DataDirectoryError extends Error {
  override readonly name = "DataDirectoryError";
}

/**
 * Makes the directory if need be and takes it for this process until `release` or the process's end:
 * an exclusive transaction on a file of its own, which the kernel drops with the process, so that
 * `kill -9` leaves nothing behind. Refuses a directory that holds other things than ours.
 */
export function takeDataDirectory(directory: string): { release(): void } {
  const known = existsSync(join(directory, "runtime.db"));
  if (!known && existsSync(directory)) {
    const foreign = readdirSync(directory).filter((name) => !name.startsWith("server.lock"));
    if (foreign.length > 0) {
      throw new DataDirectoryError(
        `${directory} is not a data directory of runtime: it holds ${foreign[0]} and no ` +
          `runtime.db. Give an empty or new directory with --data.`,
      );
    }
  }
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lock = new Database(join(directory, "server.lock"), { timeout: 0 });
  try {
    lock.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    if (errorCode(cause) === "SQLITE_BUSY") {
      throw new DataDirectoryError(
        `${directory} is in use by another runtime server; an embedded data directory has one ` +
          `server. Stop that one or give another directory with --data.`,
      );
    }
    throw cause;
  }
  return { release: () => lock.close() };
}

/**
 * Keeps the database from all other users, whatever its directory allows: lines that scripts printed
 * and tokens of subscriptions are in it. SQLite gives files it makes later the mode of the first.
 */
export function closeToOthers(file: string): void {
  for (const one of [file, `${file}-wal`, `${file}-shm`]) {
    if (existsSync(one)) chmodSync(one, 0o600);
  }
}

/** Opens a connection with the settings every connection of ours has; the file is not changed. */
export function connect(file: string): Connection {
  const client = new Database(file, { timeout: 5000 });
  client.exec(
    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -8192; " +
      "PRAGMA temp_store = MEMORY",
  );
  const dialect = new SQLiteSyncDialect();
  const driver = { prepare: (source: string) => withRawOnce(client.prepare(source)) };
  // Nothing else of a client is asked for: transactions are begun by GroupCommit.
  // because libsql's statements have better-sqlite3's interface under a type of their own
  const session = new BetterSQLiteSession(driver as never, dialect, undefined, {});
  // because the session's result type names better-sqlite3's RunResult, which nobody here reads
  const db = new BaseSQLiteDatabase("sync", dialect, session as never, undefined) as Db;
  return { db, client };
}

/**
 * drizzle asks for rows as arrays each time it runs a statement. The driver remembers that, but looks
 * at all columns of the statement whenever it is asked: a fifth of the time of a small query.
 */
function withRawOnce(statement: Database.Statement): Database.Statement {
  const toggle = statement.raw.bind(statement);
  let isRaw = false;
  statement.raw = (raw = true) => {
    if (raw !== isRaw) toggle(raw);
    isRaw = raw;
    return statement;
  };
  return statement;
}

/**
 * Brings the file to this binary's schema, all in one transaction. Refuses a file that is not ours or
 * was written by a newer binary, and changes nothing then.
 */
export function migrate({ client }: Connection, file: string): void {
  const version = pragma(client, "user_version");
  const owner = pragma(client, "application_id");
  const tables = client.prepare("SELECT count(*) AS n FROM sqlite_master").get() as { n: number }; // because the driver returns unknown rows
  if (owner !== APPLICATION_ID && (owner !== 0 || tables.n > 0)) {
    throw new DataDirectoryError(`${file} is a database of another program; nothing was changed.`);
  }
  if (version > SCHEMA_VERSION) {
    throw new DataDirectoryError(
      `${file} has schema ${version}, this binary knows ${SCHEMA_VERSION}: it was written by a ` +
        `newer runtime. Start that version, or give another directory with --data.`,
    );
  }
  client.exec("PRAGMA journal_mode = WAL");
  if (version === SCHEMA_VERSION) return;
  client.exec("BEGIN IMMEDIATE");
  try {
    for (const statements of MIGRATIONS.slice(version)) client.exec(statements);
    client.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    client.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    client.exec("COMMIT");
  } catch (cause) {
    client.exec("ROLLBACK");
    throw cause;
  }
}

function pragma(client: Database.Database, name: string): number {
  const row = client.prepare(`PRAGMA ${name}`).get() as Record<string, number>; // because the driver returns unknown rows
  return row[name] ?? 0;
}

/** The code of a driver's or the system's error, such as `SQLITE_FULL`; undefined without one. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = "code" in error ? error.code : errorCode(error.cause);
  return typeof code === "string" ? code : undefined;
}

/** Codes of the operating system and of SQLite that mean "no room on the disk". */
const DISK_FULL: ReadonlySet<string | undefined> = new Set([
  "ENOSPC",
  "EDQUOT",
  "SQLITE_FULL",
  "SQLITE_IOERR_SHMSIZE",
]);

export function isDiskFull(error: unknown): boolean {
  return DISK_FULL.has(errorCode(error));
}
