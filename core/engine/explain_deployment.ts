/** Why a deployment stands as it does, from what is kept of it, its rollback and its group. @module */
import { eq } from "drizzle-orm";
import type { Cause } from "../domain/cause.ts";
import type { Deployment } from "../domain/deployment.ts";
import type { Target } from "../domain/target.ts";
import { causeOf } from "../rollout/cause.ts";
import { explain, type Explanation } from "../rollout/explanation.ts";
import { outOfTraffic } from "../rollout/out_of_traffic.ts";
import type { Db } from "../store/database.ts";
import { causeKept } from "../store/deployment_causes.ts";
import { begunDeploymentOf, getDeployment } from "../store/deployments.ts";
import { deploymentGroups } from "../store/schema.ts";
import { allTargets } from "../store/targets.ts";

export function explainDeployment(
  db: Db,
  deployment: Deployment,
  { now, timeLapse }: { now: number; timeLapse: number },
): Explanation & { cause?: Cause } {
  const { id, groupId, status } = deployment;
  const targets = allTargets(db, id);
  const cause = causeNow(db, deployment, targets);
  const { rollbackDeploymentId } = deployment.rollback;
  const back = rollbackDeploymentId === undefined
    ? undefined
    : getDeployment(db, rollbackDeploymentId);
  const backTargets = back ? allTargets(db, back.id) : [];
  const backCause = back && causeNow(db, back, backTargets);
  const { rollbackOf } = deployment.request;
  const earlier = rollbackOf === undefined ? [] : allTargets(db, rollbackOf);
  const before = status === "Queued" ? begunDeploymentOf(db, groupId) : undefined;
  const later = db.select({ id: deploymentGroups.lastAttemptedDeploymentId })
    .from(deploymentGroups).where(eq(deploymentGroups.id, groupId)).get()?.id ?? undefined;
  const isLater = later !== undefined && later !== id && later !== back?.id;
  return {
    ...(cause && { cause }),
    ...explain({
      deployment,
      targets,
      ...(back && { rollback: { deployment: back, ...(backCause && { cause: backCause }) } }),
      outOfTraffic: outOfTraffic(earlier, targets, backTargets),
      ...(before !== undefined && { before }),
      ...(isLater && { later }),
      ...{ now, timeLapse },
    }),
  };
}

/** As it was kept; deployments of earlier versions have kept none, but all it is made of. */
function causeNow(db: Db, deployment: Deployment, targets: Target[]): Cause | undefined {
  return causeKept(db, deployment.id) ?? causeOf({ deployment, targets });
}
