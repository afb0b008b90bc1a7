/**
 * From Created to InProgress: the hosts, the strategy over its checked config, the balancers. What is
 * wrong here fails the deployment, not CreateDeployment (trap 32).
 * @module
 */
import { eq, sql } from "drizzle-orm";
import type { Deployment, DeploymentErrorCode, ErrorInformation } from "../domain/deployment.ts";
import { strategyOf } from "../domain/deployment_config.ts";
import { AT_THE_START } from "../domain/progress.ts";
import type { Target } from "../domain/target.ts";
import { fail, type Strategy } from "../plugin/contract.ts";
import type { Rules } from "../rollout/advance.ts";
import { watchedAlarms } from "../rollout/alarms.ts";
import type { HostClocks } from "../rollout/host_clock.ts";
import { newState, type RolloutState } from "../rollout/state.ts";
import type { Db } from "../store/database.ts";
import { changeDeployment } from "../store/deployments.ts";
import type { Tx } from "../store/group_commit.ts";
import { groupPolicy } from "../store/group_policies.ts";
import { healthOf } from "../store/instance_health.ts";
import { lastLogSequence } from "../store/log_chunks.ts";
import { prepared } from "../store/prepared.ts";
import { applications, deploymentGroups, deployments } from "../store/schema.ts";
import { allTargets, insertTargets } from "../store/targets.ts";
import { chooseTargets } from "./choose_targets.ts";
import type { EngineContext } from "./context.ts";
import { balancersOf, hasTraffic, NO_BALANCER } from "./host_traffic.ts";
import type { Names } from "./order.ts";
import type { Ownership } from "./ownership.ts";
import { reasonOf } from "./reason.ts";
import { checkedStep } from "./strategy_step.ts";

/** All that a runner begins with. */
export interface Rollout {
  deployment: Deployment;
  names: Names;
  rules: Rules;
  state: RolloutState;
  logSequence: number;
  ownership: Ownership;
  /** Written with the runner's first commit: what turns Created into InProgress. */
  prelude?: (tx: Tx) => void;
}

/** Loads a deployment that has not ended, or says why it cannot go on. */
export function loadRollout(
  deployment: Deployment,
  ownership: Ownership,
  context: EngineContext,
): Rollout | ErrorInformation {
  const db = context.store.read;
  const { id, request, groupId } = deployment;
  const group = db.select().from(deploymentGroups).where(eq(deploymentGroups.id, groupId)).get();
  const names = namesOf(db, deployment);
  const isNew = deployment.status === "Created";
  if (!names.application) return gone("APPLICATION_MISSING", "application", isNew);
  if (!group) return gone("DEPLOYMENT_GROUP_MISSING", "deployment group", isNew);
  const lost = isNew ? revisionFault(deployment, context) : undefined;
  if (lost) return lost;
  const chosen = strategyFor(deployment, context);
  if (isError(chosen)) return chosen;
  const fault = trafficFault(deployment, context);
  if (fault) return fault;
  const health = healthOf(db, groupId);
  const now = context.now();
  const targets: Target[] | ErrorInformation = isNew
    ? chooseTargets({ deployment, group, health, zoneTag: chosen.zoneTag, context, now })
    : allTargets(db, id);
  if (isError(targets)) return targets;
  const unhealthy = new Set(
    targets.filter((target) => !health.get(target.id)?.healthy).map((target) => target.id),
  );
  const { error: failing, stop, terminationWait, progress = AT_THE_START } = deployment;
  const status = isNew ? "InProgress" : deployment.status;
  const state = newState({
    ...{ id, request, status, error: failing, stop, progress, terminationWait },
    unhealthy,
    targets,
  });
  return {
    deployment: { ...deployment, status },
    names,
    rules: chosen.rules,
    state,
    logSequence: lastLogSequence(db, id),
    ownership,
    ...(isNew && {
      prelude(tx) {
        insertTargets(tx, id, targets);
        changeDeployment(tx, id, { status: "InProgress", startTime: now });
      },
    }),
  };
}

const selectNames = (db: Db) =>
  db.select({ application: applications.name, group: deploymentGroups.name }).from(deployments)
    .leftJoin(applications, eq(applications.id, deployments.applicationId))
    .leftJoin(deploymentGroups, eq(deploymentGroups.id, deployments.groupId))
    .where(eq(deployments.id, sql.placeholder("id"))).prepare();

/** The names a deployment carries; empty where the application or group was deleted. */
export function namesOf(db: Db, deployment: Deployment): Names {
  const names = prepared(db, selectNames).get({ id: deployment.id });
  return { application: names?.application ?? "", group: names?.group ?? "" };
}

