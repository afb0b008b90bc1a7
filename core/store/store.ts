/**
 * The store as the other rooms see it: reads of committed data, writes through the group commit.
 *
 * Reads have a connection of their own, so they never see a transaction that is still open; what a
 * caller has committed it reads back. One repository file per noun takes `Db` (reads) or `Tx`
 * (writes).
 * @module
 */
import { join } from "node:path";
import { closeToOthers, connect, type Db, migrate, takeDataDirectory } from "./database.ts";
import { GroupCommit, type Tx } from "./group_commit.ts";
import type { OutboxBell } from "./outbox_bell.ts";

export interface Store {
  /** For reads outside a commit. */
  readonly read: Db;
  /** Runs a synchronous write in the next group commit and answers after it. */
  commit<T>(write: (tx: Tx) => T): Promise<T>;
  close(): void;
}

/**
 * Opens (and makes, and migrates) the embedded store in a data directory that this process then
 * owns. `outboxGrew` is called after each commit that put something into the outbox.
 */
export function openStore(directory: string, outboxGrew?: OutboxBell): Store {
  const lock = takeDataDirectory(directory);
  const file = join(directory, "runtime.db");
  const writer = connect(file);
  try {
    migrate(writer, file);
    closeToOthers(file);
  } catch (cause) {
    writer.client.close();
    lock.release();
    throw cause;
  }
  const reader = connect(file);
  const commits = new GroupCommit(writer, outboxGrew);
  return {
    read: reader.db,
    commit: (write) => commits.commit(write),
    close() {
      commits.close();
      reader.client.close();
      writer.client.close();
      lock.release();
    },
  };
}
