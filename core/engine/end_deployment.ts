/**
 * The end of a deployment, one commit: its terminal state and why it came, what is now known of the
 * hosts, the group's new target revision after a success (law 5), and the rollback that follows a
 * failure. So no crash can come between an end and its rollback.
 * @module
 */
import { eq } from "drizzle-orm";
import {
  deployedIdentity,
  type Deployment,
  type ErrorInformation,
  type RollbackInfo,
  TERMINAL_DEPLOYMENT,
} from "../domain/deployment.ts";
import { deploymentIdFrom } from "../domain/name.ts";
import { type Target, TERMINAL_TARGET } from "../domain/target.ts";
import { causeOf } from "../rollout/cause.ts";
import { skipped, withoutAnswer } from "../rollout/host_report.ts";
import { wasTried } from "../rollout/leg.ts";
import { liveHostsAfter } from "../rollout/live_hosts.ts";
import { chooseRollback, rollbackMessages } from "../rollout/rollback.ts";
import { overviewOfTargets } from "../rollout/tally.ts";
import { insertCause } from "../store/deployment_causes.ts";
import { changeDeployment, getDeployment, supersederOf } from "../store/deployments.ts";
import type { Tx } from "../store/group_commit.ts";
import { noteHealth } from "../store/instance_health.ts";
import { dropLease } from "../store/leases.ts";
import { deploymentGroups } from "../store/schema.ts";
import { allTargets, updateTarget } from "../store/targets.ts";
import { insertSuccessor } from "./successor.ts";
import { beginNext } from "./queue.ts";
import { supersededBy } from "./supersede.ts";

export interface End {
  change: Pick<Deployment, "rollback" | "error">;
  /** A rollback deployment that now waits to be run. */
  rollbackId: string | undefined;
}

interface Ending {
  now: number;
  random: Uint8Array;
  /** Makes what follows a success, before those that wait may begin. */
  followOn?: (tx: Tx, ended: Deployment) => void;
}

/** `ended` carries its terminal status already; nine random bytes make the rollback's id. */
export function endDeployment(
  tx: Tx,
  end: Deployment,
  targets: readonly Target[],
  { now, random, followOn }: Ending,
): End {
  const superseder = end.status === "Succeeded" ? undefined : supersederOf(tx, end);
  const ended = superseder !== undefined && end.status === "Stopped"
    ? { ...end, error: supersededBy(superseder) }
    : end;
  noteHosts(tx, ended, targets);
  if (ended.status === "Succeeded") {
    tx.update(deploymentGroups)
      .set({ targetRevision: ended.request.revision, lastSuccessfulDeploymentId: ended.id })
      .where(eq(deploymentGroups.id, ended.groupId)).run();
  }
  // Whoever takes its place brings its hosts on.
  const { rollback, rollbackId } = superseder === undefined
    ? startRollback(tx, ended, targets, { now, random })
    : { rollback: ended.rollback, rollbackId: undefined };
  noteLiveHosts(tx, ended, targets, rollbackId !== undefined);
  const { status, error, stop, completeTime, overview, progress, terminationWait } = ended;
  changeDeployment(tx, ended.id, {
    status,
    overview,
    rollback,
    ...(error && { error }),
    ...(stop && { stop }),
    ...(progress && { progress }),
    ...(terminationWait && { terminationWait }),
    ...(completeTime !== undefined && { completeTime }),
  });
  // A runner begins before its deployment has a start.
  const startTime = ended.startTime ?? getDeployment(tx, ended.id)?.startTime;
  const cause = causeOf({ deployment: { ...ended, startTime }, targets });
  if (cause) insertCause(tx, ended.id, cause);
  dropLease(tx, ended.id);
  if (ended.status === "Succeeded") followOn?.(tx, ended);
  beginNext(tx, ended.groupId, now);
  return { change: { rollback, ...(error && { error }) }, rollbackId };
}

/**
 * Ends a deployment that cannot begin or, after a restart, go on, because what it needs is gone:
 * hosts that wait are skipped, those under way have failed; both are answered as `turned`.
 * Undefined when it has ended meanwhile.
 */
