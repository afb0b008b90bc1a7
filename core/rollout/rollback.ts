/**
 * Whether a deployment that ended badly is followed by a rollback, and by which (spec 8).
 * @module
 */
import type { Deployment, DeploymentRequest } from "../domain/deployment.ts";
import type { DeploymentConfig } from "../domain/deployment_config.ts";
import type { AutoRollbackEvent } from "../domain/deployment_group.ts";
import type { LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { Target, TargetLabel } from "../domain/target.ts";
import { hasTried } from "./leg.ts";

export type RollbackChoice =
  | { kind: "none" }
  /** A rollback was asked for, but cannot be; `message` goes to rollbackInfo. */
  | { kind: "impossible"; message: string }
  | { kind: "start"; request: DeploymentRequest };

/** The group's last success, as far as a rollback needs it. */
export type LastSuccess = Pick<Deployment, "id" | "request">;

/**
 * A rollback is a new deployment of the group's last successful revision with that deployment's
 * fileExistsBehavior. A rollback that fails is not rolled back again, a restart never is: the last
 * successful revision is the one that it ran. Where no host was touched there is nothing to take
 * back, and where only outdated hosts were to be, hosts on the last success are left alone.
 */
export function chooseRollback(
  ended: Pick<Deployment, "id" | "status" | "request" | "stop" | "overview">,
  last: LastSuccess | undefined,
  targets: readonly Target[] = [],
): RollbackChoice {
  const { request } = ended;
  if (request.creator === "codeDeployRollback" || !wanted(ended)) return { kind: "none" };
  return wayBack(ended, last, targets);
}

/** How a deployment that has ended, well or badly, is taken back to the success before it. */
export function wayBack(
  { id, request, overview }: Pick<Deployment, "id" | "request" | "overview">,
  before: LastSuccess | undefined,
  targets: readonly Target[] = [],
): Exclude<RollbackChoice, { kind: "none" }> {
  const isBlueGreen = request.style.deploymentType === "BLUE_GREEN";
  // Green hosts that were left Ready have the revision, and none of the traffic.
  const message = isBlueGreen
    ? noWayToBlue(targets)
    : overview.Succeeded + overview.Failed === 0
    ? "No host was changed, so there is nothing to roll back."
    : undefined;
  if (message !== undefined) return { kind: "impossible", message };
  if (request.restartOf !== undefined) {
    return {
      kind: "impossible",
      message: "A restart changes no revision, so there is nothing to roll back to.",
    };
  }
  if (!before) {
    return {
      kind: "impossible",
      message: "The deployment group has no earlier successful deployment to roll back to.",
    };
  }
  const { description: _ended, artifact: _broken, keepArchiveOf: _then, ...kept } = request;
  return {
    kind: "start",
    request: {
      ...kept,
      revision: before.request.revision,
      ...(before.request.artifact && { artifact: before.request.artifact }),
      previousRevision: request.revision,
      fileExistsBehavior: before.request.fileExistsBehavior,
      creator: "codeDeployRollback",
      rollbackOf: id,
      reuseArchiveOf: before.id,
      ...(!isBlueGreen && { config: everyHost(request.config) }),
    },
  };
}

/**
 * Zones, waves, pauses and approvals are for going forward (trap 47): back go all hosts that were
 * changed, and one that fails leaves none of the others behind. Hosts that came too late for a
 * deployment are no fleet of their own either.
 */
export function everyHost(
  { strategy: forward, zonalConfig: _zones, ...config }: DeploymentConfig,
): DeploymentConfig {
  const minimumHealthyHosts = config.minimumHealthyHosts ?? minimumIn(forward?.config);
  const options = minimumHealthyHosts ? { minimumHealthyHosts } : {};
  return { ...config, strategy: { name: "every-host", config: options } };
}

/** The bound that a strategy's own config sets on a fleet; `every-host` checks it. */
function minimumIn(config: unknown): unknown {
  if (typeof config !== "object" || config === null) return undefined;
  return "minimumHealthyHosts" in config ? config.minimumHealthyHosts : undefined;
}

/** Why the traffic of a blue/green deployment cannot go back; undefined when it can. */
function noWayToBlue(targets: readonly Target[]): string | undefined {
  const reached = (label: TargetLabel, event: LifecycleEventName) =>
    targets.some((target) => target.label === label && hasTried(target, event));
  if (reached("Blue", "ApplicationStop")) {
    return "The original hosts were ended already, so their traffic cannot go back to them.";
  }
  if (reached("Green", "AllowTraffic") || reached("Blue", "BlockTraffic")) return undefined;
  return "No traffic was shifted: the original hosts serve as before, so there is nothing to roll back.";
}

/** rollbackInfo.rollbackMessage of the two deployments (spec 2.7, observed texts). */
export function rollbackMessages(
  ended: string,
  rollback: string,
): { ended: string; rollback: string } {
  return {
    ended:
      `Deployment ${ended} terminated. Automatic rollback is triggered with a DeploymentId ${rollback}.`,
    rollback: `Deployment ${rollback} is triggered to roll back deployment ${ended}.`,
  };
}

function wanted(
  { status, request, stop }: Pick<Deployment, "status" | "request" | "stop">,
): boolean {
  if (status === "Stopped" && stop?.rollback) return true;
  const event: AutoRollbackEvent | undefined = status === "Failed"
    ? "DEPLOYMENT_FAILURE"
    : status !== "Stopped" || !stop
    ? undefined
    // An active alarm stops a deployment; its failure event does not fire (trap 27).
    : stop.error?.code === "ALARM_ACTIVE"
    ? "DEPLOYMENT_STOP_ON_ALARM"
    : "DEPLOYMENT_STOP_ON_REQUEST";
  const rules = request.autoRollback;
  return event !== undefined && rules?.enabled === true && rules.events.includes(event);
}
