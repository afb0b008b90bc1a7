/**
 * BatchGetDeploymentInstances: BatchGetDeploymentTargets by its older name. Ids that are not part of
 * the deployment are told in `errorMessage`; the others are answered all the same.
 * @module
 */
import { z } from "zod";
import { LIMITS } from "../../domain/limits.ts";
import { DeploymentId } from "../../domain/name.ts";
import type { Engine } from "../../engine/engine.ts";
import { getTargets } from "../../store/targets.ts";
import { INSTANCE_FAULTS, InstanceId, instanceSummary, refuseEcs } from "../instance_summaries.ts";
import { operation } from "../operation.ts";
import { InstanceSummary } from "../shapes/deployment_target.ts";

export const batchGetDeploymentInstances = (engine: Pick<Engine, "deployment">) =>
  operation({
    name: "BatchGetDeploymentInstances",
    role: "viewer",
    input: z.object({
      deploymentId: DeploymentId,
      instanceIds: z.array(InstanceId).min(1).max(LIMITS.batch),
    }),
    output: z.object({
      instancesSummary: z.array(InstanceSummary),
      errorMessage: z.string().optional(),
    }),
    errors: [
      "BatchLimitExceededException",
      "DeploymentDoesNotExistException",
      "DeploymentIdRequiredException",
      "InstanceIdRequiredException",
      "InvalidComputePlatformException",
      "InvalidDeploymentIdException",
      "InvalidInstanceNameException",
    ],
    faults: INSTANCE_FAULTS,
    run({ deploymentId, instanceIds }, { store }) {
      refuseEcs(engine.deployment(deploymentId));
      const targets = getTargets(store.read, deploymentId, instanceIds);
      const found = new Set(targets.map(({ id }) => id));
      const unknown = [...new Set(instanceIds)].filter((id) => !found.has(id));
      return {
        instancesSummary: targets.map((target) => instanceSummary(deploymentId, target)),
        ...(unknown.length > 0 && {
          errorMessage: `The deployment ${deploymentId} has no instance ${unknown.join(", ")}`,
        }),
      };
    },
  });
