/** Targets: one row a host and deployment, its lifecycle events inside. @module */
import { and, eq, gt, inArray, sql } from "drizzle-orm";
import type { Target, TargetLabel } from "../domain/target.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { prepared } from "./prepared.ts";
import { targets } from "./schema.ts";

const insert = (db: Db) =>
  db.insert(targets).values({
    deploymentId: sql.placeholder("deploymentId"),
    targetId: sql.placeholder("targetId"),
    position: sql.placeholder("position"),
    label: sql.placeholder("label"),
    zone: sql.placeholder("zone"),
    status: sql`${sql.placeholder("status")}`,
    events: sql`${sql.placeholder("events")}`,
    command: sql`${sql.placeholder("command")}`,
    lastUpdated: sql`${sql.placeholder("lastUpdated")}`,
  }).prepare();

/** All targets of a deployment at its start, in the order hosts are taken. */
export function insertTargets(tx: Tx, deploymentId: string, all: readonly Target[]): void {
  const statement = prepared(tx, insert);
  for (const [position, target] of all.entries()) {
    const { label = null, zone = null } = target;
    statement.run({ ...changing(deploymentId, target), position, label, zone });
  }
}

const update = (db: Db) =>
  db.update(targets).set({
    status: sql`${sql.placeholder("status")}`,
    events: sql`${sql.placeholder("events")}`,
    command: sql`${sql.placeholder("command")}`,
    lastUpdated: sql`${sql.placeholder("lastUpdated")}`,
  }).where(and(
    eq(targets.deploymentId, sql.placeholder("deploymentId")),
    eq(targets.targetId, sql.placeholder("targetId")),
  )).prepare();

export function updateTarget(tx: Tx, deploymentId: string, target: Target): void {
  prepared(tx, update).run(changing(deploymentId, target));
}

/** All targets in the order hosts are taken. */
export function allTargets(db: Db, deploymentId: string): Target[] {
  return db.select().from(targets).where(eq(targets.deploymentId, deploymentId))
    .orderBy(targets.position).all().map(fromRow);
}

/** Those of `ids` that belong to the deployment, in the order of `ids`. */
export function getTargets(db: Db, deploymentId: string, ids: readonly string[]): Target[] {
  const rows = db.select().from(targets)
    .where(and(eq(targets.deploymentId, deploymentId), inArray(targets.targetId, [...ids]))).all();
  const byId = new Map(rows.map((row) => [row.targetId, fromRow(row)]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

export interface TargetPage {
  ids: string[];
  /** Position of the last one; absent when there are no more. */
  next?: number;
}

/** A page of target ids in the order hosts are taken, after position `after`. */
export function listTargets(
  db: Db,
  deploymentId: string,
  filter: {
    statuses?: readonly Target["status"][];
    labels?: readonly TargetLabel[];
    after?: number;
  },
  limit: number,
): TargetPage {
  const rows = db.select({ id: targets.targetId, position: targets.position }).from(targets)
    .where(and(
      eq(targets.deploymentId, deploymentId),
      filter.statuses?.length ? inArray(targets.status, [...new Set(filter.statuses)]) : undefined,
      filter.labels?.length ? inArray(targets.label, [...new Set(filter.labels)]) : undefined,
      filter.after === undefined ? undefined : gt(targets.position, filter.after),
    ))
    .orderBy(targets.position).limit(limit + 1).all();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    ids: page.map((row) => row.id),
    ...(rows.length > limit && last && { next: last.position }),
  };
}

/** The columns that a report may change, and those of its key. */
function changing(deploymentId: string, target: Target) {
  const { id: targetId, status, events, command, lastUpdated } = target;
  return {
    deploymentId,
    targetId,
    status,
    lastUpdated,
    // Encoded here: drizzle would write the text "null" for a placeholder without a value.
    events: JSON.stringify(events),
    command: command ? JSON.stringify(command) : null,
  };
}

function fromRow(row: typeof targets.$inferSelect): Target {
  return {
    id: row.targetId,
    status: row.status,
    events: row.events,
    lastUpdated: row.lastUpdated,
    ...(row.label !== null && { label: row.label }),
    ...(row.zone !== null && { zone: row.zone }),
    ...(row.command !== null && { command: row.command }),
  };
}
