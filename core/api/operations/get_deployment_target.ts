/** GetDeploymentTarget. @module */
import { z } from "zod";
import { DeploymentId } from "../../domain/name.ts";
import type { Engine } from "../../engine/engine.ts";
import { operation } from "../operation.ts";
import { readTarget } from "../read_targets.ts";
import { DeploymentTarget } from "../shapes/deployment_target.ts";

const Input = z.object({ deploymentId: DeploymentId, targetId: z.string().min(1) });

export const getDeploymentTarget = (engine: Pick<Engine, "deployment">) =>
  operation({
    name: "GetDeploymentTarget",
    role: "viewer",
    input: Input,
    output: z.object({ deploymentTarget: DeploymentTarget }),
    errors: [
      "DeploymentDoesNotExistException",
      "DeploymentIdRequiredException",
      "DeploymentNotStartedException",
      "DeploymentTargetDoesNotExistException",
      "DeploymentTargetIdRequiredException",
      "InvalidDeploymentIdException",
      "InvalidDeploymentTargetIdException",
      "InvalidInstanceNameException",
    ],
    run({ deploymentId, targetId }, context) {
      return { deploymentTarget: readTarget(engine, deploymentId, targetId, context) };
    },
  });
