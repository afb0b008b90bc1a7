/** GetDeployment. @module */
import { z } from "zod";
import { DeploymentId } from "../../domain/name.ts";
import type { Engine } from "../../engine/engine.ts";
import { namesOf } from "../../engine/begin.ts";
import { deploymentInfo } from "../deployment_info.ts";
import { operation } from "../operation.ts";
import { DeploymentInfo } from "../shapes/deployment.ts";

export const getDeployment = (engine: Pick<Engine, "deployment">) =>
  operation({
    name: "GetDeployment",
    role: "viewer",
    input: z.object({ deploymentId: DeploymentId }),
    output: z.object({ deploymentInfo: DeploymentInfo }),
    errors: [
      "DeploymentDoesNotExistException",
      "DeploymentIdRequiredException",
      "InvalidDeploymentIdException",
    ],
    run({ deploymentId }, { store, timeLapse }) {
      const deployment = engine.deployment(deploymentId);
      const names = namesOf(store.read, deployment);
      return { deploymentInfo: deploymentInfo(deployment, names, timeLapse) };
    },
  });
