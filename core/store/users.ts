/**
 * Users of the IAM operations, with their inline policies. A name is taken whatever its case; it is
 * shown as it was written first.
 * @module
 */
import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { Tag } from "../domain/tag.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { userPolicies, users } from "./schema.ts";

/** `createTime` in milliseconds since the epoch; `path` begins and ends with a slash. */
export interface User {
  name: string;
  arn: string;
  path: string;
  tags: readonly Tag[];
  createTime: number;
}

/** Answers false, and writes nothing, when the name is taken. */
export function insertUser(tx: Tx, user: User): boolean {
  const row = { ...user, id: idOf(user.name), tags: [...user.tags] };
  return tx.insert(users).values(row).onConflictDoNothing()
    .returning({ id: users.id }).all().length === 1;
}

/** Gives a user another ARN, when the account of the server has changed. */
export function renameUser(tx: Tx, name: string, arn: string): void {
  tx.update(users).set({ arn }).where(eq(users.id, idOf(name))).run();
}

export function findUser(db: Db, name: string): User | undefined {
  return db.select().from(users).where(eq(users.id, idOf(name))).get();
}

export function findUserByArn(db: Db, arn: string): User | undefined {
  return db.select().from(users).where(eq(users.arn, arn)).get();
}

/** In the order of their names, those after one, at most `limit`. */
export function listUsers(
  db: Db,
  query: { pathPrefix: string; after: string },
  limit: number,
): User[] {
  const { pathPrefix, after } = query;
  const below = sql`substr(${users.path}, 1, ${pathPrefix.length}) = ${pathPrefix}`;
  return db.select().from(users).where(and(below, gt(users.id, idOf(after))))
    .orderBy(asc(users.id)).limit(limit).all();
}

export function setUserTags(tx: Tx, name: string, tags: readonly Tag[]): void {
  tx.update(users).set({ tags: [...tags] }).where(eq(users.id, idOf(name))).run();
}

export function deleteUser(tx: Tx, name: string): void {
  tx.delete(users).where(eq(users.id, idOf(name))).run();
}

/** In place of one with the same name. */
export function putUserPolicy(
  tx: Tx,
  policy: { user: string; name: string; document: string },
): void {
  const { user, name, document } = policy;
  tx.insert(userPolicies).values({ userId: idOf(user), name, document }).onConflictDoUpdate({
    target: [userPolicies.userId, userPolicies.name],
    set: { document },
  }).run();
}

/** A user's policies in the order of their names. */
export function listUserPolicies(db: Db, user: string): { name: string; document: string }[] {
  const { name, document } = userPolicies;
  return db.select({ name, document }).from(userPolicies)
    .where(eq(userPolicies.userId, idOf(user))).orderBy(asc(name)).all();
}

/** Answers false when there is none of that name. */
export function deleteUserPolicy(tx: Tx, user: string, name: string): boolean {
  return tx.delete(userPolicies)
    .where(and(eq(userPolicies.userId, idOf(user)), eq(userPolicies.name, name)))
    .returning({ name: userPolicies.name }).all().length === 1;
}

function idOf(name: string): string {
  return name.toLowerCase();
}
