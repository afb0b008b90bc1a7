/**
 * The settings of a deployment group as CreateDeploymentGroup and UpdateDeploymentGroup take them, and
 * the check of what they point at.
 * @module
 */
import { GroupSettings } from "../domain/deployment_group.ts";
import { DomainError, type ErrorName } from "../domain/errors.ts";
import { checkGroupSettings } from "../domain/group_settings.ts";
import type { ComputePlatform } from "../domain/name.ts";
import { refuseGradualShift } from "../domain/traffic_shift.ts";
import type { Tx } from "../store/group_commit.ts";
import type { ApiContext } from "./context.ts";
import type { MemberFaults } from "./member_faults.ts";

/** `arn:aws:iam::…:role/NAME`; nothing here assumes the role, but clients always send one. */
const ROLE_ARN = /^arn:[a-z-]+:iam::\d{12}:role\/\S+$/;

export const GroupInput = GroupSettings.shape;
export const ServiceRoleArn = GroupInput.serviceRoleArn.unwrap()
  .regex(ROLE_ARN, "must look like arn:aws:iam::123456789012:role/NAME");

/** An empty config name is a bad one: no operation on groups requires it. */
export const GROUP_FAULTS: MemberFaults = {
  deploymentConfigName: { malformed: "InvalidDeploymentConfigNameException" },
};

/** The exceptions that CreateDeploymentGroup and UpdateDeploymentGroup share. */
export const GROUP_ERRORS: readonly ErrorName[] = [
  "AlarmsLimitExceededException",
  "ApplicationDoesNotExistException",
  "ApplicationNameRequiredException",
  "DeploymentConfigDoesNotExistException",
  "DeploymentGroupAlreadyExistsException",
  "DeploymentGroupNameRequiredException",
  "ECSServiceMappingLimitExceededException",
  "InvalidAlarmConfigException",
  "InvalidApplicationNameException",
  "InvalidAutoRollbackConfigException",
  "InvalidAutoScalingGroupException",
  "InvalidBlueGreenDeploymentConfigurationException",
  "InvalidDeploymentConfigNameException",
  "InvalidDeploymentGroupNameException",
  "InvalidDeploymentStyleException",
  "InvalidEC2TagCombinationException",
  "InvalidEC2TagException",
  "InvalidECSServiceException",
  "InvalidInputException",
  "InvalidLoadBalancerInfoException",
  "InvalidOnPremisesTagCombinationException",
  "InvalidRoleException",
  "InvalidTagException",
  "InvalidTargetGroupPairException",
  "InvalidTrafficRoutingConfigurationException",
  "InvalidTriggerConfigException",
  "LifecycleHookLimitExceededException",
  "TagSetListLimitExceededException",
  "TriggerTargetsLimitExceededException",
];

/** Throws for the first rule that the settings break, and for a config that is missing or does not fit. */
export function checkGroup(
  tx: Tx,
  settings: GroupSettings,
  platform: ComputePlatform,
  { quotas, strategies }: Pick<ApiContext, "quotas" | "strategies">,
): void {
  checkGroupSettings(settings, platform, quotas);
  const { deploymentConfigName } = settings;
  if (deploymentConfigName === undefined) return;
  const config = strategies.configNamed(tx, deploymentConfigName);
  if (config.computePlatform === platform) {
    return refuseGradualShift(config, settings.loadBalancerInfo);
  }
  throw new DomainError(
    "InvalidDeploymentConfigNameException",
    "deploymentConfigName",
    `deploymentConfigName: ${config.name} is a config for ${config.computePlatform}, the ` +
      `application is for ${platform}`,
  );
}
