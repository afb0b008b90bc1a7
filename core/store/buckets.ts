/**
 * Buckets of the artifact store. One is made by CreateBucket or by the first write to it, and goes
 * only when it is deleted empty: no object version, no delete marker, no upload under way.
 * @module
 */
import { asc, eq } from "drizzle-orm";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { buckets, objects, uploads } from "./schema.ts";

/** `createTime` is in milliseconds since the epoch. */
export type Bucket = typeof buckets.$inferSelect;

/** Makes the bucket unless it is there; answers whether it was made. */
export function ensureBucket(tx: Tx, bucket: Bucket): boolean {
  const made = tx.insert(buckets).values(bucket).onConflictDoNothing()
    .returning({ name: buckets.name }).get();
  return made !== undefined;
}

export function findBucket(db: Db, name: string): Bucket | undefined {
  return db.select().from(buckets).where(eq(buckets.name, name)).get();
}

/** All buckets by their names. */
export function listBuckets(db: Db): Bucket[] {
  return db.select().from(buckets).orderBy(asc(buckets.name)).all();
}

/** Removes a bucket; "full" when something is in it, "absent" when there was none. */
export function deleteBucket(tx: Tx, name: string): "deleted" | "full" | "absent" {
  const object = tx.select({ key: objects.key }).from(objects).where(eq(objects.bucket, name))
    .limit(1).get();
  const upload = tx.select({ key: uploads.key }).from(uploads).where(eq(uploads.bucket, name))
    .limit(1).get();
  if (object || upload) return "full";
  const gone = tx.delete(buckets).where(eq(buckets.name, name)).returning().get();
  return gone ? "deleted" : "absent";
}
