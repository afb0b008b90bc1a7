/** The operations that need the engine: deployments and their targets, and their logs. @module */
import type { Engine } from "../engine/engine.ts";
import type { Operation } from "./operation.ts";
import { batchGetDeployments } from "./operations/batch_get_deployments.ts";
import { batchGetDeploymentTargets } from "./operations/batch_get_deployment_targets.ts";
import { createDeployment } from "./operations/create_deployment.ts";
import { getDeployment } from "./operations/get_deployment.ts";
import { getDeploymentTarget } from "./operations/get_deployment_target.ts";
import { listDeployments } from "./operations/list_deployments.ts";
import { listDeploymentTargets } from "./operations/list_deployment_targets.ts";
import { stopDeployment } from "./operations/stop_deployment.ts";

export function deploymentOperations(engine: Engine): Operation[] {
  return [
    batchGetDeployments(),
    batchGetDeploymentTargets(engine),
    createDeployment(engine),
    getDeployment(engine),
    getDeploymentTarget(engine),
    listDeployments(),
    listDeploymentTargets(engine),
    stopDeployment(engine),
  ];
}
