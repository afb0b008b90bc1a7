/** Recurring schedules, in the order of names. @module */
import { asc, count, eq } from "drizzle-orm";
import type { Schedule, ScheduleOutcome } from "../domain/deployment_schedule.ts";
import { DomainError } from "../domain/errors.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { prepared } from "./prepared.ts";
import { schedules } from "./schema.ts";

/** The next time of each is computed whenever one of them is due. */
export const SCHEDULE_LIMIT = 1000;

/** Makes a schedule, or another in its place, which has had no time yet. */
export function putSchedule(
  tx: Tx,
  { name, revision, ...schedule }: Omit<Schedule, "lastDue" | "lastOutcome">,
): void {
  const held = tx.select({ n: count() }).from(schedules).get()?.n ?? 0;
  if (held >= SCHEDULE_LIMIT && !findSchedule(tx, name)) {
    throw new DomainError(
      "InvalidInputException",
      "name",
      `There are ${held} schedules, the most there may be. Remove one first: ` +
        `runtime schedule remove NAME`,
    );
  }
  const values = { ...schedule, revision: revision ?? null, lastDue: null, lastOutcome: null };
  tx.insert(schedules).values({ name, ...values })
    .onConflictDoUpdate({ target: schedules.name, set: values }).run();
}

/** Answers false when there is no such schedule. */
export function removeSchedule(tx: Tx, name: string): boolean {
  return tx.delete(schedules).where(eq(schedules.name, name))
    .returning({ name: schedules.name }).get() !== undefined;
}

export function findSchedule(db: Db, name: string): Schedule | undefined {
  const row = db.select().from(schedules).where(eq(schedules.name, name)).get();
  return row && fromRow(row);
}

export function listSchedules(db: Db): Schedule[] {
  return prepared(db, selectAll).all().map(fromRow);
}

const selectAll = (db: Db) => db.select().from(schedules).orderBy(asc(schedules.name)).prepare();

/** Writes down what came of a time of a schedule, in the commit that made it so. */
export function noteDue(tx: Tx, name: string, lastDue: number, lastOutcome: ScheduleOutcome): void {
  tx.update(schedules).set({ lastDue, lastOutcome }).where(eq(schedules.name, name)).run();
}

function fromRow(row: typeof schedules.$inferSelect): Schedule {
  const { revision, lastDue, lastOutcome, ...rest } = row;
  return {
    ...rest,
    ...(revision !== null && { revision }),
    ...(lastDue !== null && { lastDue }),
    ...(lastOutcome !== null && { lastOutcome }),
  };
}
