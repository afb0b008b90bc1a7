/** The operations that need the engine: deployments and their targets, and their logs. @module */
import type { Engine } from "../engine/engine.ts";
import type { Operation } from "./operation.ts";
import { batchGetDeployments } from "./operations/batch_get_deployments.ts";
import { batchGetDeploymentTargets } from "./operations/batch_get_deployment_targets.ts";
import { batchGetDeploymentInstances } from "./operations/batch_get_deployment_instances.ts";
import { continueDeployment } from "./operations/continue_deployment.ts";
import { createDeployment } from "./operations/create_deployment.ts";
import { getDeployment } from "./operations/get_deployment.ts";
import { getDeploymentInstance } from "./operations/get_deployment_instance.ts";
import { getDeploymentTarget } from "./operations/get_deployment_target.ts";
import { listDeployments } from "./operations/list_deployments.ts";
import { listDeploymentTargets } from "./operations/list_deployment_targets.ts";
import { listDeploymentInstances } from "./operations/list_deployment_instances.ts";
import { putLifecycleEventHookExecutionStatus } from "./operations/put_lifecycle_event_hook_execution_status.ts";
import { skipWaitTimeForInstanceTermination } from "./operations/skip_wait_time_for_instance_termination.ts";
import { stopDeployment } from "./operations/stop_deployment.ts";

export function deploymentOperations(engine: Engine): Operation[] {
  return [
    batchGetDeployments(),
    batchGetDeploymentTargets(engine),
    batchGetDeploymentInstances(engine),
    continueDeployment(engine),
    createDeployment(engine),
    getDeployment(engine),
    getDeploymentInstance(engine),
    getDeploymentTarget(engine),
    listDeployments(),
    listDeploymentTargets(engine),
    listDeploymentInstances(engine),
    putLifecycleEventHookExecutionStatus(engine),
    skipWaitTimeForInstanceTermination(engine),
    stopDeployment(engine),
  ];
}
