/**
 * The input of CreateDeployment, and of what does the same in another way (spec 1.3): what can be
 * refused at once is; the rest fails the deployment.
 * @module
 */
import { z } from "zod";
import { FileExistsBehavior } from "../domain/deployment.ts";
import { AlarmConfiguration, AutoRollbackConfiguration } from "../domain/deployment_group.ts";
import { DomainError, type ErrorName } from "../domain/errors.ts";
import { checkAlarms, checkAutoRollback } from "../domain/group_settings.ts";
import { LIMITS } from "../domain/limits.ts";
import { Name } from "../domain/name.ts";
import type { Quotas } from "../domain/quotas.ts";
import type { RevisionLocation } from "../domain/revision.ts";
import { TargetInstances } from "../domain/target_instances.ts";
import type { CreateDeploymentInput } from "../engine/create_deployment.ts";
import type { MemberFaults } from "./member_faults.ts";
import { RevisionInput } from "./revision_input.ts";
import { DeploymentMode } from "./shapes/deployment.ts";

/** What CreateDeployment takes. */
export const DeploymentInput = z.object({
  applicationName: Name,
  deploymentGroupName: Name,
  /** Only a RESTART goes without. */
  revision: RevisionInput.nullish(),
  deploymentConfigName: Name.optional(),
  description: z.string().max(LIMITS.description).optional(),
  ignoreApplicationStopFailures: z.boolean().default(false),
  updateOutdatedInstancesOnly: z.boolean().default(false),
  fileExistsBehavior: FileExistsBehavior.optional(),
  autoRollbackConfiguration: AutoRollbackConfiguration.optional(),
  overrideAlarmConfiguration: AlarmConfiguration.optional(),
  targetInstances: TargetInstances.optional(),
  deploymentMode: DeploymentMode.default("STANDARD"),
});
export type DeploymentInput = z.output<typeof DeploymentInput>;

/** An empty config name is a bad one: this operation does not require it. */
export const INPUT_FAULTS: MemberFaults = {
  deploymentConfigName: { malformed: "InvalidDeploymentConfigNameException" },
};

export const INPUT_ERRORS: readonly ErrorName[] = [
  "AlarmsLimitExceededException",
  "ApplicationDoesNotExistException",
  "ApplicationNameRequiredException",
  "DeploymentConfigDoesNotExistException",
  "DeploymentGroupDoesNotExistException",
  "DeploymentGroupNameRequiredException",
  "DeploymentLimitExceededException",
  "DescriptionTooLongException",
  "InvalidAlarmConfigException",
  "InvalidApplicationNameException",
  "InvalidAutoRollbackConfigException",
  "InvalidAutoScalingGroupException",
  "InvalidComputePlatformException",
  "InvalidDeploymentConfigNameException",
  "InvalidDeploymentGroupNameException",
  "InvalidECSServiceException",
  "InvalidFileExistsBehaviorException",
  "InvalidGitHubAccountTokenException",
  "InvalidIgnoreApplicationStopFailuresValueException",
  "InvalidInputException",
  "InvalidLoadBalancerInfoException",
  "InvalidRevisionException",
  "InvalidRoleException",
  "InvalidTargetInstancesException",
  "InvalidTrafficRoutingConfigurationException",
  "InvalidUpdateOutdatedInstancesOnlyValueException",
  "RevisionDoesNotExistException",
  "RevisionRequiredException",
];

/** What the engine is asked for; throws what its members cannot be together. */
export function deploymentAsked(input: DeploymentInput, quotas: Quotas): CreateDeploymentInput {
  const { autoRollbackConfiguration: rollback, overrideAlarmConfiguration: alarms } = input;
  checkAutoRollback(rollback);
  checkAlarms("overrideAlarmConfiguration", alarms, quotas.alarms);
  const { deploymentConfigName, description, fileExistsBehavior, targetInstances } = input;
  return {
    applicationName: input.applicationName,
    deploymentGroupName: input.deploymentGroupName,
    revision: revisionOf(input),
    ignoreApplicationStopFailures: input.ignoreApplicationStopFailures,
    updateOutdatedInstancesOnly: input.updateOutdatedInstancesOnly,
    ...(fileExistsBehavior && { fileExistsBehavior }),
    ...(deploymentConfigName !== undefined && { deploymentConfigName }),
    ...(description !== undefined && { description }),
    ...(rollback && { autoRollbackConfiguration: rollback }),
    ...(alarms && { overrideAlarmConfiguration: alarms }),
    ...(targetInstances && { targetInstances }),
  };
}

/** A RESTART takes no revision and every host (CodeDeploy API reference); all else needs one. */
function revisionOf(
  { deploymentMode, revision, updateOutdatedInstancesOnly }: DeploymentInput,
): RevisionLocation | "restart" {
  if (deploymentMode === "STANDARD") {
    if (revision) return revision;
    throw new DomainError(
      "RevisionRequiredException",
      "revision",
      "RevisionLocation must be specified",
    );
  }
  if (revision) {
    throw new DomainError(
      "InvalidRevisionException",
      "revision",
      "revision: a RESTART runs the group's last successful revision again; leave revision out, " +
        "or deploymentMode",
    );
  }
  if (updateOutdatedInstancesOnly) {
    throw new DomainError(
      "InvalidUpdateOutdatedInstancesOnlyValueException",
      "updateOutdatedInstancesOnly",
      "updateOutdatedInstancesOnly: a RESTART is for hosts that have the revision; leave it out",
    );
  }
  return "restart";
}
