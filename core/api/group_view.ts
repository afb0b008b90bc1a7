/** DeploymentGroupInfo: a group as the API shows it. @module */
import type { Application } from "../domain/application.ts";
import type { DeploymentGroup } from "../domain/deployment_group.ts";
import { newGroupSettings } from "../domain/group_settings.ts";
import { withoutContent } from "./revision_content.ts";
import type { Db } from "../store/database.ts";
import { type LastDeployment, lastDeployments } from "../store/deployment_groups.ts";
import { epochSeconds } from "./epoch_seconds.ts";
import type { DeploymentGroupInfo, LastDeploymentInfo } from "./shapes/deployment_group.ts";

/** The groups of an application, in their order, with what is known of their last deployments. */
export function deploymentGroupInfos(
  db: Db,
  application: Application,
  groups: readonly DeploymentGroup[],
): DeploymentGroupInfo[] {
  const last = lastDeployments(
    db,
    groups.flatMap((group) => [group.lastSuccessfulDeploymentId, group.lastAttemptedDeploymentId]),
  );
  return groups.map((group) => groupInfo(application, group, last));
}

/** One group of an application. */
export function deploymentGroupInfo(
  db: Db,
  application: Application,
  group: DeploymentGroup,
): DeploymentGroupInfo {
  const { lastSuccessfulDeploymentId, lastAttemptedDeploymentId } = group;
  const last = lastDeployments(db, [lastSuccessfulDeploymentId, lastAttemptedDeploymentId]);
  return groupInfo(application, group, last);
}

function groupInfo(
  application: Application,
  group: DeploymentGroup,
  last: ReadonlyMap<string, LastDeployment>,
): DeploymentGroupInfo {
  const { autoScalingGroups, ...settings } = newGroupSettings(
    group.settings,
    application.computePlatform,
  );
  return {
    applicationName: application.name,
    deploymentGroupId: group.id,
    deploymentGroupName: group.name,
    ...settings,
    // Names when they are written, objects when they are read (trap 35).
    autoScalingGroups: autoScalingGroups.map((name) => ({ name })),
    targetRevision: group.targetRevision && withoutContent(group.targetRevision),
    lastSuccessfulDeployment: lastDeploymentInfo(last, group.lastSuccessfulDeploymentId),
    lastAttemptedDeployment: lastDeploymentInfo(last, group.lastAttemptedDeploymentId),
    computePlatform: application.computePlatform,
  };
}

function lastDeploymentInfo(
  last: ReadonlyMap<string, LastDeployment>,
  id: string | undefined,
): LastDeploymentInfo | undefined {
  const deployment = id === undefined ? undefined : last.get(id);
  return deployment && {
    deploymentId: deployment.id,
    status: deployment.status,
    endTime: epochSeconds(deployment.completeTime),
    createTime: epochSeconds(deployment.createTime),
  };
}
