/** GetDeploymentInstance: GetDeploymentTarget by its older name. @module */
import { z } from "zod";
import { DomainError } from "../../domain/errors.ts";
import { DeploymentId } from "../../domain/name.ts";
import type { Engine } from "../../engine/engine.ts";
import { getTargets } from "../../store/targets.ts";
import { INSTANCE_FAULTS, InstanceId, instanceSummary, refuseEcs } from "../instance_summaries.ts";
import { operation } from "../operation.ts";
import { InstanceSummary } from "../shapes/deployment_target.ts";

export const getDeploymentInstance = (engine: Pick<Engine, "deployment">) =>
  operation({
    name: "GetDeploymentInstance",
    role: "viewer",
    input: z.object({ deploymentId: DeploymentId, instanceId: InstanceId }),
    output: z.object({ instanceSummary: InstanceSummary }),
    errors: [
      "DeploymentDoesNotExistException",
      "DeploymentIdRequiredException",
      "InstanceDoesNotExistException",
      "InstanceIdRequiredException",
      "InvalidComputePlatformException",
      "InvalidDeploymentIdException",
      "InvalidInstanceNameException",
    ],
    faults: INSTANCE_FAULTS,
    run({ deploymentId, instanceId }, { store }) {
      refuseEcs(engine.deployment(deploymentId));
      const [target] = getTargets(store.read, deploymentId, [instanceId]);
      if (target) return { instanceSummary: instanceSummary(deploymentId, target) };
      throw new DomainError(
        "InstanceDoesNotExistException",
        "instanceId",
        `The deployment ${deploymentId} has no instance ${instanceId}`,
      );
    },
  });
