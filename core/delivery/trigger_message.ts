/**
 * What CodeDeploy publishes for the triggers of a deployment group (user guide, "JSON data formats for
 * CodeDeploy triggers"; spec 9.1). Every value is a string, numbers and times too; what is an object
 * or a list in the guide's sample travels as JSON text, which is how consumers parse it. Inside of it
 * the names are in PascalCase.
 * @module
 */
import type { RollbackInfo } from "../domain/deployment.ts";
import type { Realm } from "../domain/identity.ts";
import type { DeploymentFact, InstanceFact, OutboxFact } from "../domain/outbox_fact.ts";
import { shortSubject } from "../domain/topic.ts";

/** Subject and text as they are published. */
export interface TriggerMessage {
  subject: string;
  message: string;
}

/** What a trigger of this name publishes for a fact. */
export function triggerMessage(fact: OutboxFact, triggerName: string): TriggerMessage {
  return fact.kind === "deployment"
    ? deploymentMessage(fact, triggerName)
    : instanceMessage(fact, triggerName);
}

function deploymentMessage(fact: DeploymentFact, triggerName: string): TriggerMessage {
  const { status, completeTime, overview, error } = fact;
  const rollbackInformation = rollbackText(fact.rollback);
  return {
    subject: subject(fact, `to ${fact.applicationName}`),
    message: JSON.stringify({
      region: fact.region,
      accountId: fact.account,
      eventTriggerName: triggerName,
      applicationName: fact.applicationName,
      deploymentId: fact.deploymentId,
      deploymentGroupName: fact.deploymentGroupName,
      createTime: seconds(fact.createTime),
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

function instanceMessage(fact: InstanceFact, triggerName: string): TriggerMessage {
  return {
    subject: subject(fact, `on ${fact.instanceId}`),
    message: JSON.stringify({
      region: fact.region,
      accountId: fact.account,
      eventTriggerName: triggerName,
      deploymentId: fact.deploymentId,
      instanceId: fact.instanceArn,
      lastUpdatedAt: seconds(fact.lastUpdated),
      instanceStatus: fact.status,
      lifecycleEvents: JSON.stringify(fact.lifecycleEvents.map((event) => ({
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
  { realm, triggerName }: { realm: Realm; triggerName: string },
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
function subject({ status, deploymentId, region }: OutboxFact, where: string): string {
  const word = status.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
  return shortSubject(`${word}: AWS CodeDeploy ${deploymentId} in ${region} ${where}`);
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
