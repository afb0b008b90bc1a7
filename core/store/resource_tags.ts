/** Tags of applications and deployment groups, by the id of what they are on. @module */
import { and, asc, eq, gt, sql } from "drizzle-orm";
import { DomainError } from "../domain/errors.ts";
import type { ResourceTag } from "../domain/resource_tag.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { resourceTags } from "./schema.ts";

/** Rows of one statement. */
const AT_ONCE = 1_000;

/** Adds tags, each in place of one with its key. Throws InvalidTagsToAdd beyond `most`. */
export function putResourceTags(
  tx: Tx,
  resourceId: string,
  tags: readonly ResourceTag[],
  most: number,
): void {
  const before = tx.select({ key: resourceTags.key }).from(resourceTags)
    .where(eq(resourceTags.resourceId, resourceId)).all().map(({ key }) => key);
  const held = new Set([...before, ...tags.map(({ Key }) => Key)]).size;
  if (held > most) {
    throw new DomainError(
      "InvalidTagsToAddException",
      "tags",
      `tags: the resource would have ${held} tags, and it may have ${most}. Remove ` +
        `some with UntagResource.`,
    );
  }
  const rows = tags.map(({ Key, Value }) => ({ resourceId, key: Key, value: Value }));
  for (let at = 0; at < rows.length; at += AT_ONCE) {
    tx.insert(resourceTags).values(rows.slice(at, at + AT_ONCE)).onConflictDoUpdate({
      target: [resourceTags.resourceId, resourceTags.key],
      set: { value: sql`excluded.value` },
    }).run();
  }
}

/** A key that is not there is no fault. */
export function removeResourceTags(tx: Tx, resourceId: string, keys: readonly string[]): void {
  tx.delete(resourceTags).where(and(
    eq(resourceTags.resourceId, resourceId),
    // One parameter, however many keys: a statement has places for some 32,000.
    sql`${resourceTags.key} in (select value from json_each(${JSON.stringify(keys)}))`,
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
