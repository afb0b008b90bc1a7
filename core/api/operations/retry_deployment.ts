/** RetryDeployment, which CodeDeploy does not have: a deployment that went wrong, once more. @module */
import { z } from "zod";
import { DomainError, type ErrorName } from "../../domain/errors.ts";
import { DeploymentId } from "../../domain/name.ts";
import { namesOf } from "../../engine/begin.ts";
import type { Engine } from "../../engine/engine.ts";
import { retryOf, unsuccessfulHosts } from "../../engine/retry.ts";
import { allTargets } from "../../store/targets.ts";
import { RetryDeploymentInput } from "../../wire/scheduling_api.ts";
import { operation } from "../operation.ts";

const ERRORS: readonly ErrorName[] = [
  "DeploymentDoesNotExistException",
  "DeploymentIdRequiredException",
  "DeploymentLimitExceededException",
  "InvalidDeploymentIdException",
  "InvalidInputException",
];

export const retryDeployment = (engine: Pick<Engine, "createDeployment" | "deployment">) =>
  operation({
    name: "RetryDeployment",
    role: "deployer",
    input: RetryDeploymentInput.extend({ deploymentId: DeploymentId }),
    output: z.object({ deploymentId: z.string() }),
    errors: ERRORS,
    async run({ deploymentId, failedOnly }, { store: { read } }) {
      const before = engine.deployment(deploymentId);
      const asked = retryOf(before, namesOf(read, before));
      const hosts = failedOnly
        ? unsuccessfulHosts(before, allTargets(read, deploymentId))
        : asked.hosts;
      const again = { ...asked, ...(hosts && { hosts }) };
      return { deploymentId: await engine.createDeployment(again).catch(noMore) };
    },
  });

/** What the group, its config or its alarms have become meanwhile is no fault of a member here. */
function noMore(error: unknown): never {
  if (!(error instanceof DomainError) || ERRORS.includes(error.name)) throw error;
  const message = `deploymentId: it cannot be deployed again as it was: ${error.message}`;
  throw new DomainError("InvalidInputException", "deploymentId", message);
}
