/** A deployment whose targets may be asked for. @module */
import type { Deployment } from "../domain/deployment.ts";
import { DomainError } from "../domain/errors.ts";
import type { Engine } from "../engine/engine.ts";

/** Throws DeploymentDoesNotExist, and DeploymentNotStarted while its targets are not resolved yet. */
export function startedDeployment(engine: Pick<Engine, "deployment">, id: string): Deployment {
  const deployment = engine.deployment(id);
  if (deployment.status !== "Created" && deployment.status !== "Queued") return deployment;
  throw new DomainError(
    "DeploymentNotStartedException",
    "deploymentId",
    `The deployment ${id} has not started yet: it is ${deployment.status}`,
  );
}
