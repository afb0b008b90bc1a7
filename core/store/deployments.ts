/** Deployments. A terminal one is never written again (law 3): the rule stands in every `where`. @module */
import {
  and,
  count,
  desc,
  eq,
  gte,
  inArray,
  isNull,
  lt,
  lte,
  ne,
  notInArray,
  or,
  sql,
} from "drizzle-orm";
import { type Deployment, DeploymentStatus, TERMINAL_DEPLOYMENT } from "../domain/deployment.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { atGroupEnd, notAtGroupEnd } from "./group_end.ts";
import { prepared } from "./prepared.ts";
import { deployments } from "./schema.ts";

const TERMINAL = [...TERMINAL_DEPLOYMENT];
/** Named, so that the index on the status finds them among all that have ended. */
const ACTIVE = DeploymentStatus.options.filter((status) => !TERMINAL_DEPLOYMENT.has(status));
const BEGUN = ACTIVE.filter((status) => status !== "Queued");

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
    | "progress"
    | "terminationWait"
    | "rollback"
    | "statusMessages"
  >
>;

export function insertDeployment(tx: Tx, deployment: Deployment): void {
  const { statusMessages, followOns: _later, ...rest } = deployment;
  tx.insert(deployments).values({ ...rest, statusMessages: [...statusMessages] }).run();
}

/**
 * Writes a change, unless the deployment has already ended. The counts of its hosts, where nothing
 * else changes, are written once for all writes of a group commit.
 */
export function changeDeployment(tx: Tx, id: string, change: DeploymentChange): void {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  const [first] = given;
  if (given.length === 1 && first?.[0] === "overview") {
    return atGroupEnd(tx, id, (tx) => writeMembers(tx, id, given));
  }
  // What waits for the group's end is older than this.
  if (change.overview) notAtGroupEnd(tx, id);
  writeMembers(tx, id, given);
}

function writeMembers(tx: Tx, id: string, given: readonly [string, unknown][]): void {
  // Encoded here: a placeholder knows nothing of its column.
  const values = given.map((
    [member, value],
  ): [string, unknown] => [member, typeof value === "object" ? JSON.stringify(value) : value]);
  const shape = given.map(([member]) => member).join();
  const update = CHANGES.get(shape) ?? updateOf(shape.split(","));
  CHANGES.set(shape, update);
  prepared(tx, update).run({ ...Object.fromEntries(values), id });
}

/** By the members of a change, as each report of a host changes the same ones. */
const CHANGES = new Map<string, ReturnType<typeof updateOf>>();

function updateOf(members: readonly string[]) {
  const set = members.map((member) => [member, sql`${sql.placeholder(member)}`]);
  return (db: Db) =>
    db.update(deployments).set(Object.fromEntries(set)).where(and(
      eq(deployments.id, sql.placeholder("id")),
      notInArray(deployments.status, TERMINAL),
    )).prepare();
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
  return prepared(db, selectBegun).get({ groupId })?.id;
}

const selectBegun = (db: Db) =>
  db.select({ id: deployments.id }).from(deployments).where(and(
    eq(deployments.groupId, sql.placeholder("groupId")),
    inArray(deployments.status, BEGUN),
  )).prepare();

/**
 * The deployments of a group that wait and whose time has come, in the order in which they could have
 * begun.
 */
export function waitingOf(db: Db, groupId: string, now: number): Deployment[] {
  const { status, notBefore, createTime } = deployments;
  return db.select().from(deployments).where(and(
    eq(deployments.groupId, groupId),
    eq(status, "Queued"),
    or(isNull(notBefore), lte(notBefore, now)),
  ))
    // Of those of one millisecond, in the order they were written.
    .orderBy(sql`coalesce(${notBefore}, ${createTime})`, sql`rowid`).all().map(fromRow);
}

export interface WaitingGroup {
  groupId: string;
  /** How many wait whose time has come. */
  waiting: number;
  /** When the time of the next one comes; null if all have come. */
  next: number | null;
}

/** The groups for which deployments wait. */
export function waitingGroups(db: Db, now: number): WaitingGroup[] {
  return prepared(db, selectWaiting).all({ now });
}

const selectWaiting = (db: Db) => {
  const { groupId, status, notBefore } = deployments;
  const now = sql.placeholder("now");
  return db.select({
    groupId,
    waiting: sql<number>`sum(coalesce(${notBefore}, 0) <= ${now})`,
    next: sql<number | null>`min(case when ${notBefore} > ${now} then ${notBefore} end)`,
  }).from(deployments).where(eq(status, "Queued")).groupBy(groupId).prepare();
};

