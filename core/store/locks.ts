/** Locks: while there is one, no deployment of its application or group begins. @module */
import { asc, eq, inArray } from "drizzle-orm";
import type { Lock } from "../domain/deployment_schedule.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { locks } from "./schema.ts";
import { type Scope, subjectsOf } from "./scopes.ts";

/** Locks; who locks what is locked already takes its place. */
export function putLock(tx: Tx, scope: Scope, lock: Omit<Lock, "subject">): void {
  const { message, by: lockedBy, time } = lock;
  tx.insert(locks).values({ scope: scope.id, message, lockedBy, time })
    .onConflictDoUpdate({ target: locks.scope, set: { message, lockedBy, time } }).run();
}

/** Answers false when it was not locked. */
export function removeLock(tx: Tx, scope: Scope): boolean {
  return tx.delete(locks).where(eq(locks.scope, scope.id))
    .returning({ scope: locks.scope }).get() !== undefined;
}

/** The lock that keeps a group from being deployed to, its own before its application's. */
export function lockOf(
  db: Db,
  { id, applicationId }: { id: string; applicationId: string },
): Lock | undefined {
  const held = db.select().from(locks).where(inArray(locks.scope, [id, applicationId])).all();
  const row = held.find(({ scope }) => scope === id) ?? held[0];
  return row && named(db, [row])[0];
}

/** Oldest first. */
export function listLocks(db: Db): Lock[] {
  return named(db, db.select().from(locks).orderBy(asc(locks.time), asc(locks.scope)).all());
}

function named(db: Db, rows: (typeof locks.$inferSelect)[]): Lock[] {
  const subjects = subjectsOf(db, rows.map(({ scope }) => scope));
  return rows.map(({ scope, message, lockedBy: by, time }) => ({
    subject: subjects.get(scope) ?? scope,
    message,
    by,
    time,
  }));
}
