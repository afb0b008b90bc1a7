/** Tags of applications and deployment groups, by the id of what they are on. @module */
import { and, asc, count, eq, gt, inArray, sql } from "drizzle-orm";
import { DomainError } from "../domain/errors.ts";
import type { ResourceTag } from "../domain/resource_tag.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { resourceTags } from "./schema.ts";

/** Adds tags, each in place of one with its key. Throws InvalidTagsToAdd beyond `most`. */
export function putResourceTags(
  tx: Tx,
  resourceId: string,
  tags: readonly ResourceTag[],
  most: number,
): void {
  if (tags.length === 0) return;
  const rows = tags.map(({ Key, Value }) => ({ resourceId, key: Key, value: Value }));
  tx.insert(resourceTags).values(rows).onConflictDoUpdate({
    target: [resourceTags.resourceId, resourceTags.key],
    set: { value: sql`excluded.value` },
  }).run();
  const held = tx.select({ n: count() }).from(resourceTags)
    .where(eq(resourceTags.resourceId, resourceId)).get()?.n ?? 0;
  if (held <= most) return;
  throw new DomainError(
    "InvalidTagsToAddException",
    "tags",
    `tags: the resource would have ${held} tags, and it may have ${most}. Remove ` +
      `some with UntagResource.`,
  );
}

/** A key that is not there is no fault. */
export function removeResourceTags(tx: Tx, resourceId: string, keys: readonly string[]): void {
  tx.delete(resourceTags).where(and(
    eq(resourceTags.resourceId, resourceId),
    inArray(resourceTags.key, [...keys]),
  )).run();
}

/** Tags whose keys come after `after`, in the order of keys, at most `limit`. */
export function listResourceTags(
  db: Db,
  resourceId: string,
  after: string | undefined,
  limit: number,
): ResourceTag[] {
  return db.select({ Key: resourceTags.key, Value: resourceTags.value }).from(resourceTags)
    .where(and(
      eq(resourceTags.resourceId, resourceId),
      after === undefined ? undefined : gt(resourceTags.key, after),
    )).orderBy(asc(resourceTags.key)).limit(limit).all();
}
