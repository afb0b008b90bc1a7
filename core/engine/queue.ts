/**
 * Deployments that wait: for the one before them, for their time, for the end of a freeze, for a
 * lock to be taken away. Written with their request, as Queued, and begun in the order in which they
 * could have begun when nothing of their group is under way. Where one waits for another, it begins
 * in the commit that ends that one, so that no crash comes between the two; a rollback is made in
 * that commit as well, and goes first.
 * @module
 */
import { eq } from "drizzle-orm";
import { findGroup } from "../store/deployment_groups.ts";
import { beginQueued, begunDeploymentOf, waitingOf } from "../store/deployments.ts";
import type { Tx } from "../store/group_commit.ts";
import { deploymentGroups } from "../store/schema.ts";
import { gateOf, isOpen } from "./gate.ts";

/**
 * Lets the first that may begin, unless the group has a deployment under way; answers its id. `now`
 * in milliseconds since the epoch.
 */
export function beginNext(tx: Tx, groupId: string, now: number): string | undefined {
  if (begunDeploymentOf(tx, groupId)) return undefined;
  const waiting = waitingOf(tx, groupId, now);
  if (waiting.length === 0) return undefined;
  const group = findGroup(tx, groupId);
  // Without its group it cannot be carried out, and says so when it begins.
  const gate = group && gateOf(tx, group, now);
  const next = waiting.find(({ request }) => !gate || isOpen(gate, request));
  if (!next) return undefined;
  // What was on the group's hosts when the request came may have been replaced meanwhile.
  const { previousRevision: _then, keepArchiveOf: _last, ...request } = next.request;
  const previousRevision = group?.targetRevision;
  const keepArchiveOf = group?.lastSuccessfulDeploymentId;
  beginQueued(tx, next.id, {
    ...request,
    ...(previousRevision && { previousRevision }),
    ...(keepArchiveOf && { keepArchiveOf }),
  });
  tx.update(deploymentGroups).set({ lastAttemptedDeploymentId: next.id })
    .where(eq(deploymentGroups.id, groupId)).run();
  return next.id;
}
