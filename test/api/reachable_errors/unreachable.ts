/**
 * Exceptions that the service model gives an operation and that a request cannot reach here, each
 * with the reason. They stay in the operation's `errors`, as in the model.
 * @module
 */

type Unreachable = [operations: string, error: string, reason: string];

/** Operations are separated by blanks; errors are written without `Exception`. */
export const UNREACHABLE: readonly Unreachable[] = [
  [
    "DeleteApplication DeleteDeploymentGroup",
    "InvalidRole",
    "no role is assumed to delete anything: there are no Auto Scaling hooks to take away",
  ],
  [
    "CreateDeploymentGroup UpdateDeploymentGroup",
    "LifecycleHookLimitExceeded",
    "no lifecycle hook is put on an Auto Scaling group",
  ],
  [
    "GetDeploymentGroup BatchGetDeploymentGroups",
    "DeploymentConfigDoesNotExist",
    "a config that a group uses cannot be deleted",
  ],
  ["GetDeploymentConfig", "InvalidComputePlatform", "the input names no compute platform"],
  [
    "BatchGetDeploymentTargets",
    "InstanceDoesNotExist",
    "a target that is not there is DeploymentTargetDoesNotExist, whatever it is",
  ],
  ["ListDeploymentInstances", "InvalidTargetFilterName", "the input has no targetFilters"],
  [
    "ListDeploymentTargets ListDeploymentInstances",
    "ApplicationDoesNotExist",
    "an application takes its deployments along when it is deleted",
  ],
  [
    "ListDeploymentTargets ListDeploymentInstances StopDeployment",
    "DeploymentGroupDoesNotExist",
    "the deployments of a deleted group are still there to be read and stopped",
  ],
  ["StopDeployment", "UnsupportedActionForDeploymentType", "CloudFormation deploys nothing here"],
  ["ListDeployments", "InvalidInput", "every member has an exception of its own"],
  [
    "ListGitHubAccountTokenNames DeleteGitHubAccountToken",
    "OperationNotSupported",
    "the server keeps tokens itself and supports both operations",
  ],
  [
    "ListGitHubAccountTokenNames DeleteGitHubAccountToken",
    "ResourceValidation",
    "names are listed and deleted without asking GitHub whether a token is good",
  ],
];
