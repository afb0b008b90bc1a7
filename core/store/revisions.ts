/** Revisions of an application, known by their whole location (`revisionIdentity`). @module */
import { and, asc, desc, eq, inArray, notInArray, type SQL, sql } from "drizzle-orm";
import type { Revision, RevisionLocation } from "../domain/revision.ts";
import { revisionIdentity } from "../domain/revision.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { prepared } from "./prepared.ts";
import { deploymentGroups, revisions } from "./schema.ts";

/** What a caller registers; the times of use are the engine's to write. */
export type NewRevision = Pick<Revision, "applicationId" | "location" | "registerTime"> & {
  description?: string;
};

/** Registers a revision, or gives one that is registered a new description (service model: upsert). */
export function registerRevision(tx: Tx, revision: NewRevision): void {
  const description = revision.description ?? null;
  const identity = revisionIdentity(revision.location);
  prepared(tx, upsert).run({ ...revision, description, identity });
}

const upsert = (db: Db) =>
  db.insert(revisions).values({
    applicationId: sql.placeholder("applicationId"),
    location: sql.placeholder("location"),
    registerTime: sql.placeholder("registerTime"),
    description: sql.placeholder("description"),
    identity: sql.placeholder("identity"),
  }).onConflictDoUpdate({
    target: [revisions.applicationId, revisions.identity],
    set: { description: sql`excluded.description`, location: keepContent() },
  }).prepare();

/** A text that was registered with its content keeps it when its hash alone is registered again. */
function keepContent(): SQL {
  return sql`case when length(excluded.location) > length(${revisions.location})
    then excluded.location else ${revisions.location} end`;
}

export function findRevision(
  db: Db,
  applicationId: string,
  location: RevisionLocation,
): Revision | undefined {
  const row = db.select().from(revisions).where(and(
    eq(revisions.applicationId, applicationId),
    eq(revisions.identity, revisionIdentity(location)),
  )).get();
  return row && fromRow(row);
}

/** Whose repository of GitHub an application was taken from last; undefined if it never was. */
export function lastGitHubOwner(db: Db, applicationId: string): string | undefined {
  const row = db.select({ location: revisions.location }).from(revisions).where(and(
    eq(revisions.applicationId, applicationId),
    sql`json_extract(${revisions.location}, '$.revisionType') = 'GitHub'`,
  )).orderBy(desc(sql`coalesce(${revisions.lastUsedTime}, ${revisions.registerTime})`)).limit(1)
    .get();
  if (row?.location.revisionType !== "GitHub") return undefined;
  return row.location.gitHubLocation.repository.split("/")[0];
}

/** Which groups of an application have which revision as their target: identity → group names. */
export function groupsByTargetRevision(db: Db, applicationId: string): Map<string, string[]> {
  const rows = db.select({ name: deploymentGroups.name, target: deploymentGroups.targetRevision })
    .from(deploymentGroups).where(eq(deploymentGroups.applicationId, applicationId))
    .orderBy(asc(deploymentGroups.name)).all();
  const groups = new Map<string, string[]>();
  for (const { name, target } of rows) {
    if (!target) continue;
    const identity = revisionIdentity(target);
    groups.set(identity, [...groups.get(identity) ?? [], name]);
  }
  return groups;
}

export type RevisionOrder = "registerTime" | "firstUsedTime" | "lastUsedTime";

export interface RevisionQuery {
  applicationId: string;
  by: RevisionOrder;
  descending: boolean;
  bucket?: string;
  keyPrefix?: string;
  /** Only those that are, or are not, among these identities. */
  deployed?: { only: "these" | "others"; identities: readonly string[] };
  /** The last one of the page before. */
  after?: RevisionKey;
}

/** Place of a revision in a listing: its time (0 when it has none) and identity. */
export interface RevisionKey {
  time: number;
  identity: string;
}

/** A page; revisions without the time asked for count as time 0. */
export function listRevisions(
  db: Db,
  query: RevisionQuery,
  limit: number,
): { location: RevisionLocation; key: RevisionKey }[] {
  const { deployed, after, bucket, keyPrefix } = query;
  const time = sql<number>`coalesce(${revisions[query.by]}, 0)`;
  const order = query.descending ? desc : asc;
  const ahead = query.descending ? sql`<` : sql`>`;
  const rows = db.select({ location: revisions.location, identity: revisions.identity, time })
    .from(revisions).where(and(
      eq(revisions.applicationId, query.applicationId),
      bucket === undefined ? undefined : sql`${s3("bucket")} = ${bucket}`,
      keyPrefix === undefined
        ? undefined
        : sql`substr(${s3("key")}, 1, length(${keyPrefix})) = ${keyPrefix}`,
      deployed && (deployed.only === "these" ? inArray : notInArray)(
        revisions.identity,
        [...deployed.identities],
      ),
      after && sql`(${time}, ${revisions.identity}) ${ahead} (${after.time}, ${after.identity})`,
    ))
    .orderBy(order(time), order(revisions.identity)).limit(limit).all();
  return rows.map((row) => ({
    location: row.location,
    key: { time: row.time, identity: row.identity },
  }));
}

function s3(member: "bucket" | "key"): SQL {
  return sql`json_extract(${revisions.location}, ${`$.s3Location.${member}`})`;
}

function fromRow(row: typeof revisions.$inferSelect): Revision {
  const { applicationId, location, registerTime, description, firstUsedTime, lastUsedTime } = row;
  return {
    applicationId,
    location,
    registerTime,
    ...(description !== null && { description }),
    ...(firstUsedTime !== null && { firstUsedTime }),
    ...(lastUsedTime !== null && { lastUsedTime }),
  };
}
