/**
 * What CodeDeploy publishes for the triggers of a deployment group (user guide, "JSON data formats for
 * CodeDeploy triggers"; spec 9.1). Every value is a string, numbers and times too; what is an object
 * or a list in the guide's sample travels as JSON text, which is how consumers parse it. Inside of it
 * the names are in PascalCase.
 * @module
 */
import type { Deployment, RollbackInfo } from "../domain/deployment.ts";
import type { Realm } from "../domain/identity.ts";
import type { LifecycleEvent } from "../domain/lifecycle_event.ts";
import type { TargetStatus } from "../domain/target.ts";
import { shortSubject } from "../domain/topic.ts";

/** Subject and text as they are published. */
export interface TriggerMessage {
  subject: string;
  message: string;
}

/** Whose trigger it is. */
export interface TriggerOrigin {
  realm: Realm;
  triggerName: string;
}

export interface DeploymentNews {
  applicationName: string;
  groupName: string;
  deployment: Pick<
    Deployment,
    "id" | "status" | "createTime" | "completeTime" | "overview" | "error" | "rollback"
  >;
}

/** Times in milliseconds since the epoch. */
export interface InstanceNews {
  deploymentId: string;
  instanceArn: string;
  instanceName: string;
  status: TargetStatus;
  lastUpdated: number;
  events: readonly LifecycleEvent[];
}

/** The message of a Deployment… trigger. */
export function deploymentMessage(
  { realm, triggerName }: TriggerOrigin,
  { applicationName, groupName, deployment }: DeploymentNews,
): TriggerMessage {
  const { id, status, createTime, completeTime, error, rollback } = deployment;
  const overview = deployment.overview;
  const rollbackInformation = rollbackText(rollback);
  return {
    subject: subject(status, realm, id, `to ${applicationName}`),
    message: JSON.stringify({
      region: realm.region,
      accountId: realm.account,
      eventTriggerName: triggerName,
      applicationName,
      deploymentId: id,
      deploymentGroupName: groupName,
      createTime: seconds(createTime),
      ...(completeTime !== undefined && { completeTime: seconds(completeTime) }),
      deploymentOverview: JSON.stringify({
        Failed: String(overview.Failed),
        InProgress: String(overview.InProgress),
        Pending: String(overview.Pending),
        Skipped: String(overview.Skipped),
        Succeeded: String(overview.Succeeded),
      }),
      status,
      ...(error && {
        errorInformation: JSON.stringify({ ErrorCode: error.code, ErrorMessage: error.message }),
      }),
      ...(rollbackInformation !== undefined && { rollbackInformation }),
    }),
  };
}

/** The message of an Instance… trigger. */
export function instanceMessage(
  { realm, triggerName }: TriggerOrigin,
  news: InstanceNews,
): TriggerMessage {
  return {
    subject: subject(news.status, realm, news.deploymentId, `on ${news.instanceName}`),
    message: JSON.stringify({
      region: realm.region,
      accountId: realm.account,
      eventTriggerName: triggerName,
      deploymentId: news.deploymentId,
      instanceId: news.instanceArn,
      lastUpdatedAt: seconds(news.lastUpdated),
      instanceStatus: news.status,
      lifecycleEvents: JSON.stringify(news.events.map((event) => ({
        LifecycleEvent: event.name,
        LifecycleEventStatus: event.status,
        ...(event.startTime !== undefined && { StartTime: seconds(event.startTime) }),
        ...(event.endTime !== undefined && { EndTime: seconds(event.endTime) }),
      }))),
    }),
  };
}

/** What is published when a trigger is saved, so that a person sees at once whether it arrives. */
export function testMessage(
  { realm, triggerName }: TriggerOrigin,
  group: { applicationName: string; groupName: string },
): TriggerMessage {
  return {
    subject: shortSubject(`TEST: AWS CodeDeploy trigger ${triggerName} in ${realm.region}`),
    message: JSON.stringify({
      region: realm.region,
      accountId: realm.account,
      eventTriggerName: triggerName,
      applicationName: group.applicationName,
      deploymentGroupName: group.groupName,
      message: `The trigger ${triggerName} of deployment group ${group.groupName} publishes here.`,
    }),
  };
}

/** `SUCCEEDED: AWS CodeDeploy d-… in us-east-1 to shop`, as AWS's own subjects are observed to be. */
function subject(status: string, { region }: Realm, id: string, where: string): string {
  const word = status.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
  return shortSubject(`${word}: AWS CodeDeploy ${id} in ${region} ${where}`);
}

function rollbackText(rollback: RollbackInfo): string | undefined {
  const { rollbackDeploymentId, rollbackTriggeringDeploymentId, rollbackMessage } = rollback;
  const said = {
    ...(rollbackMessage !== undefined && { RollbackMessage: rollbackMessage }),
    ...(rollbackDeploymentId !== undefined && { RollbackDeploymentId: rollbackDeploymentId }),
    ...(rollbackTriggeringDeploymentId !== undefined && {
      RollbackTriggeringDeploymentId: rollbackTriggeringDeploymentId,
    }),
  };
  return Object.keys(said).length > 0 ? JSON.stringify(said) : undefined;
}

/** Milliseconds as the text of seconds with a fraction, such as `1446744188.595`. */
function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}
