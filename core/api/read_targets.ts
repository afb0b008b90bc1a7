/** Targets of a deployment by their ids, as the API shows them. @module */
import { DomainError } from "../domain/errors.ts";
import type { Engine } from "../engine/engine.ts";
import { instancesNamed } from "../store/instances.ts";
import { getTargets } from "../store/targets.ts";
import type { ApiContext } from "./context.ts";
import { deploymentTarget } from "./deployment_info.ts";
import type { DeploymentTarget } from "./shapes/deployment_target.ts";
import { startedDeployment } from "./started_deployment.ts";

/** In the order of `ids`; throws DeploymentTargetDoesNotExist for one that is not part of it. */
export function readTargets(
  engine: Pick<Engine, "deployment">,
  deploymentId: string,
  ids: readonly string[],
  { store, realm }: Pick<ApiContext, "store" | "realm">,
): DeploymentTarget[] {
  startedDeployment(engine, deploymentId);
  const targets = getTargets(store.read, deploymentId, ids);
  const found = new Set(targets.map(({ id }) => id));
  const missing = ids.find((id) => !found.has(id));
  if (missing !== undefined) throw noSuchTarget(deploymentId, missing);
  const arns = new Map(
    instancesNamed(store.read, [...found]).map(({ name, arn }) => [name, arn]),
  );
  return targets.map((target) =>
    deploymentTarget(deploymentId, target, arns.get(target.id), realm)
  );
}

/** One target; throws DeploymentTargetDoesNotExist when it is not part of the deployment. */
export function readTarget(
  engine: Pick<Engine, "deployment">,
  deploymentId: string,
  id: string,
  context: Pick<ApiContext, "store" | "realm">,
): DeploymentTarget {
  const [target] = readTargets(engine, deploymentId, [id], context);
  if (!target) throw noSuchTarget(deploymentId, id);
  return target;
}

function noSuchTarget(deploymentId: string, id: string): DomainError {
  return new DomainError(
    "DeploymentTargetDoesNotExistException",
    "targetId",
    `The deployment ${deploymentId} has no target ${id}`,
  );
}
