/**
 * A deployment and its targets as CodeDeploy shows them (spec appendix A): epoch seconds, unset
 * members left out, content of text revisions withheld (trap 37).
 * @module
 */
import type { Deployment } from "../domain/deployment.ts";
import { instanceArn, type Realm } from "../domain/identity.ts";
import { lifecycleErrorCode, type LifecycleEvent } from "../domain/lifecycle_event.ts";
import type { Target } from "../domain/target.ts";
import { statusMessages } from "../engine/status_messages.ts";
import { epochSeconds } from "./epoch_seconds.ts";
import { withoutContent } from "./revision_content.ts";
import type { DeploymentInfo } from "./shapes/deployment.ts";
import type { DeploymentTarget } from "./shapes/deployment_target.ts";
import type { LifecycleEventShape } from "./shapes/lifecycle_event.ts";

/** DeploymentInfo of GetDeployment and BatchGetDeployments. */
export function deploymentInfo(
  deployment: Deployment,
  names: { application: string; group: string },
  timeLapse: number,
): DeploymentInfo {
  const { request } = deployment;
  const { startTime, completeTime } = deployment;
  return {
    // An application or group that was deleted has no name any more.
    applicationName: names.application || undefined,
    deploymentGroupName: names.group || undefined,
    deploymentConfigName: request.configName,
    deploymentId: deployment.id,
    previousRevision: request.previousRevision && withoutContent(request.previousRevision),
    revision: withoutContent(request.revision),
    status: deployment.status,
    errorInformation: deployment.error,
    createTime: epochSeconds(deployment.createTime),
    startTime: epochSeconds(startTime),
    completeTime: epochSeconds(completeTime),
    deploymentOverview: deployment.overview,
    description: request.description,
    creator: request.creator,
    ignoreApplicationStopFailures: request.ignoreApplicationStopFailures,
    autoRollbackConfiguration: request.autoRollback,
    updateOutdatedInstancesOnly: request.updateOutdatedInstancesOnly,
    rollbackInfo: deployment.rollback,
    deploymentStyle: request.style,
    instanceTerminationWaitTimeStarted: deployment.terminationWait !== undefined,
    blueGreenDeploymentConfiguration: request.blueGreen,
    loadBalancerInfo: request.loadBalancer,
    targetInstances: request.targetInstances,
    relatedDeployments: relatedDeployments(deployment),
    fileExistsBehavior: request.fileExistsBehavior,
    deploymentStatusMessages: statusMessages(deployment, timeLapse),
    computePlatform: request.computePlatform,
    overrideAlarmConfiguration: request.overrideAlarms,
    // Absent for STANDARD, as it is for deployments from before there was another mode (spec 1.3).
    deploymentMode: request.restartOf === undefined ? undefined : "RESTART",
  };
}

/** A follow-on names the one that its hosts came too late for, and that one its follow-ons. */
function relatedDeployments(
  { request, followOns }: Deployment,
): DeploymentInfo["relatedDeployments"] {
  const { autoUpdateOf } = request;
  if (autoUpdateOf !== undefined) {
    return { autoUpdateOutdatedInstancesRootDeploymentId: autoUpdateOf };
  }
  return followOns && { autoUpdateOutdatedInstancesDeploymentIds: [...followOns] };
}

/** DeploymentTarget of an on-premises host: its id is its name, its ARN that of its registration. */
export function deploymentTarget(
  deploymentId: string,
  target: Target,
  arn: string | undefined,
  realm: Realm,
): DeploymentTarget {
  return {
    deploymentTargetType: "InstanceTarget",
    instanceTarget: {
      deploymentId,
      targetId: target.id,
      targetArn: arn ?? instanceArn(realm, target.id),
      status: target.status,
      instanceLabel: target.label,
      lastUpdatedAt: epochSeconds(target.lastUpdated),
      lifecycleEvents: target.events.map(lifecycleEvent),
    },
  };
}

export function lifecycleEvent(event: LifecycleEvent): LifecycleEventShape {
  const { startTime, endTime, diagnostics } = event;
  return {
    lifecycleEventName: event.name,
    status: event.status,
    startTime: epochSeconds(startTime),
    endTime: epochSeconds(endTime),
    diagnostics: diagnostics && {
      errorCode: lifecycleErrorCode(diagnostics.error_code),
      scriptName: diagnostics.script_name,
      message: diagnostics.message,
      logTail: diagnostics.log,
    },
  };
}
