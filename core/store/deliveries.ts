/**
 * Deliveries: one message for one destination each. A row waits until its message is delivered and
 * is then deleted; one that is given up is dead and stays until somebody replays or deletes it.
 *
 * A lane is what has to keep its order: the messages of one deployment for one destination.
 * @module
 */
import { and, asc, count, eq, gt, inArray, max, min, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { noteHurried, noteOutboxGrew } from "./outbox_bell.ts";
import { prepared } from "./prepared.ts";
import { deliveries } from "./schema.ts";

export interface NewDelivery {
  /** `outbox.sequence` of the fact it tells; 0 for a message that stands for no fact. */
  eventSequence: number;
  /** `kind:key`. */
  destination: string;
  /** Empty for a message that belongs to no deployment; such messages share one lane. */
  deploymentId: string;
  /** What the destination's kind needs to send it; not empty, nobody else reads it. */
  payload: string;
  /** Milliseconds since the epoch. */
  createTime: number;
}

/** A delivery as it waits; times in milliseconds. */
export interface WaitingDelivery extends NewDelivery {
  id: number;
  /** Attempts that have failed so far. */
  attempts: number;
  nextAttempt: number;
}

export interface DeadDelivery extends NewDelivery {
  id: number;
  attempts: number;
  lastAttempt: number;
  /** What came of the last attempt, as a sentence. */
  lastError: string;
}

export interface Lane {
  destination: string;
  deploymentId: string;
}

/** Adds messages in their order; the dispatcher is woken by the commit. */
export function insertDeliveries(tx: Tx, all: readonly NewDelivery[]): void {
  for (const one of all) prepared(tx, insertOne).run({ ...one });
  if (all.length > 0) noteOutboxGrew(tx);
}

const insertOne = (db: Db) =>
  db.insert(deliveries).values({
    eventSequence: sql.placeholder("eventSequence"),
    destination: sql.placeholder("destination"),
    deploymentId: sql.placeholder("deploymentId"),
    payload: sql.placeholder("payload"),
    createTime: sql.placeholder("createTime"),
    state: "waiting",
    attempts: 0,
    nextAttempt: 0,
  }).prepare();

/** Every lane with something to deliver, and when that is due; the one that waits longest first. */
export function waitingLanes(db: Db): (Lane & { nextAttempt: number })[] {
  const { destination, deploymentId, id, nextAttempt } = deliveries;
  // With a single min(), SQLite takes the other columns from the row that has it.
  return db.select({ destination, deploymentId, nextAttempt, first: min(id) }).from(deliveries)
    .where(eq(deliveries.state, "waiting")).groupBy(destination, deploymentId)
    .orderBy(asc(min(id))).all().map(({ first: _order, ...lane }) => lane);
}

/** The id of the newest delivery, 0 when there is none. */
export function newestDelivery(db: Db): number {
  return db.select({ id: max(deliveries.id) }).from(deliveries).get()?.id ?? 0;
}

/** The lanes of all deliveries after the id `after`, and the id of the newest of those. */
export function lanesAfter(db: Db, after: number): { lanes: Lane[]; last: number } {
  const { destination, deploymentId, id } = deliveries;
  const rows = db.select({ destination, deploymentId, last: max(id) }).from(deliveries)
    .where(gt(id, after)).groupBy(destination, deploymentId).orderBy(asc(min(id))).all();
  return {
    lanes: rows.map(({ last: _newest, ...lane }) => lane),
    last: Math.max(after, ...rows.map(({ last }) => last ?? 0)),
  };
}

/** The oldest waiting message of a lane. */
export function nextOfLane(
  db: Db,
  { destination, deploymentId }: Lane,
): WaitingDelivery | undefined {
  const row = prepared(db, selectNext).get({ destination, deploymentId });
  if (!row) return undefined;
  const { state: _waiting, lastAttempt: _at, lastError: _error, ...waiting } = row;
  return waiting;
}

const selectNext = (db: Db) =>
  db.select().from(deliveries).where(and(
    eq(deliveries.state, "waiting"),
    eq(deliveries.destination, sql.placeholder("destination")),
    eq(deliveries.deploymentId, sql.placeholder("deploymentId")),
  )).orderBy(asc(deliveries.id)).limit(1).prepare();

/** It was delivered: nothing more has to be known of it. */
export function removeDelivery(tx: Tx, id: number): void {
  prepared(tx, deleteOne).run({ id });
}

const deleteOne = (db: Db) =>
  db.delete(deliveries).where(eq(deliveries.id, sql.placeholder("id"))).prepare();

/** An attempt failed at `at`; either the next one is at a time, or it is given up. */
export function noteFailedAttempt(
  tx: Tx,
  id: number,
  failed: { at: number; error: string; next: number | "dead" },
): void {
  const dead = failed.next === "dead";
  const row = tx.select({ attempts: deliveries.attempts }).from(deliveries)
    .where(eq(deliveries.id, id)).get();
  // Its destination may have been removed meanwhile, and the row with it.
  if (!row) return;
  tx.update(deliveries).set({
    attempts: row.attempts + 1,
    lastAttempt: failed.at,
    lastError: failed.error,
    state: dead ? "dead" : "waiting",
    ...(failed.next !== "dead" && { nextAttempt: failed.next }),
  }).where(eq(deliveries.id, id)).run();
}

/** What waits for a destination may be tried at once. */
export function retryAtOnce(tx: Tx, destination: string): void {
  tx.update(deliveries).set({ nextAttempt: 0 })
    .where(and(eq(deliveries.state, "waiting"), eq(deliveries.destination, destination))).run();
  noteHurried(tx, destination);
}

/** Removes everything a destination was still to get, dead letters too; answers how many. */
export function removeDestination(tx: Tx, destination: string): number {
  return tx.delete(deliveries).where(eq(deliveries.destination, destination))
    .returning({ id: deliveries.id }).all().length;
}

/** Dead letters after the id `after`, oldest first, of one destination if named. */
export function listDead(
  db: Db,
  filter: { destination?: string; after: number },
  limit: number,
): DeadDelivery[] {
  return db.select().from(deliveries).where(and(
    eq(deliveries.state, "dead"),
    filter.destination === undefined ? undefined : eq(deliveries.destination, filter.destination),
    gt(deliveries.id, filter.after),
  )).orderBy(asc(deliveries.id)).limit(limit).all().map((row) => {
    const { state: _dead, nextAttempt: _none, lastAttempt, lastError, ...rest } = row;
    return { ...rest, lastAttempt: lastAttempt ?? rest.createTime, lastError: lastError ?? "" };
  });
}

/** These dead letters, or all. */
export type DeadChoice = { ids: readonly number[] } | { destination: string } | "all";

/**
 * Lets dead letters wait again, as new deliveries behind all others: their lanes have gone on long
 * ago. Attempts and age count from the start. Answers how many there were.
 */
export function replayDead(tx: Tx, choice: DeadChoice, now: number): number {
  const { eventSequence, destination, deploymentId, payload, id } = deliveries;
  tx.run(sql`
    insert into ${deliveries} (event_sequence, destination, deployment_id, payload, create_time,
      state, attempts, next_attempt)
    select ${eventSequence}, ${destination}, ${deploymentId}, ${payload}, ${now}, 'waiting', 0, 0
    from ${deliveries} where ${chosen(choice)} order by ${id}`);
  const replayed = deleteDead(tx, choice);
  if (replayed > 0) noteOutboxGrew(tx);
  return replayed;
}

/** Forgets dead letters; answers how many there were. */
export function deleteDead(tx: Tx, choice: DeadChoice): number {
  return tx.delete(deliveries).where(chosen(choice)).returning({ id: deliveries.id }).all().length;
}

/** How many messages each destination is still to get, and how many were given up. */
export function countDeliveries(db: Db): Map<string, { waiting: number; dead: number }> {
  const { destination, state } = deliveries;
  const counts = new Map<string, { waiting: number; dead: number }>();
  const rows = db.select({ destination, state, n: count() }).from(deliveries)
    .groupBy(state, destination).all();
  for (const row of rows) {
    const before = counts.get(row.destination) ?? { waiting: 0, dead: 0 };
    counts.set(row.destination, { ...before, [row.state]: row.n });
  }
  return counts;
}

function chosen(choice: DeadChoice) {
  const dead = eq(deliveries.state, "dead");
  if (choice === "all") return dead;
  if ("ids" in choice) return and(dead, inArray(deliveries.id, [...choice.ids]));
  return and(dead, eq(deliveries.destination, choice.destination));
}
