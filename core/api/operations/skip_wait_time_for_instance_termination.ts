/**
 * SkipWaitTimeForInstanceTermination, which is ContinueDeployment with TERMINATION_WAIT by an older
 * name and with other exceptions (service model).
 * @module
 */
import { z } from "zod";
import { DeploymentId } from "../../domain/name.ts";
import type { Engine } from "../../engine/engine.ts";
import { operation } from "../operation.ts";

export const skipWaitTimeForInstanceTermination = (engine: Pick<Engine, "continueDeployment">) =>
  operation({
    name: "SkipWaitTimeForInstanceTermination",
    role: "deployer",
    input: z.object({ deploymentId: DeploymentId }),
    output: z.object({}),
    errors: [
      "DeploymentAlreadyCompletedException",
      "DeploymentDoesNotExistException",
      "DeploymentIdRequiredException",
      "DeploymentNotStartedException",
      "InvalidDeploymentIdException",
      "UnsupportedActionForDeploymentTypeException",
    ],
    async run({ deploymentId }) {
      await engine.continueDeployment(
        deploymentId,
        "TERMINATION_WAIT",
        "DeploymentNotStartedException",
      );
    },
  });
