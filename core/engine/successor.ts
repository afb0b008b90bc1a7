/** Deployments that the server makes by itself when another of their group ends. @module */
import { eq } from "drizzle-orm";
import { type Deployment, NO_TARGETS } from "../domain/deployment.ts";
import { insertDeployment } from "../store/deployments.ts";
import type { Tx } from "../store/group_commit.ts";
import { deploymentGroups } from "../store/schema.ts";

/** Writes one as Created, in the group of the one that has ended. */
export function insertSuccessor(
  tx: Tx,
  { applicationId, groupId }: Pick<Deployment, "applicationId" | "groupId">,
  { id, request, rollback, now }: Pick<Deployment, "id" | "request" | "rollback"> & { now: number },
): void {
  insertDeployment(tx, {
    ...{ id, applicationId, groupId, request, rollback },
    status: "Created",
    createTime: now,
    overview: NO_TARGETS,
    statusMessages: [],
  });
  tx.update(deploymentGroups).set({ lastAttemptedDeploymentId: id })
    .where(eq(deploymentGroups.id, groupId)).run();
}
