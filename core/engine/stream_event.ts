/** How the event stream shows a deployment and its targets (`core/wire/event_stream.ts`). @module */
import type { Deployment } from "../domain/deployment.ts";
import { revisionTitle } from "../domain/revision.ts";
import type { Target } from "../domain/target.ts";
import type { StreamEvent } from "../wire/event_stream.ts";
import type { Names } from "./order.ts";
import { statusMessages } from "./status_messages.ts";

export function targetEvent(deploymentId: string, target: Target): StreamEvent {
  const { id: targetId, status, events } = target;
  return { kind: "target", deploymentId, targetId, status, events: [...events] };
}

export function deploymentEvent(
  deployment: Deployment,
  names: Names,
  timeLapse: number,
): StreamEvent {
  const { request } = deployment;
  return {
    kind: "deployment",
    deploymentId: deployment.id,
    applicationName: names.application,
    deploymentGroupName: names.group,
    configName: request.configName,
    creator: request.creator,
    revision: revisionTitle(request.revision),
    status: deployment.status,
    overview: deployment.overview,
    rollback: deployment.rollback,
    statusMessages: statusMessages(deployment, timeLapse),
    createTime: deployment.createTime,
    ...(deployment.error && { error: deployment.error }),
    ...(deployment.completeTime !== undefined && { completeTime: deployment.completeTime }),
  };
}