/** What the deployment is of was deleted, before it began or under way. */
function gone(code: DeploymentErrorCode, what: string, isNew: boolean): ErrorInformation {
  const state = isNew
    ? "No host was touched, all of them run what they did before."
    : "Hosts that were under way have failed, those that waited were left alone.";
  return error(
    code,
    `The ${what} was deleted after the deployment was created. ${state} Make it again, with ` +
      `"runtime apply -f FILE", and deploy to it.`,
  );
}

/**
 * A bundle of the server's own store that was deleted while the deployment waited to begin. Hosts of
 * a rollback or a restart have a copy of theirs.
 */
function revisionFault(
  { request }: Deployment,
  { findArtifact }: EngineContext,
): ErrorInformation | undefined {
  const { revision, artifact, restartOf, reuseArchiveOf } = request;
  if (!artifact || revision.revisionType !== "S3") return undefined;
  if ((restartOf ?? reuseArchiveOf) !== undefined) return undefined;
  const { version } = artifact;
  const { bucket, key } = revision.s3Location;
  if (findArtifact({ ...revision.s3Location, version })) return undefined;
  return error(
    "REVISION_MISSING",
    `The bundle s3://${bucket}/${key} was deleted after the deployment was created: the server has ` +
      `no version ${version} of it. No host was touched, all of them run what they did before. ` +
      `Push the bundle again and deploy it: runtime deploy --app APP --group GROUP DIR`,
  );
}

/** Balancers that the events of traffic need, and that cannot be had. */
function trafficFault(
  { request }: Deployment,
  context: EngineContext,
): ErrorInformation | undefined {
  if (!hasTraffic(request.style)) return undefined;
  const { found, fault } = balancersOf(request.loadBalancer, context.store.read, context.plugins);
  if (fault !== undefined) return error("ELASTIC_LOAD_BALANCING_INVALID", fault);
  return found.length > 0 ? undefined : error("MISSING_ELB_INFORMATION", NO_BALANCER);
}

/** The rules of a deployment: its strategy over its checked config. */
function strategyFor(
  deployment: Deployment,
  context: EngineContext,
): { rules: Rules; zoneTag: string | undefined } | ErrorInformation {
  const { request } = deployment;
  const chosen = strategyOf(request.config);
  const strategy = context.plugins.get("strategy", chosen.name);
  if (!strategy) {
    return error("INTERNAL_ERROR", `The strategy ${chosen.name} is not loaded.`);
  }
  const checked = strategy.config.safeParse(chosen.config);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const where = issue?.path.join(".") ?? "";
    return error(
      "HEALTH_CONSTRAINTS_INVALID",
      `The deployment config ${request.configName} does not fit the strategy ${strategy.name}: ` +
        `${where}: ${issue?.message}`,
    );
  }
  let zoneTag: string | undefined;
  try {
    zoneTag = strategy.zoneBy?.(checked.data);
  } catch (cause) {
    context.report(cause, `asking the strategy ${strategy.name}`);
    return error("INTERNAL_ERROR", `The strategy ${strategy.name} threw: ${reasonOf(cause)}`);
  }
  const { timeLapse } = context;
  const clocks = clocksOf(deployment, context);
  return {
    zoneTag,
    rules: {
      ...{ clocks, timeLapse },
      checksFirst: watchedAlarms(request).length > 0 || hasTraffic(request.style),
      next: asked(strategy, checked.data, context),
    },
  };
}

/** A rollback may have less time for an event than other deployments of its group. */
function clocksOf({ request, groupId }: Deployment, context: EngineContext): HostClocks {
  const { clocks, timeLapse, store } = context;
  if (request.creator !== "codeDeployRollback") return clocks;
  const { eventTimeoutSeconds } = groupPolicy(store.read, groupId).rollback ?? {};
  if (eventTimeoutSeconds === undefined) return clocks;
  const most = eventTimeoutSeconds * 1000 / timeLapse;
  return {
    notStarted: Math.min(clocks.notStarted, most),
    notFinished: Math.min(clocks.notFinished, most),
  };
}

function asked(strategy: Strategy, config: unknown, context: EngineContext): Rules["next"] {
  return (fleet) => {
    try {
      return checkedStep(strategy.name, strategy.next({ fleet, config }));
    } catch (cause) {
      context.report(cause, `asking the strategy ${strategy.name}`);
      return fail(`the strategy ${strategy.name} threw: ${reasonOf(cause)}`);
    }
  };
}

/** True for the error half of the answers above. */
export function isError(answer: object): answer is ErrorInformation {
  return "code" in answer;
}

function error(code: DeploymentErrorCode, message: string): ErrorInformation {
  return { code, message };
}
