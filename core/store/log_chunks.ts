/** Lines that hooks printed while they ran, in the order they reached the server. @module */
import { and, eq, gt, max } from "drizzle-orm";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { logChunks } from "./schema.ts";

/** `lines` is a JSON array of the wire's log lines, kept as it came. */
export interface LogChunk {
  sequence: number;
  targetId: string;
  lines: string;
}

export function insertLogChunk(tx: Tx, deploymentId: string, chunk: LogChunk): void {
  tx.insert(logChunks).values({ deploymentId, ...chunk }).run();
}

/** The greatest sequence of a deployment, 0 when nothing was printed yet. */
export function lastLogSequence(db: Db, deploymentId: string): number {
  return db.select({ last: max(logChunks.sequence) }).from(logChunks)
    .where(eq(logChunks.deploymentId, deploymentId)).get()?.last ?? 0;
}

/** Chunks after `after`, of one target if named. */
export function readLogChunks(
  db: Db,
  deploymentId: string,
  filter: { targetId?: string; after: number },
  limit: number,
): LogChunk[] {
  return db.select({
    sequence: logChunks.sequence,
    targetId: logChunks.targetId,
    lines: logChunks.lines,
  }).from(logChunks).where(and(
    eq(logChunks.deploymentId, deploymentId),
    gt(logChunks.sequence, filter.after),
    filter.targetId === undefined ? undefined : eq(logChunks.targetId, filter.targetId),
  )).orderBy(logChunks.sequence).limit(limit).all();
}
