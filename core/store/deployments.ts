/** Deployments. A terminal one is never written again (law 3): the rule stands in every `where`. @module */
import { and, count, desc, eq, gte, inArray, lt, lte, notInArray, or, sql } from "drizzle-orm";
import { type Deployment, DeploymentStatus, TERMINAL_DEPLOYMENT } from "../domain/deployment.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { prepared } from "./prepared.ts";
import { deployments } from "./schema.ts";

const TERMINAL = [...TERMINAL_DEPLOYMENT];
/** Named, so that the index on the status finds them among all that have ended. */
const ACTIVE = DeploymentStatus.options.filter((status) => !TERMINAL_DEPLOYMENT.has(status));

/** What a rollout changes of its deployment. */
export type DeploymentChange = Partial<
  Pick<
    Deployment,
    | "status"
    | "startTime"
    | "completeTime"
    | "overview"
    | "error"
    | "stop"
    | "terminationWait"
    | "rollback"
    | "statusMessages"
  >
>;

export function insertDeployment(tx: Tx, deployment: Deployment): void {
  const { statusMessages, ...rest } = deployment;
  tx.insert(deployments).values({ ...rest, statusMessages: [...statusMessages] }).run();
}

/** Writes a change; answers false, and writes nothing, when the deployment has already ended. */
export function changeDeployment(tx: Tx, id: string, change: DeploymentChange): boolean {
  const { statusMessages, ...rest } = change;
  const written = tx.update(deployments)
    .set({ ...rest, ...(statusMessages && { statusMessages: [...statusMessages] }) })
    .where(and(eq(deployments.id, id), notInArray(deployments.status, TERMINAL)))
    .returning({ id: deployments.id }).all();
  return written.length === 1;
}

const selectOne = (db: Db) =>
  db.select().from(deployments).where(eq(deployments.id, sql.placeholder("id"))).prepare();

export function getDeployment(db: Db, id: string): Deployment | undefined {
  const row = prepared(db, selectOne).get({ id });
  return row && fromRow(row);
}

/** Those that exist, in the order of `ids`. */
export function getDeployments(db: Db, ids: readonly string[]): Deployment[] {
  const rows = db.select().from(deployments).where(inArray(deployments.id, [...ids])).all();
  const byId = new Map(rows.map((row) => [row.id, fromRow(row)]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** The deployment of a group that is under way; one at a time is the rule (spec 1.3). */
export function begunDeploymentOf(db: Db, groupId: string): string | undefined {
  return db.select({ id: deployments.id }).from(deployments).where(and(
    eq(deployments.groupId, groupId),
    notInArray(deployments.status, [...TERMINAL, "Queued"]),
  )).get()?.id;
}

/** Of the deployments of a group that wait for another, the one that came first. */
export function firstQueuedOf(db: Db, groupId: string): Deployment | undefined {
  const row = db.select().from(deployments)
    .where(and(eq(deployments.groupId, groupId), eq(deployments.status, "Queued")))
    // Of those of one millisecond, in the order they were written.
    .orderBy(deployments.createTime, sql`rowid`).limit(1).get();
  return row && fromRow(row);
}

/** A deployment that waited may begin. */
export function beginQueued(tx: Tx, id: string, request: Deployment["request"]): void {
  tx.update(deployments).set({ status: "Created", request })
    .where(and(eq(deployments.id, id), eq(deployments.status, "Queued"))).run();
}

/** How many have not ended. */
export function countActiveDeployments(db: Db): number {
  return db.select({ n: count() }).from(deployments)
    .where(inArray(deployments.status, ACTIVE)).get()?.n ?? 0;
}

/** Ids of all deployments that have not ended, oldest first: what a starting server goes on with. */
export function unfinishedDeployments(db: Db): string[] {
  return db.select({ id: deployments.id }).from(deployments)
    .where(inArray(deployments.status, ACTIVE))
    .orderBy(deployments.createTime).all().map((row) => row.id);
}

export interface DeploymentFilter {
  groupId?: string;
  statuses?: readonly DeploymentStatus[];
  /** Creation time in milliseconds, both ends included. */
  from?: number;
  to?: number;
  /** The last deployment of the page before. */
  after?: { createTime: number; id: string };
}

/** Newest first. */
export function listDeployments(
  db: Db,
  filter: DeploymentFilter,
  limit: number,
): { id: string; createTime: number }[] {
  const { groupId, statuses, from, to, after } = filter;
  return db.select({ id: deployments.id, createTime: deployments.createTime }).from(deployments)
    .where(and(
      groupId === undefined ? undefined : eq(deployments.groupId, groupId),
      statuses?.length ? inArray(deployments.status, [...new Set(statuses)]) : undefined,
      from === undefined ? undefined : gte(deployments.createTime, from),
      to === undefined ? undefined : lte(deployments.createTime, to),
      after && or(
        lt(deployments.createTime, after.createTime),
        and(eq(deployments.createTime, after.createTime), lt(deployments.id, after.id)),
      ),
    ))
    .orderBy(desc(deployments.createTime), desc(deployments.id)).limit(limit).all();
}

function fromRow(row: typeof deployments.$inferSelect): Deployment {
  const { startTime, completeTime, error, stop, terminationWait, ...rest } = row;
  return {
    ...rest,
    ...(startTime !== null && { startTime }),
    ...(completeTime !== null && { completeTime }),
    ...(error !== null && { error }),
    ...(stop !== null && { stop }),
    ...(terminationWait !== null && { terminationWait }),
  };
}
