/** BatchGetDeploymentTargets: one unknown id refuses the call. @module */
import { z } from "zod";
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
    run: ({ deploymentId, targetIds }, context) => ({
      deploymentTargets: readTargets(engine, deploymentId, targetIds, context),
    }),
  });
