/** StopDeployment (spec 2.4). @module */
import { z } from "zod";
import { DeploymentId } from "../../domain/name.ts";
import type { Engine } from "../../engine/engine.ts";
import { operation } from "../operation.ts";

export const stopDeployment = (engine: Pick<Engine, "stopDeployment">) =>
  operation({
    name: "StopDeployment",
    role: "deployer",
    input: z.object({
      deploymentId: DeploymentId,
      autoRollbackEnabled: z.boolean().default(false),
    }),
    output: z.object({
      status: z.enum(["Pending", "Succeeded"]),
      statusMessage: z.string().optional(),
    }),
    errors: [
      "DeploymentAlreadyCompletedException",
      "DeploymentDoesNotExistException",
      "DeploymentGroupDoesNotExistException",
      "DeploymentIdRequiredException",
      "InvalidDeploymentIdException",
      "UnsupportedActionForDeploymentTypeException",
    ],
    run: ({ deploymentId, autoRollbackEnabled }, _context, { caller }) =>
      engine.stopDeployment(deploymentId, autoRollbackEnabled, caller.arn),
  });
