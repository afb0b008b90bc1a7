/** BatchGetDeploymentTargets: one unknown id refuses the call. @module */
import { z } from "zod";
import type { Deployment } from "../../domain/deployment.ts";
import { DomainError } from "../../domain/errors.ts";
import { DeploymentId } from "../../domain/name.ts";
import { LIMITS } from "../../domain/limits.ts";
import { TargetId } from "../../domain/target.ts";
import type { Engine } from "../../engine/engine.ts";
import { operation } from "../operation.ts";
import { readTargets } from "../read_targets.ts";
import { DeploymentTarget } from "../shapes/deployment_target.ts";

const Input = z.object({
  deploymentId: DeploymentId,
  targetIds: z.array(TargetId).min(1).max(LIMITS.batchTargets),
});

export const batchGetDeploymentTargets = (engine: Pick<Engine, "deployment">) =>
  operation({
    name: "BatchGetDeploymentTargets",
    role: "viewer",
    input: Input,
    output: z.object({ deploymentTargets: z.array(DeploymentTarget) }),
    errors: [
      "DeploymentDoesNotExistException",
      "DeploymentIdRequiredException",
      "DeploymentNotStartedException",
      "DeploymentTargetDoesNotExistException",
      "DeploymentTargetIdRequiredException",
      "DeploymentTargetListSizeExceededException",
      "InstanceDoesNotExistException",
      "InvalidDeploymentIdException",
      "InvalidDeploymentTargetIdException",
    ],
    run({ deploymentId, targetIds }, context) {
      refuseSeveral(engine.deployment(deploymentId), targetIds);
      return { deploymentTargets: readTargets(engine, deploymentId, targetIds, context) };
    },
  });

/** A deployment to Lambda or ECS has one target, and the service takes one id (service model). */
function refuseSeveral({ id, request }: Deployment, { length }: readonly string[]): void {
  if (length === 1 || request.computePlatform === "Server") return;
  throw new DomainError(
    "DeploymentTargetListSizeExceededException",
    "targetIds",
    `targetIds: has ${length} entries; the deployment ${id} is for ${request.computePlatform} and ` +
      `takes one`,
  );
}
