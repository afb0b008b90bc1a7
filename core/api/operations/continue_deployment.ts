/** ContinueDeployment: a blue/green deployment goes on before its wait is over (spec 7). @module */
import { z } from "zod";
import { DeploymentId } from "../../domain/name.ts";
import type { Engine } from "../../engine/engine.ts";
import { operation } from "../operation.ts";

export const continueDeployment = (engine: Pick<Engine, "continueDeployment">) =>
  operation({
    name: "ContinueDeployment",
    role: "deployer",
    input: z.object({
      deploymentId: DeploymentId,
      deploymentWaitType: z.enum(["READY_WAIT", "TERMINATION_WAIT"]).default("READY_WAIT"),
    }),
    output: z.object({}),
    errors: [
      "DeploymentAlreadyCompletedException",
      "DeploymentDoesNotExistException",
      "DeploymentIdRequiredException",
      "DeploymentIsNotInReadyStateException",
      "InvalidDeploymentIdException",
      "InvalidDeploymentStatusException",
      "InvalidDeploymentWaitTypeException",
      "UnsupportedActionForDeploymentTypeException",
    ],
    faults: { deploymentWaitType: { malformed: "InvalidDeploymentWaitTypeException" } },
    async run({ deploymentId, deploymentWaitType }) {
      await engine.continueDeployment(
        deploymentId,
        deploymentWaitType,
        "InvalidDeploymentStatusException",
      );
    },
  });
