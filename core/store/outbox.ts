/**
 * The outbox: facts that were written in the commit of the change they tell of and wait to be turned
 * into deliveries. Nothing is written where nobody listens.
 * @module
 */
import { asc, eq, lte, sql } from "drizzle-orm";
import type { GroupSettings } from "../domain/deployment_group.ts";
import type { OutboxFact } from "../domain/outbox_fact.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { noteOutboxGrew } from "./outbox_bell.ts";
import { prepared } from "./prepared.ts";
import { deploymentGroups, eventTargets, outbox } from "./schema.ts";

/** Who listens to a group: its triggers, and whether any event target exists. */
export interface Listeners {
  triggers: NonNullable<GroupSettings["triggerConfigurations"]>;
  hasEventTarget: boolean;
}

/**
 * One read by the group's key. Takes the triggers out of the settings inside the database, so that
 * a group with none of them costs no JSON here.
 */
export function listenersOf(tx: Tx, groupId: string): Listeners {
  const row = prepared(tx, selectListeners).get({ groupId });
  // A group that was deleted has no triggers any more; event targets are nobody's.
  if (row === undefined) return { triggers: [], hasEventTarget: hasEventTarget(tx) };
  const { triggers, targets } = row;
  return {
    triggers: triggers === null || triggers === "[]" ? [] : JSON.parse(triggers),
    hasEventTarget: targets === 1,
  };
}

const selectListeners = (db: Db) =>
  db.select({
    triggers: sql<string | null>`json_extract(${deploymentGroups.settings},
      '$.triggerConfigurations')`,
    targets: sql<number>`exists (select 1 from ${eventTargets})`,
  }).from(deploymentGroups).where(eq(deploymentGroups.id, sql.placeholder("groupId"))).prepare();

function hasEventTarget(tx: Tx): boolean {
  return tx.select({ name: eventTargets.name }).from(eventTargets).limit(1).get() !== undefined;
}

/** Writes facts in their order; the dispatcher is woken by the commit. */
export function insertFacts(tx: Tx, facts: readonly OutboxFact[]): void {
  for (const fact of facts) {
    prepared(tx, insertFact).run({ deploymentId: fact.deploymentId, fact, time: fact.time });
  }
  if (facts.length > 0) noteOutboxGrew(tx);
}

const insertFact = (db: Db) =>
  db.insert(outbox).values({
    deploymentId: sql.placeholder("deploymentId"),
    fact: sql.placeholder("fact"),
    time: sql.placeholder("time"),
  }).prepare();

export interface WaitingFact {
  sequence: number;
  fact: OutboxFact;
}

/** The oldest facts, at most `limit`. */
export function nextFacts(db: Db, limit: number): WaitingFact[] {
  return db.select({ sequence: outbox.sequence, fact: outbox.fact }).from(outbox)
    .orderBy(asc(outbox.sequence)).limit(limit).all();
}

/** Forgets all facts up to this one, whose deliveries stand in the same commit. */
export function dropFacts(tx: Tx, upTo: number): void {
  tx.delete(outbox).where(lte(outbox.sequence, upTo)).run();
}
