/** ExplainDeployment, which CodeDeploy does not have: the cause, the state and what to do next. @module */
import { DeploymentId } from "../../domain/name.ts";
import type { Engine } from "../../engine/engine.ts";
import { explainDeployment as explain } from "../../engine/explain_deployment.ts";
import { ExplainDeploymentInput, ExplainDeploymentOutput } from "../../wire/explain_api.ts";
import { operation } from "../operation.ts";

export const explainDeployment = (engine: Pick<Engine, "deployment">) =>
  operation({
    name: "ExplainDeployment",
    role: "viewer",
    input: ExplainDeploymentInput.extend({ deploymentId: DeploymentId }),
    output: ExplainDeploymentOutput,
    errors: [
      "DeploymentDoesNotExistException",
      "DeploymentIdRequiredException",
      "InvalidDeploymentIdException",
    ],
    run({ deploymentId }, { store, now, timeLapse }) {
      const deployment = engine.deployment(deploymentId);
      const { status, error } = deployment;
      const explained = explain(store.read, deployment, { now: now(), timeLapse });
      return { deploymentId, status, ...(error && { error }), ...explained };
    },
  });
