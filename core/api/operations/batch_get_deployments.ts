/** BatchGetDeployments: unknown ids are left out, without a word (trap 34). @module */
import { z } from "zod";
import { LIMITS } from "../../domain/limits.ts";
import { DeploymentId } from "../../domain/name.ts";
import { namesOf } from "../../engine/begin.ts";
import { getDeployments } from "../../store/deployments.ts";
import { deploymentInfo } from "../deployment_info.ts";
import { operation } from "../operation.ts";
import { DeploymentInfo } from "../shapes/deployment.ts";

export const batchGetDeployments = () =>
  operation({
    name: "BatchGetDeployments",
    role: "viewer",
    input: z.object({ deploymentIds: z.array(DeploymentId).min(1).max(LIMITS.batch) }),
    output: z.object({ deploymentsInfo: z.array(DeploymentInfo) }),
    errors: [
      "BatchLimitExceededException",
      "DeploymentIdRequiredException",
      "InvalidDeploymentIdException",
    ],
    run({ deploymentIds }, { store: { read }, timeLapse }) {
      const found = getDeployments(read, deploymentIds);
      return {
        deploymentsInfo: found.map((one) => deploymentInfo(one, namesOf(read, one), timeLapse)),
      };
    },
  });
