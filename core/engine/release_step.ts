/**
 * One step of a release inside a commit: what happened to its deployments is taken in, those that may
 * begin are created, what is to go back gets its rollback, and how far the release has come is written
 * beside them. So no crash comes between a deployment and the release that knows of it.
 * @module
 */
import { eq } from "drizzle-orm";
import { DomainError } from "../domain/errors.ts";
import { deploymentIdFrom } from "../domain/name.ts";
import { type Release, type ReleaseEntry, TERMINAL_RELEASE } from "../domain/release.ts";
import {
  afterStep,
  nextStep,
  type SeenDeployment,
  type StepOutcome,
  takeIn,
} from "../rollout/release_order.ts";
import { rollbackMessages, wayBack } from "../rollout/rollback.ts";
import type { Db } from "../store/database.ts";
import { begunDeploymentOf, getDeployment, lastSuccessBefore } from "../store/deployments.ts";
import type { Tx } from "../store/group_commit.ts";
import { changeRelease, getRelease } from "../store/releases.ts";
import { deploymentGroups } from "../store/schema.ts";
import { allTargets } from "../store/targets.ts";
import { namesOf } from "./begin.ts";
import type { EngineContext } from "./context.ts";
import {
  checkDeployment,
  type Created,
  createDeployment,
  type CreateDeploymentInput,
} from "./create_deployment.ts";
import { insertRollback } from "./end_deployment.ts";
import { tell } from "./tell.ts";

/** A release after a step, and the deployments that now wait to be run. */
export interface ReleaseMove {
  release: Release;
  created: readonly Created[];
}

/** Takes every step there is to take now; undefined when the release has ended before. */
export function moveRelease(tx: Tx, id: string, context: EngineContext): ReleaseMove | undefined {
  const release = getRelease(tx, id);
  if (!release || TERMINAL_RELEASE.has(release.state.status)) return undefined;
  const created: Created[] = [];
  const tried = new Set<string>();
  const seen = (deploymentId: string) => seenIn(tx, deploymentId);
  let state = takeIn(release.state, seen);
  while (true) {
    const step = nextStep(release.spec, state);
    if (step.kind === "end") state = { ...state, status: step.status };
    if (step.kind === "end" || step.kind === "wait") break;
    const name = step.names.find((one) => !tried.has(one));
    const entry = release.spec.entries.find((one) => one.name === name);
    if (!entry) break;
    tried.add(entry.name);
    const outcome = step.kind === "begin"
      ? begin(tx, release, entry, context, created)
      : rollBack(tx, { ...release, state }, entry.name, context);
    if (outcome.kind === "rollingBack") created.push({ id: outcome.rollbackId, ended: [] });
    state = takeIn(afterStep(state, entry.name, outcome), seen);
  }
  if (state !== release.state) changeRelease(tx, id, state, context.now());
  return { release: { ...release, state }, created };
}

/** Whether a step could change anything: a release that only waits costs no commit. */
export function mayMove(db: Db, { spec, state }: Release): boolean {
  return takeIn(state, (id) => seenIn(db, id)) !== state || nextStep(spec, state).kind !== "wait";
}

/** An entry as CreateDeployment would be asked for it. */
export function deploymentOf(
  release: Pick<Release, "id" | "name">,
  entry: ReleaseEntry,
): CreateDeploymentInput {
  const { name: _name, needs: _needs, ...asked } = entry;
  return {
    ...asked,
    description: `Release ${release.name} (${release.id})`,
    ignoreApplicationStopFailures: false,
    updateOutdatedInstancesOnly: false,
  };
}

function seenIn(db: Db, id: string): SeenDeployment | undefined {
  const deployment = getDeployment(db, id);
  if (!deployment) return undefined;
  const { status, overview, rollback: { rollbackDeploymentId: rollbackId }, error } = deployment;
  return {
    status,
    changed: overview.Succeeded + overview.Failed > 0,
    ...(rollbackId !== undefined && { rollbackId }),
    ...(error && { cause: `${error.code}: ${error.message}` }),
  };
}

/** Whatever a server does with requests for a busy group, a release waits until it is free. */
function begin(
  tx: Tx,
  release: Release,
  entry: ReleaseEntry,
  context: EngineContext,
  noted: Created[],
): StepOutcome {
  const input = deploymentOf(release, entry);
  try {
    const { group } = checkDeployment(tx, input, context);
    const active = begunDeploymentOf(tx, group.id);
    if (active !== undefined) return busyWith(active);
    const created = createDeployment(tx, input, context, context.randomBytes(9));
    noted.push(created);
    return { kind: "begun", deploymentId: created.id };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { name, message } = error;
    // A lock, a freeze, or the quota of deployments under way: all of them pass.
    if (name === "DeploymentLimitExceededException") return { kind: "blocked", why: message };
    return { kind: "refused", cause: message };
  }
}

/** Back to the success before, unless somebody has deployed something else there since. */
function rollBack(
  tx: Tx,
  { id, name: releaseName, state }: Release,
  name: string,
  context: EngineContext,
): StepOutcome {
  const entry = state.entries[name];
  const begun = entry?.status === "Succeeded" || entry?.status === "Failed" ? entry : undefined;
  const ended = begun?.deploymentId === undefined
    ? undefined
    : getDeployment(tx, begun.deploymentId);
  const group = ended &&
    tx.select().from(deploymentGroups).where(eq(deploymentGroups.id, ended.groupId)).get();
  if (!begun || !group) return { kind: "left", why: "Its deployment group was deleted." };
  const active = begunDeploymentOf(tx, group.id);
  if (active !== undefined) return busyWith(active);
  const before = lastSuccessBefore(tx, ended);
  const expected = begun.status === "Succeeded" ? ended.id : before?.id ?? null;
  const last = group.lastSuccessfulDeploymentId;
  if (last !== expected) {
    return { kind: "left", why: `Its group has been deployed to since, by ${last}.` };
  }
  const way = wayBack(ended, before, allTargets(tx, ended.id));
  if (way.kind === "impossible") return { kind: "left", why: way.message };
  const rollbackId = deploymentIdFrom(context.randomBytes(9));
  const request = { ...way.request, description: `Rollback of release ${releaseName} (${id})` };
  insertRollback(tx, ended, { id: rollbackId, request, now: context.now() });
  const rollbackMessage = rollbackMessages(ended.id, rollbackId).ended;
  const told = { ...ended, rollback: { rollbackDeploymentId: rollbackId, rollbackMessage } };
  tell(tx, [{ event: "DeploymentRollback" }], told, namesOf(tx, ended), context);
  return { kind: "rollingBack", rollbackId };
}

function busyWith(deploymentId: string): StepOutcome {
  return { kind: "blocked", why: `Its group is busy with ${deploymentId}.` };
}
