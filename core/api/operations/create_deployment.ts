/** CreateDeployment (spec 1.3): what can be refused at once is; the rest fails the deployment. @module */
import { z } from "zod";
import { FileExistsBehavior } from "../../domain/deployment.ts";
import { AlarmConfiguration, AutoRollbackConfiguration } from "../../domain/deployment_group.ts";
import { DomainError } from "../../domain/errors.ts";
import { checkAlarms, checkAutoRollback } from "../../domain/group_settings.ts";
import { LIMITS } from "../../domain/limits.ts";
import { Name } from "../../domain/name.ts";
import type { RevisionLocation } from "../../domain/revision.ts";
import type { Engine } from "../../engine/engine.ts";
import type { MemberFaults } from "../member_faults.ts";
import { operation } from "../operation.ts";
import { RevisionInput } from "../revision_input.ts";
import { TargetInstances } from "../../domain/target_instances.ts";
import { DeploymentMode } from "../shapes/deployment.ts";

const Input = z.object({
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

/** An empty config name is a bad one: this operation does not require it. */
const FAULTS: MemberFaults = {
  deploymentConfigName: { malformed: "InvalidDeploymentConfigNameException" },
};

export const createDeployment = (engine: Pick<Engine, "createDeployment">) =>
  operation({
    name: "CreateDeployment",
    role: "deployer",
    input: Input,
    output: z.object({ deploymentId: z.string() }),
    errors: [
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
    ],
    faults: FAULTS,
    async run(input, { quotas }) {
      refuseUnsupported(input);
      const { autoRollbackConfiguration: rollback, overrideAlarmConfiguration: alarms } = input;
      checkAutoRollback(rollback);
      checkAlarms("overrideAlarmConfiguration", alarms, quotas.alarms);
      const { deploymentConfigName, description, fileExistsBehavior } = input;
      const deploymentId = await engine.createDeployment({
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
      });
      return { deploymentId };
    },
  });

/** What this version cannot carry out is refused, never ignored. */
function refuseUnsupported(input: z.output<typeof Input>): void {
  if (input.targetInstances) {
    throw new DomainError(
      "InvalidTargetInstancesException",
      "targetInstances",
      "targetInstances belongs to blue/green deployments; an in-place one takes the group's hosts",
    );
  }
}

/** A RESTART takes no revision and every host (CodeDeploy API reference); all else needs one. */
function revisionOf(
  { deploymentMode, revision, updateOutdatedInstancesOnly }: z.output<typeof Input>,
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
