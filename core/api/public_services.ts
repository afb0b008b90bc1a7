/**
 * The operations that people and their tools call, as the two services of the wire: CodeDeploy's
 * own, and what CodeDeploy does not have. The agent protocol is not among them.
 * @module
 */
import type { Engine } from "../engine/engine.ts";
import type { Integrations } from "../engine/integration_setup.ts";
import { RUNTIME_TARGET_PREFIX } from "../wire/runtime_api.ts";
import {
  CODEDEPLOY_OPERATIONS,
  CODEDEPLOY_SIGNING_NAME,
  CODEDEPLOY_TARGET_PREFIX,
} from "./codedeploy_operations.ts";
import { deploymentOperations } from "./deployment_operations.ts";
import { type Operation, operationsByName } from "./operation.ts";
import { describeOperations } from "./operations/describe_operations.ts";
import { explainDeployment } from "./operations/explain_deployment.ts";
import { interventions } from "./operations/intervene.ts";
import { getDeploymentLogs } from "./operations/get_deployment_logs.ts";
import { listIntegrations } from "./operations/list_integrations.ts";
import { putIntegration } from "./operations/put_integration.ts";
import { tryIntegration } from "./operations/try_integration.ts";
import { releaseOperations } from "./release_operations.ts";
import type { Service } from "./router.ts";
import { RUNTIME_OPERATIONS } from "./runtime_operations.ts";
import { schedulingOperations } from "./scheduling_operations.ts";

export interface PublicService extends Service {
  operations: ReadonlyMap<string, Operation>;
}

export function publicServices(engine: Engine, integrations: Integrations): PublicService[] {
  const services: PublicService[] = [
    {
      targetPrefix: CODEDEPLOY_TARGET_PREFIX,
      signingNames: [CODEDEPLOY_SIGNING_NAME],
      operations: new Map([
        ...CODEDEPLOY_OPERATIONS,
        ...operationsByName(deploymentOperations(engine)),
      ]),
    },
    {
      targetPrefix: RUNTIME_TARGET_PREFIX,
      signingNames: [CODEDEPLOY_SIGNING_NAME],
      operations: new Map([
        ...RUNTIME_OPERATIONS,
        ...operationsByName([
          explainDeployment(engine),
          getDeploymentLogs(engine),
          listIntegrations(integrations),
          putIntegration(integrations),
          tryIntegration(integrations),
          ...interventions(engine),
          ...schedulingOperations(engine),
          ...releaseOperations(engine),
          describeOperations(() => services),
        ]),
      ]),
    },
  ];
  return services;
}
