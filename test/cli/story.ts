/** Stream events as a test tells them: times count in milliseconds from a fixed start. @module */
import type { DeploymentEvent, HostEvent, TargetEvent } from "../../core/cli/deployment_view.ts";
import type { LogEvent } from "../../core/cli/event_stream.ts";

export const START = Date.UTC(2026, 10, 25, 12, 0, 0);
export const OLD = "s3://revisions/shop/old.tgz";
export const NEW = "s3://revisions/shop/new.tgz";

export function deployment(
  id: string,
  status: DeploymentEvent["status"],
  more: Partial<DeploymentEvent> = {},
): DeploymentEvent {
  const ended = ["Succeeded", "Failed", "Stopped"].includes(status);
  return {
    kind: "deployment",
    deploymentId: id,
    applicationName: "shop",
    deploymentGroupName: "production",
    configName: "CodeDeployDefault.OneAtATime",
    creator: "user",
    revision: NEW,
    status,
    overview: {},
    rollback: {},
    statusMessages: [],
    createTime: START,
    ...(ended && { completeTime: START + 12_000 }),
    ...more,
  };
}

export function host(
  id: string,
  targetId: string,
  status: TargetEvent["status"],
  events: HostEvent[] = [],
): TargetEvent {
  return { kind: "target", deploymentId: id, targetId, status, events };
}

export function ran(name: HostEvent["name"], from: number, to: number): HostEvent {
  return { name, status: "Succeeded", startTime: START + from, endTime: START + to };
}

export function scriptFailed(name: HostEvent["name"], from: number, to: number): HostEvent {
  return {
    ...ran(name, from, to),
    status: "Failed",
    diagnostics: {
      error_code: 4,
      script_name: "scripts/start.sh",
      message: "Script at specified location: scripts/start.sh failed with exit code 7",
      log: "LifecycleEvent - ApplicationStart\nScript - scripts/start.sh\n[stderr]no port\n",
    },
  };
}

export function log(id: string, targetId: string, sequence: number, ...texts: string[]): LogEvent {
  return {
    kind: "log",
    deploymentId: id,
    targetId,
    sequence,
    lines: texts.map((text) => ({
      event: "ApplicationStart",
      stream: "stdout",
      at: START + sequence,
      text,
    })),
  };
}
