/** Releases. One that has ended is never written again: the rule stands in the `where`. @module */
import { and, desc, eq, isNull, lt, or } from "drizzle-orm";
import { type Release, type ReleaseState, TERMINAL_RELEASE } from "../domain/release.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { prepared } from "./prepared.ts";
import { releases } from "./schema.ts";

export function insertRelease(tx: Tx, release: Release): void {
  tx.insert(releases).values(release).run();
}

/** Writes how far a release has come; `now` in milliseconds becomes the time of its end. */
export function changeRelease(tx: Tx, id: string, state: ReleaseState, now: number): void {
  const ended = TERMINAL_RELEASE.has(state.status);
  tx.update(releases).set({ state, ...(ended && { endTime: now }) })
    .where(and(eq(releases.id, id), isNull(releases.endTime))).run();
}

export function getRelease(db: Db, id: string): Release | undefined {
  const row = db.select().from(releases).where(eq(releases.id, id)).get();
  return row && fromRow(row);
}

/** The releases that have not ended, oldest first. */
export function unfinishedReleases(db: Db): Release[] {
  return prepared(db, selectUnfinished).all().map(fromRow);
}

const selectUnfinished = (db: Db) =>
  db.select().from(releases).where(isNull(releases.endTime)).orderBy(releases.createTime)
    .prepare();

/** Newest first, after the last one of the page before. */
export function listReleases(
  db: Db,
  after: { createTime: number; id: string } | undefined,
  limit: number,
): Release[] {
  const { createTime, id } = releases;
  return db.select().from(releases).where(
    after && or(
      lt(createTime, after.createTime),
      and(eq(createTime, after.createTime), lt(id, after.id)),
    ),
  ).orderBy(desc(createTime), desc(id)).limit(limit).all().map(fromRow);
}

function fromRow(row: typeof releases.$inferSelect): Release {
  const { endTime, ...rest } = row;
  return { ...rest, ...(endTime !== null && { endTime }) };
}
