/**
 * Group commit: every write of the server goes through one queue. A loop takes all writes that wait,
 * runs each in a savepoint of one transaction, commits once (one fsync), and only then answers them
 * all (docs/decisions/004-group-commit.md). So an answered write is on disk (law 3), and a thousand
 * reports at once cost one fsync, not a thousand.
 *
 * A write that throws rolls back to its own savepoint and rejects alone. When the commit itself
 * fails (a full disk), every write of the group rejects and none has happened.
 * @module
 */
import { setImmediate } from "node:timers";
import type { Connection, Db } from "./database.ts";
import { endOfWrite, takeGroupEnd } from "./group_end.ts";
import { type OutboxBell, takeNotes } from "./outbox_bell.ts";

/** The database inside the open transaction; a write uses nothing else. */
export type Tx = Db;

interface Waiting {
  run(tx: Tx): unknown;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The server is ending; nothing was written. */
export class StoreClosed extends Error {
  override readonly name = "StoreClosed";
  constructor() {
    super("the store is closed: the server is ending");
  }
}

/** Bounds how long one group may hold the writer, in writes. */
const GROUP_LIMIT = 4096;

export class GroupCommit {
  readonly #connection: Connection;
  #waiting: Waiting[] = [];
  #scheduled = false;
  #closed = false;
  /** Begins and ends the savepoint of a write; parsed once, as every write needs both. */
  readonly #savepoint: { begin(): void; release(): void };
  readonly #outboxGrew: OutboxBell;

  /** `outboxGrew` is called after a commit that put something into the outbox. */
  constructor(connection: Connection, outboxGrew: OutboxBell = () => {}) {
    this.#connection = connection;
    const [begin, release] = ["SAVEPOINT one", "RELEASE one"].map((text) =>
      connection.client.prepare(text)
    );
    this.#savepoint = { begin: () => begin?.run(), release: () => release?.run() };
    this.#outboxGrew = outboxGrew;
  }

  /**
   * Queues a write and answers after its commit. `write` is synchronous and does nothing but queries
   * on `tx`; what it throws rejects this write only. Writes run in the order they were queued.
   */
  commit<T>(write: (tx: Tx) => T): Promise<T> {
    if (this.#closed) return Promise.reject(new StoreClosed());
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({
        run: write,
        resolve: (value) => resolve(value as T), // because `run` of this entry is `write`
        reject,
      });
      if (this.#scheduled) return;
      this.#scheduled = true;
      // After the requests that are ready now have been read, so that they share one fsync.
      setImmediate(() => this.#flush());
    });
  }

  /** Writes what is queued, now; a write that comes later rejects. */
  close(): void {
    while (this.#waiting.length > 0) this.#flush();
    this.#closed = true;
  }

  #flush(): void {
    const group = this.#waiting.splice(0, GROUP_LIMIT);
    if (group.length === 0) return;
    this.#scheduled = this.#waiting.length > 0;
    if (this.#scheduled) setImmediate(() => this.#flush());
    const { client, db } = this.#connection;
    const done: (() => void)[] = [];
    try {
      client.exec("BEGIN IMMEDIATE");
    } catch (error) {
      for (const waiting of group) waiting.reject(error);
      return;
    }
    try {
      for (const waiting of group) done.push(this.#runOne(waiting));
      for (const write of takeGroupEnd(db)) write(db);
      client.exec("COMMIT");
    } catch (error) {
      takeGroupEnd(db);
      if (client.inTransaction) client.exec("ROLLBACK");
      for (const waiting of group) waiting.reject(error);
      return;
    }
    for (const answer of done) answer();
    const hurried = takeNotes(db);
    if (hurried) this.#outboxGrew(hurried);
  }

  /** Runs one write in its savepoint; answers what to do once the group is committed. */
  #runOne(waiting: Waiting): () => void {
    const { client, db } = this.#connection;
    this.#savepoint.begin();
    try {
      const value = waiting.run(db);
      this.#savepoint.release();
      endOfWrite(db, "done");
      return () => waiting.resolve(value);
    } catch (error) {
      endOfWrite(db, "undone");
      // A full disk may end the whole transaction; then there is nothing to roll back to.
      if (!client.inTransaction) throw error;
      client.exec("ROLLBACK TO one; RELEASE one");
      return () => waiting.reject(error);
    }
  }
}
