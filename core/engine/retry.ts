/** RetryDeployment: what a deployment was asked to do, asked again. @module */
import { type Deployment, TERMINAL_DEPLOYMENT } from "../domain/deployment.ts";
import { DomainError } from "../domain/errors.ts";
import type { Target, TargetStatus } from "../domain/target.ts";
import type { CreateDeploymentInput } from "./create_deployment.ts";
import type { Names } from "./order.ts";

const UNSUCCESSFUL: ReadonlySet<TargetStatus> = new Set(["Failed", "Skipped", "Unknown"]);

/** The same revision, to the byte, with the same settings. Throws InvalidInput for one under way. */
export function retryOf({ id, status, request }: Deployment, names: Names): CreateDeploymentInput {
  if (!TERMINAL_DEPLOYMENT.has(status)) {
    throw invalid(
      "deploymentId",
      `${id} has not ended yet: it is ${status}. Stop it first: ` +
        `runtime stop ${id}`,
    );
  }
  if (!names.application || !names.group) {
    throw invalid("deploymentId", `the application or deployment group of ${id} was deleted`);
  }
  const { description, autoRollback, overrideAlarms, targetInstances } = request;
  const isServer = request.computePlatform === "Server";
  return {
    applicationName: names.application,
    deploymentGroupName: names.group,
    revision: { sameAs: request },
    deploymentConfigName: request.configName,
    ignoreApplicationStopFailures: request.ignoreApplicationStopFailures,
    updateOutdatedInstancesOnly: request.updateOutdatedInstancesOnly,
    ...(isServer && { fileExistsBehavior: request.fileExistsBehavior }),
    ...(request.hosts && { hosts: request.hosts }),
    ...(description !== undefined && { description }),
    ...(autoRollback && { autoRollbackConfiguration: autoRollback }),
    ...(overrideAlarms && { overrideAlarmConfiguration: overrideAlarms }),
    ...(targetInstances && { targetInstances }),
  };
}

/** The hosts that a deployment did not succeed on; throws InvalidInput when there are none. */
export function unsuccessfulHosts(
  { id, status, request }: Deployment,
  targets: readonly Target[],
): string[] {
  if (request.style.deploymentType === "BLUE_GREEN") {
    const whole =
      "goes to its whole replacement environment, as traffic moves to all of it or none";
    throw invalid("failedOnly", `${id} is blue/green and ${whole}; leave failedOnly out`);
  }
  const hosts = targets.filter((target) => UNSUCCESSFUL.has(target.status)).map((one) => one.id);
  if (hosts.length > 0) return hosts;
  const why = targets.length === 0
    ? `${id} is ${status} and never began on a host`
    : `${id} succeeded on all of its ${targets.length} hosts`;
  throw invalid("failedOnly", `${why}; leave failedOnly out to deploy to all hosts again`);
}

function invalid(field: string, why: string): DomainError {
  return new DomainError("InvalidInputException", field, `${field}: ${why}`);
}