export function failDeployment(
  tx: Tx,
  deployment: Deployment,
  error: ErrorInformation,
  { now, random }: { now: number; random: Uint8Array },
): { ended: Deployment; turned: Target[]; rollbackId: string | undefined } | undefined {
  const { id, request } = deployment;
  if (TERMINAL_DEPLOYMENT.has(getDeployment(tx, id)?.status ?? "Failed")) return undefined;
  const ignoreStopFailures = request.ignoreApplicationStopFailures;
  const context = { now, ignoreStopFailures, stopped: true };
  const before = allTargets(tx, id);
  const targets = before.map((target) => {
    if (TERMINAL_TARGET.has(target.status)) return target;
    if (target.status === "Pending" || target.status === "Ready") return skipped(target, now);
    return withoutAnswer(target, error.message, context);
  });
  for (const target of targets) updateTarget(tx, id, target);
  const ended: Deployment = {
    ...deployment,
    status: "Failed",
    error,
    completeTime: now,
    overview: overviewOfTargets(targets),
  };
  const { change, rollbackId } = endDeployment(tx, ended, targets, { now, random });
  const turned = targets.filter((target, index) => target !== before[index]);
  return { ended: { ...ended, ...change }, turned, rollbackId };
}

/**
 * Attempted hosts: healthy on the new revision, or unhealthy on nobody knows which (spec 3.2). A host
 * that was left waiting for its traffic was attempted too; what a blue one has has not changed.
 */
function noteHosts(tx: Tx, ended: Deployment, targets: readonly Target[]): void {
  const { style, rollbackOf } = ended.request;
  // A way back of blue/green moves traffic and puts nothing on a host.
  if (style.deploymentType === "BLUE_GREEN" && rollbackOf !== undefined) return;
  const revision = deployedIdentity(ended.request);
  for (const { id, status, label, events } of targets) {
    if (label === "Blue") continue;
    if (status === "Succeeded") noteHealth(tx, ended.groupId, id, { healthy: true, revision });
    else if (events.some(wasTried)) {
      noteHealth(tx, ended.groupId, id, { healthy: false });
    }
  }
}

/** Who serves the group from now on, where a blue/green deployment has changed it. */
function noteLiveHosts(
  tx: Tx,
  ended: Deployment,
  targets: readonly Target[],
  isRolledBack: boolean,
): void {
  const { rollbackOf } = ended.request;
  const before = rollbackOf === undefined ? undefined : getDeployment(tx, rollbackOf);
  const taken = before && { status: before.status, targets: allTargets(tx, before.id) };
  const liveHosts = liveHostsAfter({ ended, targets, taken, isRolledBack });
  if (!liveHosts) return;
  tx.update(deploymentGroups).set({ liveHosts }).where(eq(deploymentGroups.id, ended.groupId))
    .run();
}

function startRollback(
  tx: Tx,
  ended: Deployment,
  targets: readonly Target[],
  { now, random }: { now: number; random: Uint8Array },
): { rollback: RollbackInfo; rollbackId: string | undefined } {
  const unchanged = { rollback: ended.rollback, rollbackId: undefined };
  if (ended.status === "Succeeded") return unchanged;
  const group = tx.select().from(deploymentGroups).where(eq(deploymentGroups.id, ended.groupId))
    .get();
  if (!group) return unchanged;
  const last = group.lastSuccessfulDeploymentId
    ? getDeployment(tx, group.lastSuccessfulDeploymentId)
    : undefined;
  const choice = chooseRollback(ended, last, targets);
  if (choice.kind === "none") return unchanged;
  if (choice.kind === "impossible") {
    return {
      rollback: { ...ended.rollback, rollbackMessage: choice.message },
      rollbackId: undefined,
    };
  }
  const rollbackId = deploymentIdFrom(random);
  const messages = rollbackMessages(ended.id, rollbackId);
  insertRollback(tx, ended, { id: rollbackId, request: choice.request, now });
  return {
    rollback: { rollbackDeploymentId: rollbackId, rollbackMessage: messages.ended },
    rollbackId,
  };
}

/** Writes the deployment that rolls `ended` back, as Created. */
export function insertRollback(
  tx: Tx,
  ended: Deployment,
  { id, request, now }: { id: string; request: Deployment["request"]; now: number },
): void {
  const { rollback: rollbackMessage } = rollbackMessages(ended.id, id);
  const rollback = { rollbackTriggeringDeploymentId: ended.id, rollbackMessage };
  insertSuccessor(tx, ended, { id, request, rollback, now });
}
