/** Join tokens. Only the hash of a token is stored: who reads the store cannot join with it. @module */
import { createHash } from "node:crypto";
import { and, eq, gt, lte } from "drizzle-orm";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { joinTokens } from "./schema.ts";

/** Stores a token until `expiresAt` (milliseconds), and forgets those that have expired by `now`. */
export function insertJoinToken(
  tx: Tx,
  token: string,
  times: { expiresAt: number; now: number },
): void {
  tx.delete(joinTokens).where(lte(joinTokens.expiresAt, times.now)).run();
  tx.insert(joinTokens).values({ hash: hashOf(token), expiresAt: times.expiresAt }).run();
}

/** True for a token that was given out and has not expired. */
export function isJoinTokenGood(db: Db, token: string, now: number): boolean {
  const row = db.select({ hash: joinTokens.hash }).from(joinTokens)
    .where(and(eq(joinTokens.hash, hashOf(token)), gt(joinTokens.expiresAt, now))).get();
  return row !== undefined;
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
