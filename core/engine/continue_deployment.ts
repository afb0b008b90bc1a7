/**
 * Whether a deployment that waits may go on before its wait is over (ContinueDeployment, spec 7), and
 * what that changes. Only blue/green deployments wait: for the shift of traffic, and for the end of
 * the instances that were there before.
 * @module
 */
import { type Deployment, TERMINAL_DEPLOYMENT } from "../domain/deployment.ts";
import { DomainError, type ErrorName } from "../domain/errors.ts";
import type { DeploymentChange } from "../store/deployments.ts";

export type WaitType = "READY_WAIT" | "TERMINATION_WAIT";

/** What the operation at hand calls a deployment whose termination wait has not begun. */
export type NotWaiting = Extract<
  ErrorName,
  "InvalidDeploymentStatusException" | "DeploymentNotStartedException"
>;

type Waiting = Pick<Deployment, "id" | "status" | "request" | "terminationWait">;

/** What ends the wait; undefined when it was cut short before. Throws DomainError. */
export function decideContinue(
  deployment: Waiting,
  wait: WaitType,
  { now, notWaiting }: { now: number; notWaiting: NotWaiting },
): DeploymentChange | undefined {
  const { id, status, terminationWait } = deployment;
  if (deployment.request.style.deploymentType !== "BLUE_GREEN") {
    throw refusal(
      "UnsupportedActionForDeploymentTypeException",
      `The deployment ${id} is in place; only a blue/green deployment waits`,
    );
  }
  if (TERMINAL_DEPLOYMENT.has(status)) {
    throw refusal(
      "DeploymentAlreadyCompletedException",
      `The deployment ${id} has already ended: it is ${status}`,
    );
  }
  if (wait === "READY_WAIT") {
    if (status === "Ready") return { status: "InProgress" };
    throw refusal(
      "DeploymentIsNotInReadyStateException",
      `The deployment ${id} does not wait for its traffic: it is ${status}, not Ready`,
    );
  }
  if (terminationWait?.skippedAt !== undefined) return undefined;
  if (terminationWait) return { terminationWait: { ...terminationWait, skippedAt: now } };
  throw refusal(
    notWaiting,
    `The deployment ${id} does not wait to end its original instances yet: it is ${status}`,
  );
}

function refusal(name: ErrorName, message: string): DomainError {
  return new DomainError(name, "deploymentId", message);
}
