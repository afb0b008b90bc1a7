/** Freeze windows, in the order of names. @module */
import { asc, count, eq, inArray, isNull, or } from "drizzle-orm";
import type { FreezeWindow } from "../domain/deployment_schedule.ts";
import { DomainError } from "../domain/errors.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { freezeWindows } from "./schema.ts";
import { type Scope, subjectsOf } from "./scopes.ts";

/** Each is computed whenever a deployment is to begin, so their number is bounded. */
export const FREEZE_WINDOW_LIMIT = 100;

/** Makes or replaces a window; without a scope it is for every group. */
export function putFreezeWindow(
  tx: Tx,
  { name, cron, timeZone, durationMinutes }: Omit<FreezeWindow, "subject">,
  scope: Scope | undefined,
): void {
  const known = tx.select({ name: freezeWindows.name }).from(freezeWindows)
    .where(eq(freezeWindows.name, name)).get();
  const held = tx.select({ n: count() }).from(freezeWindows).get()?.n ?? 0;
  if (!known && held >= FREEZE_WINDOW_LIMIT) {
    throw new DomainError(
      "InvalidInputException",
      "name",
      `There are ${held} freeze windows, the most there may be. Remove one first: ` +
        `runtime freeze remove NAME`,
    );
  }
  const values = { scope: scope?.id ?? null, cron, timeZone, durationMinutes };
  tx.insert(freezeWindows).values({ name, ...values })
    .onConflictDoUpdate({ target: freezeWindows.name, set: values }).run();
}

/** Answers false when there is no such window. */
export function removeFreezeWindow(tx: Tx, name: string): boolean {
  return tx.delete(freezeWindows).where(eq(freezeWindows.name, name))
    .returning({ name: freezeWindows.name }).get() !== undefined;
}

export function listFreezeWindows(db: Db): FreezeWindow[] {
  return named(db, db.select().from(freezeWindows).orderBy(asc(freezeWindows.name)).all());
}

/** Those that are about a group: its own, its application's, and those for all. */
export function freezeWindowsOf(
  db: Db,
  { id, applicationId }: { id: string; applicationId: string },
): FreezeWindow[] {
  const { scope } = freezeWindows;
  return named(
    db,
    db.select().from(freezeWindows).where(or(isNull(scope), inArray(scope, [id, applicationId])))
      .orderBy(asc(freezeWindows.name)).all(),
  );
}

function named(db: Db, rows: (typeof freezeWindows.$inferSelect)[]): FreezeWindow[] {
  const subjects = subjectsOf(db, rows.flatMap(({ scope }) => scope ?? []));
  return rows.map(({ scope, ...row }) => ({
    ...row,
    ...(scope !== null && { subject: subjects.get(scope) ?? scope }),
  }));
}
