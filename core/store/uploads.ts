/**
 * Multipart uploads that are under way, and the parts that have arrived. An upload ends by being
 * completed or aborted; both take its rows away, so that of two requests that end it one wins.
 * @module
 */
import { and, asc, eq, gt, lt, or, sql } from "drizzle-orm";
import { ensureBucket } from "./buckets.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { uploadParts, uploads } from "./schema.ts";

export type Upload = typeof uploads.$inferSelect;
/** `etag` is the MD5 of the part in hex, `size` its bytes. */
export type UploadPart = typeof uploadParts.$inferSelect;

/** An upload is asked for with the key it was begun for. */
export type UploadAddress = Pick<Upload, "uploadId" | "bucket" | "key">;

export function insertUpload(tx: Tx, upload: Upload): void {
  ensureBucket(tx, { name: upload.bucket, createTime: upload.createTime });
  tx.insert(uploads).values(upload).run();
}

/** The upload, if it is under way and was begun for this key. */
export function findUpload(db: Db, at: UploadAddress): Upload | undefined {
  return db.select().from(uploads).where(and(
    eq(uploads.uploadId, at.uploadId),
    eq(uploads.bucket, at.bucket),
    eq(uploads.key, at.key),
  )).get();
}

/** The parts that have arrived, in the order of their numbers. */
export function listParts(db: Db, uploadId: string): UploadPart[] {
  return db.select().from(uploadParts).where(eq(uploadParts.uploadId, uploadId))
    .orderBy(asc(uploadParts.partNumber)).all();
}

/**
 * Keeps a part, in place of an earlier one with its number; answers that earlier one. The caller has
 * checked in the same commit that the upload exists.
 */
export function putPart(tx: Tx, part: UploadPart): UploadPart | undefined {
  const same = and(
    eq(uploadParts.uploadId, part.uploadId),
    eq(uploadParts.partNumber, part.partNumber),
  );
  const former = tx.delete(uploadParts).where(same).returning().get();
  tx.insert(uploadParts).values(part).run();
  return former;
}

/** Ends an upload. Answers false, and changes nothing, when somebody else has ended it. */
export function deleteUpload(tx: Tx, uploadId: string): boolean {
  const gone = tx.delete(uploads).where(eq(uploads.uploadId, uploadId)).returning().get();
  tx.delete(uploadParts).where(eq(uploadParts.uploadId, uploadId)).run();
  return gone !== undefined;
}

/** The uploads under way that were begun before `time` (milliseconds since the epoch). */
export function uploadsBefore(db: Db, time: number): Upload[] {
  return db.select().from(uploads).where(lt(uploads.createTime, time)).all();
}

/** The ids of all uploads under way. */
export function uploadIds(db: Db): Set<string> {
  return new Set(db.select({ id: uploads.uploadId }).from(uploads).all().map((row) => row.id));
}

/** A page of uploads: those of keys after `key`, and those of `key` itself with ids after `id`. */
export interface UploadQuery {
  bucket: string;
  prefix: string;
  after: { key: string; id: string | undefined };
  limit: number;
}

/** The uploads of a bucket that are under way, by key and then by id. */
export function listUploads(db: Db, { bucket, prefix, after, limit }: UploadQuery): Upload[] {
  const ofKey = after.id === undefined
    ? undefined
    : and(eq(uploads.key, after.key), gt(uploads.uploadId, after.id));
  return db.select().from(uploads).where(and(
    eq(uploads.bucket, bucket),
    or(gt(uploads.key, after.key), ofKey),
    sql`substr(${uploads.key}, 1, length(${prefix})) = ${prefix}`,
  )).orderBy(asc(uploads.key), asc(uploads.uploadId)).limit(limit).all();
}
