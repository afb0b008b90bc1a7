/**
 * Topics and their subscriptions. Deleting a topic takes its subscriptions along; a subscriber that
 * left stays as `deleted` until its token expires, so that it can come back by its link.
 * @module
 */
import { and, asc, count, eq, gt, lte, ne } from "drizzle-orm";
import type { ResourceTag } from "../domain/resource_tag.ts";
import type { Subscription, Topic } from "../domain/topic.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { subscriptions, topics } from "./schema.ts";

/** An address of a topic; there is one subscription for it at most. */
export type SubscriptionAddress = Pick<Subscription, "topic" | "protocol" | "endpoint">;

export function findTopic(db: Db, name: string): Topic | undefined {
  return db.select().from(topics).where(eq(topics.name, name)).get();
}

/** Writes a topic, unless there is one with its name. */
export function insertTopic(tx: Tx, topic: Topic): void {
  tx.insert(topics).values({ ...topic, tags: [...topic.tags] }).onConflictDoNothing().run();
}

export function setTopicAttributes(
  tx: Tx,
  name: string,
  change: Partial<Pick<Topic, "displayName" | "signatureVersion" | "policy">>,
): void {
  if (Object.keys(change).length === 0) return;
  tx.update(topics).set(change).where(eq(topics.name, name)).run();
}

export function setTopicTags(tx: Tx, name: string, tags: readonly ResourceTag[]): void {
  tx.update(topics).set({ tags: [...tags] }).where(eq(topics.name, name)).run();
}

/**
 * Removes a topic and whoever listens to it; answers the ids of those. Does nothing when it is not
 * there.
 */
export function deleteTopic(tx: Tx, name: string): string[] {
  const gone = tx.delete(subscriptions).where(eq(subscriptions.topic, name))
    .returning({ id: subscriptions.id }).all();
  tx.delete(topics).where(eq(topics.name, name)).run();
  return gone.map(({ id }) => id);
}

/** Topics in the order of their names, after one of them. */
export function listTopics(db: Db, from: { after?: string | undefined; limit: number }): Topic[] {
  return db.select().from(topics).where(gt(topics.name, from.after ?? "")).orderBy(asc(topics.name))
    .limit(from.limit).all();
}

export function findSubscription(db: Db, id: string): Subscription | undefined {
  return db.select().from(subscriptions).where(eq(subscriptions.id, id)).get();
}

/** The subscription of an address, in whatever status. */
export function subscriptionAt(db: Db, at: SubscriptionAddress): Subscription | undefined {
  return db.select().from(subscriptions).where(and(
    eq(subscriptions.topic, at.topic),
    eq(subscriptions.protocol, at.protocol),
    eq(subscriptions.endpoint, at.endpoint),
  )).get();
}

/** The subscription of a topic that has this token. */
export function subscriptionByToken(
  db: Db,
  topic: string,
  token: string,
): Subscription | undefined {
  return db.select().from(subscriptions)
    .where(and(eq(subscriptions.topic, topic), eq(subscriptions.token, token))).get();
}

/** Writes a subscription, in place of one with its id. */
export function putSubscription(tx: Tx, subscription: Subscription): void {
  tx.insert(subscriptions).values(subscription)
    .onConflictDoUpdate({ target: subscriptions.id, set: subscription }).run();
}

export function removeSubscription(tx: Tx, id: string): void {
  tx.delete(subscriptions).where(eq(subscriptions.id, id)).run();
}

/** Forgets those whose token has expired by `now` without a word from them. */
export function removeExpiredSubscriptions(tx: Tx, now: number): void {
  tx.delete(subscriptions).where(and(
    ne(subscriptions.status, "confirmed"),
    lte(subscriptions.tokenExpires, now),
  )).run();
}

/** Subscriptions that have not left, of one topic or of all, in the order of their ids. */
export function listSubscriptions(
  db: Db,
  from: { topic?: string | undefined; after?: string | undefined; limit: number },
): Subscription[] {
  return db.select().from(subscriptions).where(and(
    gt(subscriptions.id, from.after ?? ""),
    ne(subscriptions.status, "deleted"),
    from.topic === undefined ? undefined : eq(subscriptions.topic, from.topic),
  )).orderBy(asc(subscriptions.id)).limit(from.limit).all();
}

/** Who gets what is published to a topic. */
export function confirmedSubscriptions(db: Db, topic: string): Subscription[] {
  return db.select().from(subscriptions).where(and(
    eq(subscriptions.topic, topic),
    eq(subscriptions.status, "confirmed"),
  )).orderBy(asc(subscriptions.id)).all();
}

/** How many subscriptions of a topic are in each status. */
export function countSubscriptions(
  db: Db,
  topic: string,
): Record<Subscription["status"], number> {
  const counts = { pending: 0, confirmed: 0, deleted: 0 };
  const rows = db.select({ status: subscriptions.status, n: count() }).from(subscriptions)
    .where(eq(subscriptions.topic, topic)).groupBy(subscriptions.status).all();
  for (const { status, n } of rows) counts[status] = n;
  return counts;
}
