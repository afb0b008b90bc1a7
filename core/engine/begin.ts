/**
 * From Created to InProgress: resolve the group's hosts by the target plugin, check the config by
 * the strategy, lay out the targets. What is wrong here fails the deployment, not CreateDeployment
 * (trap 32).
 * @module
 */
import { eq, isNull, sql } from "drizzle-orm";
import {
  deployedIdentity,
  type Deployment,
  type DeploymentErrorCode,
  type ErrorInformation,
} from "../domain/deployment.ts";
import { IN_PLACE_EVENTS, type LifecycleEvent } from "../domain/lifecycle_event.ts";
import type { Target } from "../domain/target.ts";
import { fail } from "../plugin/contract.ts";
import type { Rules } from "../rollout/advance.ts";
import { orderHosts } from "../rollout/host_order.ts";
import { skipped } from "../rollout/host_report.ts";
import type { Db } from "../store/database.ts";
import { changeDeployment, getDeployment } from "../store/deployments.ts";
import type { Tx } from "../store/group_commit.ts";
import { type Health, healthOf } from "../store/instance_health.ts";
import { lastLogSequence } from "../store/log_chunks.ts";
import { prepared } from "../store/prepared.ts";
import { allTargets, insertTargets } from "../store/targets.ts";
import { newState, type RolloutState } from "../rollout/state.ts";
import { applications, deploymentGroups, deployments, instances } from "../store/schema.ts";
import type { EngineContext } from "./context.ts";
import type { Names } from "./order.ts";

/** All that a runner begins with. */
export interface Rollout {
  deployment: Deployment;
  names: Names;
  rules: Rules;
  state: RolloutState;
  logSequence: number;
  /** Written with the runner's first commit: what turns Created into InProgress. */
  prelude?: (tx: Tx) => void;
}

/** Loads a deployment that has not ended, or says why it cannot go on. */
export function loadRollout(
  deployment: Deployment,
  context: EngineContext,
): Rollout | ErrorInformation {
  const db = context.store.read;
  const { id, request, groupId } = deployment;
  const group = db.select().from(deploymentGroups).where(eq(deploymentGroups.id, groupId)).get();
  const names = namesOf(db, deployment);
  if (!names.application) return error("APPLICATION_MISSING", "The application was deleted.");
  if (!group) return error("DEPLOYMENT_GROUP_MISSING", "The deployment group was deleted.");
  const rules = rulesOf(deployment, context);
  if (isError(rules)) return rules;
  const health = healthOf(db, groupId);
  const now = context.now();
  let targets: Target[];
  if (deployment.status === "Created") {
    const hosts = resolveHosts(db, group, health, context);
    if (isError(hosts)) return hosts;
    const current = request.updateOutdatedInstancesOnly ? deployedIdentity(request) : undefined;
    targets = newTargets(hosts, now).map((target) => {
      const known = health.get(target.id);
      const isCurrent = known?.healthy && current !== undefined && known.revision === current;
      return isCurrent ? skipped(target, now) : target;
    });
  } else {
    targets = allTargets(db, id);
  }
  const unhealthy = new Set(
    targets.filter((target) => !health.get(target.id)?.healthy).map((target) => target.id),
  );
  const { error: failing, stop } = deployment;
  const state = newState({
    id,
    request,
    status: "InProgress",
    error: failing,
    stop,
    unhealthy,
    targets,
  });
  return {
    deployment: { ...deployment, status: "InProgress" },
    names,
    rules,
    state,
    logSequence: lastLogSequence(db, id),
    ...(deployment.status === "Created" && {
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

/** The rules of a deployment: its strategy over its checked config. */
function rulesOf(deployment: Deployment, context: EngineContext): Rules | ErrorInformation {
  const { config, configName } = deployment.request;
  const strategy = context.plugins.get("strategy", "minimum-healthy-hosts");
  if (!strategy) {
    return error("INTERNAL_ERROR", "The strategy minimum-healthy-hosts is not loaded.");
  }
  const checked = strategy.config.safeParse({
    minimumHealthyHosts: config.minimumHealthyHosts,
    predefined: config.createTime === undefined,
  });
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const where = issue?.path.join(".") ?? "";
    return error(
      "HEALTH_CONSTRAINTS_INVALID",
      `The deployment config ${configName} does not fit the strategy ${strategy.name}: ` +
        `${where}: ${issue?.message}`,
    );
  }
  return {
    clocks: context.clocks,
    next(fleet) {
      try {
        return strategy.next({ fleet, config: checked.data });
      } catch (cause) {
        context.report(cause, `asking the strategy ${strategy.name}`);
        return fail(`the strategy ${strategy.name} threw: ${reasonOf(cause)}`);
      }
    },
  };
}

/** The group's hosts in the order they are taken; an error when there are none. */
function resolveHosts(
  db: Db,
  group: typeof deploymentGroups.$inferSelect,
  health: ReadonlyMap<string, Health>,
  context: EngineContext,
): string[] | ErrorInformation {
  const plugin = context.plugins.get("target", "on-premises");
  if (!plugin) return error("INTERNAL_ERROR", "The target plugin on-premises is not loaded.");
  const hosts = db.select({ name: instances.name, tags: instances.tags }).from(instances)
    .where(isNull(instances.deregisterTime)).all();
  const { onPremisesInstanceTagFilters, onPremisesTagSet } = group.settings;
  const view = {
    onPremisesInstanceTagFilters: onPremisesInstanceTagFilters ?? [],
    onPremisesTagSet: onPremisesTagSet?.onPremisesTagSetList ?? [],
  };
  let names: string[];
  try {
    names = plugin.discover({ hosts, group: view });
  } catch (cause) {
    context.report(cause, `asking the target plugin ${plugin.name}`);
    return error("INTERNAL_ERROR", `The target plugin ${plugin.name} threw: ${reasonOf(cause)}`);
  }
  if (names.length === 0) {
    return error(
      "NO_INSTANCES",
      `No registered instance matches the tag filters of deployment group ${group.name}. ` +
        `Give instances those tags (add-tags-to-on-premises-instances), or change the filters.`,
    );
  }
  const most = context.quotas.instancesPerDeployment;
  if (names.length > most) {
    return error(
      "OVER_MAX_INSTANCES",
      `The tag filters of deployment group ${group.name} match ${names.length} instances; a ` +
        `deployment may have ${most}. Narrow the filters, or start the server with ` +
        `--limit instances-per-deployment=NUMBER.`,
    );
  }
  const last = group.lastSuccessfulDeploymentId
    ? getDeployment(db, group.lastSuccessfulDeploymentId)
    : undefined;
  return orderHosts(names, health, last && deployedIdentity(last.request));
}

/** A target per host, all events Pending from the start (spec 2.3). */
function newTargets(hosts: readonly string[], now: number): Target[] {
  const events: LifecycleEvent[] = IN_PLACE_EVENTS.map((name) => ({ name, status: "Pending" }));
  return hosts.map((id) => ({ id, status: "Pending", events, lastUpdated: now }));
}

/** True for the error half of the answers above. */
export function isError(answer: object): answer is ErrorInformation {
  return "code" in answer;
}

function error(code: DeploymentErrorCode, message: string): ErrorInformation {
  return { code, message };
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
