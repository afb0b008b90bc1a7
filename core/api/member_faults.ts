/**
 * Which exception a bad member of an input is (service model, operation error lists): missing, null
 * or empty is one, malformed another, the wrong JSON type a SerializationException. Types go first:
 * a service looks at members when it has read the request.
 * @module
 */
import type { z } from "zod";
import { DomainError, type ErrorName } from "../domain/errors.ts";
import { issueText } from "../domain/issue_text.ts";

export interface MemberFault {
  /** For a member that is left out, null or empty. */
  missing?: ErrorName;
  /** For a member that is there but breaks its rule. */
  malformed?: ErrorName;
  /** For a list with more entries than the operation takes; `malformed` when not given. */
  tooMany?: ErrorName;
}

/** By member; a dotted path names a member of a member and goes before its parent. */
export type MemberFaults = Readonly<Record<string, MemberFault>>;

const APPLICATION_NAME: MemberFault = {
  missing: "ApplicationNameRequiredException",
  malformed: "InvalidApplicationNameException",
};
const CONFIG_NAME: MemberFault = {
  missing: "DeploymentConfigNameRequiredException",
  malformed: "InvalidDeploymentConfigNameException",
};
const GROUP_NAME: MemberFault = {
  missing: "DeploymentGroupNameRequiredException",
  malformed: "InvalidDeploymentGroupNameException",
};
const DEPLOYMENT_ID: MemberFault = {
  missing: "DeploymentIdRequiredException",
  malformed: "InvalidDeploymentIdException",
};
const INSTANCE_NAME: MemberFault = {
  missing: "InstanceNameRequiredException",
  malformed: "InvalidInstanceNameException",
};
const REVISION: MemberFault = {
  missing: "RevisionRequiredException",
  malformed: "InvalidRevisionException",
};
const TARGET_ID: MemberFault = {
  missing: "DeploymentTargetIdRequiredException",
  malformed: "InvalidDeploymentTargetIdException",
};
const batch = (fault: MemberFault): MemberFault => ({
  ...fault,
  tooMany: "BatchLimitExceededException",
});

/** A member's name means the same in nearly every operation. */
const COMMON: MemberFaults = {
  alarmConfiguration: { malformed: "InvalidAlarmConfigException" },
  applicationName: APPLICATION_NAME,
  applicationNames: batch(APPLICATION_NAME),
  autoRollbackConfiguration: { malformed: "InvalidAutoRollbackConfigException" },
  autoScalingGroups: { malformed: "InvalidAutoScalingGroupException" },
  blueGreenDeploymentConfiguration: {
    malformed: "InvalidBlueGreenDeploymentConfigurationException",
  },
  computePlatform: { malformed: "InvalidComputePlatformException" },
  currentDeploymentGroupName: GROUP_NAME,
  deployed: { malformed: "InvalidDeployedStateFilterException" },
  deploymentConfigName: CONFIG_NAME,
  deploymentGroupName: GROUP_NAME,
  deploymentGroupNames: batch(GROUP_NAME),
  deploymentId: DEPLOYMENT_ID,
  deploymentIds: batch(DEPLOYMENT_ID),
  deploymentStyle: { malformed: "InvalidDeploymentStyleException" },
  description: { malformed: "DescriptionTooLongException" },
  ec2TagFilters: { malformed: "InvalidEC2TagException" },
  ec2TagSet: { malformed: "InvalidEC2TagException" },
  ecsServices: { malformed: "InvalidECSServiceException" },
  fileExistsBehavior: { malformed: "InvalidFileExistsBehaviorException" },
  iamSessionArn: { malformed: "InvalidIamSessionArnException" },
  iamUserArn: { missing: "IamUserArnRequiredException", malformed: "InvalidIamUserArnException" },
  instanceName: INSTANCE_NAME,
  instanceNames: batch(INSTANCE_NAME),
  loadBalancerInfo: { malformed: "InvalidLoadBalancerInfoException" },
  "loadBalancerInfo.targetGroupPairInfoList": { malformed: "InvalidTargetGroupPairException" },
  minimumHealthyHosts: { malformed: "InvalidMinimumHealthyHostValueException" },
  newApplicationName: APPLICATION_NAME,
  newDeploymentGroupName: GROUP_NAME,
  nextToken: { malformed: "InvalidNextTokenException" },
  onPremisesInstanceTagFilters: { malformed: "InvalidTagException" },
  onPremisesTagSet: { malformed: "InvalidTagException" },
  overrideAlarmConfiguration: { malformed: "InvalidAlarmConfigException" },
  registrationStatus: { malformed: "InvalidRegistrationStatusException" },
  revision: REVISION,
  revisions: batch(REVISION),
  s3Bucket: { malformed: "InvalidBucketNameFilterException" },
  s3KeyPrefix: { malformed: "InvalidKeyPrefixFilterException" },
  serviceRoleArn: { missing: "RoleRequiredException", malformed: "InvalidRoleException" },
  sortBy: { malformed: "InvalidSortByException" },
  sortOrder: { malformed: "InvalidSortOrderException" },
  tagFilters: { malformed: "InvalidTagFilterException" },
  tags: { missing: "TagRequiredException", malformed: "InvalidTagException" },
  targetId: TARGET_ID,
  targetInstances: { malformed: "InvalidTargetInstancesException" },
  targetIds: { ...TARGET_ID, tooMany: "DeploymentTargetListSizeExceededException" },
  tokenName: {
    missing: "GitHubAccountTokenNameRequiredException",
    malformed: "InvalidGitHubAccountTokenNameException",
  },
  trafficRoutingConfig: { malformed: "InvalidTrafficRoutingConfigurationException" },
  triggerConfigurations: { malformed: "InvalidTriggerConfigException" },
  zonalConfig: { malformed: "InvalidZonalDeploymentConfigurationException" },
};

