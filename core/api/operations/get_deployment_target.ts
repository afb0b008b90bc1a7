/** GetDeploymentTarget. @module */
import { z } from "zod";
import type { Deployment } from "../../domain/deployment.ts";
import { DomainError } from "../../domain/errors.ts";
import { DeploymentId, Name } from "../../domain/name.ts";
import { TargetId } from "../../domain/target.ts";
import type { Engine } from "../../engine/engine.ts";
import { operation } from "../operation.ts";
import { readTarget } from "../read_targets.ts";
import { DeploymentTarget } from "../shapes/deployment_target.ts";

const Input = z.object({ deploymentId: DeploymentId, targetId: TargetId });

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
      refuseNoName(engine.deployment(deploymentId), targetId);
      return { deploymentTarget: readTarget(engine, deploymentId, targetId, context) };
    },
  });

/** Targets of Server deployments are instances, so their ids are names of instances. */
function refuseNoName({ request }: Deployment, targetId: string): void {
  if (request.computePlatform !== "Server") return;
  const [issue] = Name.safeParse(targetId).error?.issues ?? [];
  if (!issue) return;
  const message = `targetId: the name of an instance ${issue.message}`;
  throw new DomainError("InvalidInstanceNameException", "targetId", message);
}
