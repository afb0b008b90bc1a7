/**
 * PutLifecycleEventHookExecutionStatus: a validation function says once how it went. Server
 * deployments have no such functions; their scripts are reported by the agent.
 * @module
 */
import { z } from "zod";
import { TERMINAL_DEPLOYMENT } from "../../domain/deployment.ts";
import { DomainError } from "../../domain/errors.ts";
import { LifecycleEventStatus } from "../../domain/lifecycle_event.ts";
import { DeploymentId } from "../../domain/name.ts";
import type { Engine } from "../../engine/engine.ts";
import { findHookExecution, reportHookExecution } from "../../store/hook_executions.ts";
import { operation } from "../operation.ts";

const BAD_ID = "InvalidLifecycleEventHookExecutionIdException";
const BAD_STATUS = "InvalidLifecycleEventHookExecutionStatusException";

export const putLifecycleEventHookExecutionStatus = (engine: Pick<Engine, "deployment">) =>
  operation({
    name: "PutLifecycleEventHookExecutionStatus",
    role: "deployer",
    input: z.object({
      deploymentId: DeploymentId,
      lifecycleEventHookExecutionId: z.string().min(1),
      /** Only Succeeded and Failed are an end, and taken. */
      status: LifecycleEventStatus,
    }),
    output: z.object({ lifecycleEventHookExecutionId: z.string() }),
    errors: [
      "DeploymentDoesNotExistException",
      "DeploymentIdRequiredException",
      "InvalidDeploymentIdException",
      BAD_ID,
      BAD_STATUS,
      "LifecycleEventAlreadyCompletedException",
      "UnsupportedActionForDeploymentTypeException",
    ],
    faults: {
      lifecycleEventHookExecutionId: { missing: BAD_ID, malformed: BAD_ID },
      status: { missing: BAD_STATUS, malformed: BAD_STATUS },
    },
    async run({ deploymentId, lifecycleEventHookExecutionId: id, status }, { store, now }) {
      if (status !== "Succeeded" && status !== "Failed") {
        throw new DomainError(
          BAD_STATUS,
          "status",
          `status: "${status}" is not Succeeded or Failed`,
        );
      }
      const deployment = engine.deployment(deploymentId);
      if (deployment.request.computePlatform === "Server") {
        throw new DomainError(
          "UnsupportedActionForDeploymentTypeException",
          "deploymentId",
          `The deployment ${deploymentId} is for Server; its hooks are scripts, which report ` +
            `themselves`,
        );
      }
      if (findHookExecution(store.read, id)?.deploymentId !== deploymentId) {
        throw new DomainError(
          BAD_ID,
          "lifecycleEventHookExecutionId",
          `No lifecycle hook of the deployment ${deploymentId} has the execution id ${id}`,
        );
      }
      const inTime = !TERMINAL_DEPLOYMENT.has(deployment.status) &&
        await store.commit((tx) => reportHookExecution(tx, id, { status, at: now() }));
      if (inTime) return { lifecycleEventHookExecutionId: id };
      throw new DomainError(
        "LifecycleEventAlreadyCompletedException",
        "lifecycleEventHookExecutionId",
        `The lifecycle hook with the execution id ${id} has already completed`,
      );
    },
  });
