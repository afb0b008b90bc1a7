/**
 * Targets under their older name: instances of a deployment, as the deprecated operations show them
 * (service model, InstanceSummary). Those were made before ECS and do not know its targets.
 * @module
 */
import { z } from "zod";
import type { Deployment } from "../domain/deployment.ts";
import { DomainError } from "../domain/errors.ts";
import type { Target, TargetLabel } from "../domain/target.ts";
import { lifecycleEvent } from "./deployment_info.ts";
import { epochSeconds } from "./epoch_seconds.ts";
import type { MemberFaults } from "./member_faults.ts";
import type { InstanceSummary } from "./shapes/deployment_target.ts";

/** A host's name, an EC2 instance's id, or a function's name with its alias. */
export const InstanceId = z.string().regex(/^[A-Za-z0-9+=,.@_:-]{1,200}$/, {
  error: "must be 1 to 200 of A-Z a-z 0-9 + = , . @ _ : -",
});

const INSTANCE = {
  missing: "InstanceIdRequiredException",
  malformed: "InvalidInstanceNameException",
} as const;

export const INSTANCE_FAULTS: MemberFaults = {
  instanceId: INSTANCE,
  instanceIds: { ...INSTANCE, tooMany: "BatchLimitExceededException" },
};

/** Throws InvalidComputePlatform. */
export function refuseEcs({ id, request }: Deployment): void {
  if (request.computePlatform !== "ECS") return;
  throw new DomainError(
    "InvalidComputePlatformException",
    "deploymentId",
    `The deployment ${id} is for ECS, which has targets and no instances; use GetDeploymentTarget, ` +
      `BatchGetDeploymentTargets or ListDeploymentTargets`,
  );
}

/** Throws InvalidDeploymentInstanceType where labels are asked of a deployment that has none. */
export function checkLabels(
  { request }: Deployment,
  field: string,
  labels: TargetLabel[],
): TargetLabel[] {
  if (labels.length === 0 || request.style.deploymentType === "BLUE_GREEN") return labels;
  throw new DomainError(
    "InvalidDeploymentInstanceTypeException",
    field,
    `${field}: an in-place deployment has no Blue or Green hosts`,
  );
}

export function instanceSummary(deploymentId: string, target: Target): InstanceSummary {
  return {
    deploymentId,
    instanceId: target.id,
    status: target.status,
    lastUpdatedAt: epochSeconds(target.lastUpdated),
    lifecycleEvents: target.events.map(lifecycleEvent),
    instanceType: target.label,
  };
}