/** The deployment that waits to take the place of this one, if there is one. */
export function supersederOf(
  db: Db,
  { id, groupId }: Pick<Deployment, "id" | "groupId">,
): string | undefined {
  return db.select({ id: deployments.id }).from(deployments).where(and(
    eq(deployments.groupId, groupId),
    eq(deployments.status, "Queued"),
    sql`json_extract(${deployments.request}, '$.supersedes') = ${id}`,
  )).limit(1).get()?.id;
}

/** Deployments under way that are to be stopped because another waits to take their place. */
export function supersededDeployments(db: Db): string[] {
  const supersedes = sql<string | null>`json_extract(${deployments.request}, '$.supersedes')`;
  const ids = db.select({ supersedes }).from(deployments).where(eq(deployments.status, "Queued"))
    .all().flatMap((row) => row.supersedes ?? []);
  return getDeployments(db, ids).filter(({ status }) => !TERMINAL_DEPLOYMENT.has(status))
    .map(({ id }) => id);
}

/** A deployment that waited may begin. */
export function beginQueued(tx: Tx, id: string, request: Deployment["request"]): void {
  tx.update(deployments).set({ status: "Created", request, statusMessages: [] })
    .where(and(eq(deployments.id, id), eq(deployments.status, "Queued"))).run();
}

/** What had succeeded last in its group when a deployment began. */
export function lastSuccessBefore(db: Db, begun: Deployment): Deployment | undefined {
  const row = db.select().from(deployments).where(and(
    eq(deployments.groupId, begun.groupId),
    eq(deployments.status, "Succeeded"),
    ne(deployments.id, begun.id),
    lte(deployments.completeTime, begun.startTime ?? begun.createTime),
  )).orderBy(desc(deployments.completeTime), desc(deployments.startTime)).limit(1).get();
  return row && fromRow(row);
}

/** One of the deployments that have not ended and go by a config, if there is one. */
export function activeDeploymentBy(db: Db, configName: string): string | undefined {
  return db.select({ id: deployments.id }).from(deployments).where(and(
    inArray(deployments.status, ACTIVE),
    sql`json_extract(${deployments.request}, '$.configName') = ${configName}`,
  )).limit(1).get()?.id;
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
  const { groupId, from, to, after } = filter;
  const statuses = [...new Set(filter.statuses)];
  const asked = { groupId, from, to, after: after?.id, statuses: statuses[0] };
  const shape = Object.entries(asked).filter(([, value]) => value !== undefined)
    .map(([name]) => name).join();
  const select = PAGES.get(shape) ?? selectPage(shape.split(","));
  PAGES.set(shape, select);
  const afterTime = after?.createTime;
  const listed = JSON.stringify(statuses);
  return prepared(db, select).all({ ...asked, statuses: listed, afterTime, limit });
}

/** By the members of a filter that are given, as a listing is asked for again and again. */
const PAGES = new Map<string, ReturnType<typeof selectPage>>();

function selectPage(given: readonly string[]) {
  const { id, groupId, status, createTime } = deployments;
  const has = (member: string) => given.includes(member);
  const value = (name: string) => sql.placeholder(name);
  return (db: Db) =>
    db.select({ id, createTime }).from(deployments).where(and(
      has("groupId") ? eq(groupId, value("groupId")) : undefined,
      has("statuses")
        ? sql`${status} in (select value from json_each(${value("statuses")}))`
        : undefined,
      has("from") ? gte(createTime, value("from")) : undefined,
      has("to") ? lte(createTime, value("to")) : undefined,
      has("after")
        ? or(
          lt(createTime, value("afterTime")),
          and(eq(createTime, value("afterTime")), lt(id, value("after"))),
        )
        : undefined,
    )).orderBy(desc(createTime), desc(id)).limit(value("limit")).prepare();
}

function fromRow(row: typeof deployments.$inferSelect): Deployment {
  const { notBefore, startTime, completeTime, error, stop, ...waits } = row;
  const { progress, terminationWait, followOns, ...rest } = waits;
  return {
    ...rest,
    ...(notBefore !== null && { notBefore }),
    ...(startTime !== null && { startTime }),
    ...(completeTime !== null && { completeTime }),
    ...(error !== null && { error }),
    ...(stop !== null && { stop }),
    ...(progress !== null && { progress }),
    ...(followOns !== null && { followOns }),
    ...(terminationWait !== null && { terminationWait }),
  };
}

/** Notes that hosts came too late for a deployment and have one of their own now. */
export function addFollowOn(tx: Tx, id: string, followOn: string): void {
  const followOns = [...getDeployment(tx, id)?.followOns ?? [], followOn];
  tx.update(deployments).set({ followOns }).where(eq(deployments.id, id)).run();
}
