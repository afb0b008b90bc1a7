/**
 * Deployments that wait for the one before them (`--busy-group queue`): written with their request,
 * as Queued, and begun in the order they came when nothing of their group is under way. The next one
 * begins in the commit that ends the one before, so that no crash comes between the two; a rollback
 * is made in that commit as well, and goes first.
 * @module
 */
import { eq } from "drizzle-orm";
import { beginQueued, begunDeploymentOf, firstQueuedOf } from "../store/deployments.ts";
import type { Tx } from "../store/group_commit.ts";
import { deploymentGroups } from "../store/schema.ts";

/** What becomes of a request for a group that has a deployment under way: AWS refuses it. */
export type BusyGroup = "refuse" | "queue";

/** Lets the oldest that waits begin, unless the group has a deployment under way. */
export function beginNext(tx: Tx, groupId: string): void {
  if (begunDeploymentOf(tx, groupId)) return;
  const next = firstQueuedOf(tx, groupId);
  if (!next) return;
  const group = tx.select({ targetRevision: deploymentGroups.targetRevision })
    .from(deploymentGroups).where(eq(deploymentGroups.id, groupId)).get();
  // What was on the group's hosts when the request came may have been replaced meanwhile.
  const { previousRevision: _then, ...request } = next.request;
  const previousRevision = group?.targetRevision;
  beginQueued(tx, next.id, { ...request, ...(previousRevision && { previousRevision }) });
  tx.update(deploymentGroups).set({ lastAttemptedDeploymentId: next.id })
    .where(eq(deploymentGroups.id, groupId)).run();
}
