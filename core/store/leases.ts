/**
 * Leases: who runs a deployment. Each new owner gets a greater fence, and every write of an owner
 * goes by its fence, so that a former owner's late write is refused (law 4).
 * @module
 */
import { and, eq, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { prepared } from "./prepared.ts";
import { leases } from "./schema.ts";

export type Lease = typeof leases.$inferSelect;

/** What a new owner has seen of the lease when it loaded the deployment. */
export type Seen = Pick<Lease, "fence" | "writes"> | undefined;

export function leaseOf(db: Db, deploymentId: string): Lease | undefined {
  return prepared(db, selectOne).get({ deploymentId });
}

const selectOne = (db: Db) =>
  db.select().from(leases).where(eq(leases.deploymentId, sql.placeholder("deploymentId")))
    .prepare();

/** Answers the new fence; undefined when somebody took it, or wrote, since it was seen. */
export function takeLease(
  tx: Tx,
  deploymentId: string,
  seen: Seen,
  { owner, expires }: Pick<Lease, "owner" | "expires">,
): number | undefined {
  const now = leaseOf(tx, deploymentId);
  if (now?.fence !== seen?.fence || now?.writes !== seen?.writes) return undefined;
  const lease = { owner, expires, fence: (seen?.fence ?? 0) + 1, writes: 0 };
  tx.insert(leases).values({ deploymentId, ...lease })
    .onConflictDoUpdate({ target: leases.deploymentId, set: lease }).run();
  return lease.fence;
}

const keep = (db: Db) =>
  db.update(leases).set({
    writes: sql`${leases.writes} + 1`,
    expires: sql`${sql.placeholder("expires")}`,
  }).where(and(
    eq(leases.deploymentId, sql.placeholder("deploymentId")),
    eq(leases.fence, sql.placeholder("fence")),
  )).returning({ fence: leases.fence }).prepare();

/** For each write of the owner; answers false when another has the lease now. */
export function keepLease(
  tx: Tx,
  deploymentId: string,
  { fence, expires }: Pick<Lease, "fence" | "expires">,
): boolean {
  return prepared(tx, keep).get({ deploymentId, fence, expires }) !== undefined;
}

/** A deployment that has ended belongs to nobody. */
export function dropLease(tx: Tx, deploymentId: string): void {
  tx.delete(leases).where(eq(leases.deploymentId, deploymentId)).run();
}
