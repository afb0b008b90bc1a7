/**
 * Objects of the artifact store: what is known of each version; the bytes lie in files named by
 * their SHA-256, so that the same bundle pushed twice is stored once.
 *
 * Every write makes a version. A delete without a version writes a delete marker, as a bucket with
 * versioning does (S3 user guide): the key is gone, but a deployment that names an older version can
 * still roll back to it. A marker is a row without content: its `sha256` is empty.
 * @module
 */
import { join } from "node:path";
import { and, asc, desc, eq, gt, lt, max, or, sql } from "drizzle-orm";
import { ensureBucket } from "./buckets.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { objects } from "./schema.ts";

/** One version of one key; times in milliseconds since the epoch, sizes in bytes. */
export type StoredObject = typeof objects.$inferSelect;

/** What the writer of a version knows; number, version and time are given by the store. */
export type NewObject = Omit<StoredObject, "sequence" | "versionId">;

/** A key, and one version of it; without `versionId` the current one is meant. */
export interface ObjectAddress {
  bucket: string;
  key: string;
  versionId?: string;
}

/** Where the bytes of an object lie below the artifact directory. */
export function artifactFile(directory: string, sha256: string): string {
  return join(directory, sha256.slice(0, 2), sha256);
}

/** True for a version that says "deleted here" and has no bytes. */
export function isDeleteMarker(version: StoredObject): boolean {
  return version.sha256 === "";
}

/** The version asked for, delete markers included; undefined when there is none. */
export function findVersion(db: Db, at: ObjectAddress): StoredObject | undefined {
  const ofKey = and(eq(objects.bucket, at.bucket), eq(objects.key, at.key));
  const query = db.select().from(objects);
  if (at.versionId !== undefined) {
    return query.where(and(ofKey, eq(objects.versionId, at.versionId))).get();
  }
  return query.where(ofKey).orderBy(desc(objects.sequence)).limit(1).get();
}

/** The object asked for; undefined when there is none or its current version is a delete marker. */
export function findObject(db: Db, at: ObjectAddress): StoredObject | undefined {
  const version = findVersion(db, at);
  return version && !isDeleteMarker(version) ? version : undefined;
}

/**
 * Adds a version, which becomes the key's current one, and its bucket if that is not there. Its number is the time, or one more than the
 * last number when the clock stood still or went back; `versionId` begins with it and so sorts like
 * it. `random` (hex) keeps ids from being guessed or used twice.
 */
export function insertObject(tx: Tx, object: NewObject, random: string): StoredObject {
  const last = tx.select({ sequence: max(objects.sequence) }).from(objects)
    .where(and(eq(objects.bucket, object.bucket), eq(objects.key, object.key))).get();
  const sequence = Math.max(object.lastModified, (last?.sequence ?? 0) + 1);
  const versionId = sequence.toString(16).padStart(SEQUENCE_DIGITS, "0") + random;
  const row = { ...object, sequence, versionId };
  ensureBucket(tx, { name: object.bucket, createTime: object.lastModified });
  tx.insert(objects).values(row).run();
  return row;
}

/** Digits of the number in front of a version id. */
const SEQUENCE_DIGITS = 12;

/** The version that was added with this `random`; undefined when there is none. */
export function findVersionMadeWith(
  db: Db,
  at: { bucket: string; key: string; random: string },
): StoredObject | undefined {
  return db.select().from(objects).where(and(
    eq(objects.bucket, at.bucket),
    eq(objects.key, at.key),
    sql`substr(${objects.versionId}, ${SEQUENCE_DIGITS + 1}) = ${at.random}`,
  )).get();
}

/** Hides a key behind a delete marker; `at` is in milliseconds since the epoch. */
export function insertDeleteMarker(
  tx: Tx,
  address: { bucket: string; key: string; at: number },
  random: string,
): StoredObject {
  const { bucket, key, at } = address;
  const none = { etag: "", sha256: "", size: 0, contentType: null };
  const nothing = { metadata: {}, headers: {}, checksums: {} };
  return insertObject(tx, { bucket, key, ...none, ...nothing, lastModified: at }, random);
}

/** Removes one version for good; answers what it was, or undefined when there was none. */
export function deleteVersion(tx: Tx, at: Required<ObjectAddress>): StoredObject | undefined {
  return tx.delete(objects).where(and(
    eq(objects.bucket, at.bucket),
    eq(objects.key, at.key),
    eq(objects.versionId, at.versionId),
  )).returning().get();
}

/** True while any version has these bytes. */
export function isReferenced(db: Db, sha256: string): boolean {
  const row = db.select({ key: objects.key }).from(objects).where(eq(objects.sha256, sha256))
    .limit(1).get();
  return row !== undefined;
}

/** The SHA-256 of all bytes that any version has. */
export function referencedContent(db: Db): Set<string> {
  const rows = db.selectDistinct({ sha256: objects.sha256 }).from(objects).all();
  return new Set(rows.map((row) => row.sha256));
}

/** A page of a bucket: keys that start with `prefix` and sort after `after`, at most `limit`. */
export interface ListQuery {
  bucket: string;
  prefix: string;
  after: string;
  limit: number;
}

/** The current versions of a bucket in the order of their keys' UTF-8 bytes, as S3 lists them. */
export function listObjects(db: Db, query: ListQuery): StoredObject[] {
  const current = db.select({ key: objects.key, sequence: max(objects.sequence).as("newest") })
    .from(objects)
    .where(and(
      eq(objects.bucket, query.bucket),
      gt(objects.key, query.after),
      sql`substr(${objects.key}, 1, length(${query.prefix})) = ${query.prefix}`,
    ))
    .groupBy(objects.key).as("current");
  const rows = db.select().from(objects)
    .innerJoin(current, and(eq(objects.key, current.key), eq(objects.sequence, current.sequence)))
    .where(and(eq(objects.bucket, query.bucket), sql`${objects.sha256} <> ''`))
    .orderBy(objects.key).limit(query.limit).all();
  return rows.map((row) => row.objects);
}

/** A page of versions: those of keys that sort after `key`, and the older ones of `key` itself. */
export interface VersionQuery {
  bucket: string;
  prefix: string;
  after: { key: string; versionId: string | undefined };
  limit: number;
}

/**
 * All versions of a bucket, delete markers among them: by key, the newest of each first. After a key
 * with a version, those of it that are older come first; an unknown version counts as the oldest.
 */
export function listVersions(db: Db, query: VersionQuery): StoredObject[] {
  const { bucket, prefix, after, limit } = query;
  const marker = after.versionId === undefined
    ? undefined
    : findVersion(db, { bucket, key: after.key, versionId: after.versionId });
  const older = and(eq(objects.key, after.key), lt(objects.sequence, marker?.sequence ?? 0));
  return db.select().from(objects).where(and(
    eq(objects.bucket, bucket),
    or(gt(objects.key, after.key), older),
    sql`substr(${objects.key}, 1, length(${prefix})) = ${prefix}`,
  )).orderBy(asc(objects.key), desc(objects.sequence)).limit(limit).all();
}
