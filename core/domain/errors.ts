/**
 * Refusals of the CodeDeploy API, spelled as on the wire.
 *
 * Names and families: spec 1.1 and 1.2 (service model). Common errors that every AWS JSON service
 * may answer have a list of their own. One table; nothing else in the project spells an error name freely.
 * @module
 */
import { z } from "zod";

/**
 * What every operation of an AWS JSON service may answer, whatever it does (spec 0): signature, role,
 * form of the request, state of the server. No operation names them as its own.
 */
const COMMON_ERROR_NAMES = [
  "AccessDeniedException",
  "ExpiredTokenException",
  "IncompleteSignatureException",
  "InternalFailure",
  "InvalidSignatureException",
  "MissingAuthenticationTokenException",
  "SerializationException",
  "ServiceUnavailableException",
  "ThrottlingException",
  "UnknownOperationException",
  "UnrecognizedClientException",
] as const;

export const ErrorName = z.enum([
  "AlarmsLimitExceededException",
  "ApplicationAlreadyExistsException",
  "ApplicationDoesNotExistException",
  "ApplicationLimitExceededException",
  "ApplicationNameRequiredException",
  "ArnNotSupportedException",
  "BatchLimitExceededException",
  "BucketNameFilterRequiredException",
  "DeploymentAlreadyCompletedException",
  "DeploymentConfigAlreadyExistsException",
  "DeploymentConfigDoesNotExistException",
  "DeploymentConfigInUseException",
  "DeploymentConfigLimitExceededException",
  "DeploymentConfigNameRequiredException",
  "DeploymentDoesNotExistException",
  "DeploymentGroupAlreadyExistsException",
  "DeploymentGroupDoesNotExistException",
  "DeploymentGroupLimitExceededException",
  "DeploymentGroupNameRequiredException",
  "DeploymentIdRequiredException",
  "DeploymentIsNotInReadyStateException",
  "DeploymentLimitExceededException",
  "DeploymentNotStartedException",
  "DeploymentTargetDoesNotExistException",
  "DeploymentTargetIdRequiredException",
  "DeploymentTargetListSizeExceededException",
  "DescriptionTooLongException",
  "ECSServiceMappingLimitExceededException",
  "GitHubAccountTokenDoesNotExistException",
  "GitHubAccountTokenNameRequiredException",
  "IamArnRequiredException",
  "IamSessionArnAlreadyRegisteredException",
  "IamUserArnAlreadyRegisteredException",
  "IamUserArnRequiredException",
  "InstanceDoesNotExistException",
  "InstanceIdRequiredException",
  "InstanceLimitExceededException",
  "InstanceNameAlreadyRegisteredException",
  "InstanceNameRequiredException",
  "InstanceNotRegisteredException",
  "InvalidAlarmConfigException",
  "InvalidApplicationNameException",
  "InvalidArnException",
  "InvalidAutoRollbackConfigException",
  "InvalidAutoScalingGroupException",
  "InvalidBlueGreenDeploymentConfigurationException",
  "InvalidBucketNameFilterException",
  "InvalidComputePlatformException",
  "InvalidDeployedStateFilterException",
  "InvalidDeploymentConfigNameException",
  "InvalidDeploymentGroupNameException",
  "InvalidDeploymentIdException",
  "InvalidDeploymentInstanceTypeException",
  "InvalidDeploymentStatusException",
  "InvalidDeploymentStyleException",
  "InvalidDeploymentTargetIdException",
  "InvalidDeploymentWaitTypeException",
  "InvalidEC2TagCombinationException",
  "InvalidEC2TagException",
  "InvalidECSServiceException",
  "InvalidExternalIdException",
  "InvalidFileExistsBehaviorException",
  "InvalidGitHubAccountTokenException",
  "InvalidGitHubAccountTokenNameException",
  "InvalidIamSessionArnException",
  "InvalidIamUserArnException",
  "InvalidIgnoreApplicationStopFailuresValueException",
  "InvalidInputException",
  "InvalidInstanceNameException",
  "InvalidInstanceStatusException",
  "InvalidInstanceTypeException",
  "InvalidKeyPrefixFilterException",
  "InvalidLifecycleEventHookExecutionIdException",
  "InvalidLifecycleEventHookExecutionStatusException",
  "InvalidLoadBalancerInfoException",
  "InvalidMinimumHealthyHostValueException",
  "InvalidNextTokenException",
  "InvalidOnPremisesTagCombinationException",
  "InvalidOperationException",
  "InvalidRegistrationStatusException",
  "InvalidRevisionException",
  "InvalidRoleException",
  "InvalidSortByException",
  "InvalidSortOrderException",
  "InvalidTagException",
  "InvalidTagFilterException",
  "InvalidTagsToAddException",
  "InvalidTargetFilterNameException",
  "InvalidTargetGroupPairException",
  "InvalidTargetInstancesException",
  "InvalidTimeRangeException",
  "InvalidTrafficRoutingConfigurationException",
  "InvalidTriggerConfigException",
  "InvalidUpdateOutdatedInstancesOnlyValueException",
  "InvalidZonalDeploymentConfigurationException",
  "LifecycleEventAlreadyCompletedException",
  "LifecycleHookLimitExceededException",
  "MultipleIamArnsProvidedException",
  "OperationNotSupportedException",
  "ResourceArnRequiredException",
  "ResourceValidationException",
  "RevisionDoesNotExistException",
  "RevisionRequiredException",
  "RoleRequiredException",
  "TagLimitExceededException",
  "TagRequiredException",
  "TagSetListLimitExceededException",
  "TriggerTargetsLimitExceededException",
  "UnsupportedActionForDeploymentTypeException",
  // The agent protocol (spec 12.1).
  "ClientException",
  "ServerException",
  ...COMMON_ERROR_NAMES,
]);
export type ErrorName = z.infer<typeof ErrorName>;

export const COMMON_ERRORS: readonly ErrorName[] = COMMON_ERROR_NAMES;

/**
 * A refusal the caller can act on: `name` is sent as `__type`, `field` is the input at fault (empty
 * when the refusal is about no single member), the message says what was found and what to do.
 */
export class DomainError extends Error {
  override readonly name: ErrorName;
  readonly field: string;
  constructor(name: ErrorName, field: string, message: string) {
    super(message);
    this.name = name;
    this.field = field;
  }
}
