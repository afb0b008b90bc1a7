/** ListDeploymentInstances: ListDeploymentTargets by its older name. @module */
import { z } from "zod";
import { DeploymentId } from "../../domain/name.ts";
import { TargetStatus } from "../../domain/target.ts";
import type { Engine } from "../../engine/engine.ts";
import { listTargets } from "../../store/targets.ts";
import { checkLabels, refuseEcs } from "../instance_summaries.ts";
import { keyOfToken, tokenOf } from "../next_token.ts";
import { operation } from "../operation.ts";
import { TargetLabel } from "../shapes/deployment_target.ts";
import { startedDeployment } from "../started_deployment.ts";

export const listDeploymentInstances = (engine: Pick<Engine, "deployment">) =>
  operation({
    name: "ListDeploymentInstances",
    role: "viewer",
    input: z.object({
      deploymentId: DeploymentId,
      nextToken: z.string().optional(),
      instanceStatusFilter: z.array(TargetStatus).default([]),
      instanceTypeFilter: z.array(TargetLabel).default([]),
    }),
    output: z.object({ instancesList: z.array(z.string()), nextToken: z.string().optional() }),
    errors: [
      "ApplicationDoesNotExistException",
      "DeploymentDoesNotExistException",
      "DeploymentGroupDoesNotExistException",
      "DeploymentIdRequiredException",
      "DeploymentNotStartedException",
      "InvalidComputePlatformException",
      "InvalidDeploymentIdException",
      "InvalidDeploymentInstanceTypeException",
      "InvalidInstanceStatusException",
      "InvalidInstanceTypeException",
      "InvalidNextTokenException",
      "InvalidTargetFilterNameException",
    ],
    faults: {
      instanceStatusFilter: { malformed: "InvalidInstanceStatusException" },
      instanceTypeFilter: { malformed: "InvalidInstanceTypeException" },
    },
    run(input, { store, quotas }) {
      const { deploymentId, nextToken, instanceStatusFilter: statuses } = input;
      const deployment = startedDeployment(engine, deploymentId);
      refuseEcs(deployment);
      const labels = checkLabels(deployment, "instanceTypeFilter", input.instanceTypeFilter);
      const after = keyOfToken(nextToken, z.number().int());
      const filter = { statuses, labels, ...(after !== undefined && { after }) };
      const { ids, next } = listTargets(store.read, deploymentId, filter, quotas.page);
      return { instancesList: ids, ...(next !== undefined && { nextToken: tokenOf(next) }) };
    },
  });