/** The refusal for the first thing a schema found wrong in `raw`, of a wrong type before all else. */
export function memberFault(error: z.ZodError, raw: unknown, own: MemberFaults): DomainError {
  const issue = error.issues.find((one) => isWrongType(one, valueAt(raw, one.path))) ??
    error.issues[0];
  if (!issue || issue.path.length === 0) return serialization("", "the input is not an object");
  const path = issue.path.map(String);
  const field = path.join(".");
  const fault = faultOf(path, own);
  const value = valueAt(raw, issue.path);
  if (path.length === 1 && isEmpty(value) && fault.missing) {
    return new DomainError(fault.missing, field, missingText(field, fault.missing));
  }
  const text = issueText(issue, value);
  if (isWrongType(issue, value)) return serialization(field, text);
  const tooMany = issue.code === "too_big" && Array.isArray(value) ? fault.tooMany : undefined;
  const name = tooMany ?? fault.malformed ?? "InvalidInputException";
  return new DomainError(name, field, `${field}: ${text}`);
}

function faultOf(path: readonly string[], own: MemberFaults): MemberFault {
  const names = path.filter((part) => !/^\d+$/.test(part));
  for (let length = names.length; length > 0; length--) {
    const key = names.slice(0, length).join(".");
    const fault = own[key] ?? COMMON[key];
    if (fault) return fault;
  }
  return {};
}

/** Clients match on the text that CodeDeploy has for a missing revision. */
function missingText(field: string, name: ErrorName): string {
  if (name === "RevisionRequiredException") return "RevisionLocation must be specified";
  return `${field} must be given and not be empty`;
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "" ||
    (Array.isArray(value) && value.length === 0);
}

/** A value that is there, of a JSON type that the member never has; 1.5 for 1 is malformed. */
function isWrongType(issue: z.core.$ZodIssue, value: unknown): boolean {
  if (value === undefined) return false;
  if (issue.code === "invalid_type") return !(typeof value === "number" && isNumeric(issue));
  const isOneOfSome = issue.code === "invalid_value" || issue.code === "invalid_union";
  return isOneOfSome && typeof value !== "string";
}

function isNumeric(issue: z.core.$ZodIssueInvalidType): boolean {
  return issue.expected === "int" || issue.expected === "number";
}

function serialization(field: string, reason: string): DomainError {
  const at = field === "" ? "" : `${field}: `;
  return new DomainError("SerializationException", field, at + reason);
}
