/**
 * The hosts of a deployment and what each is to go through (spec 4.1, 7, 10): resolved once, when it
 * begins. What is wrong with them fails the deployment, not CreateDeployment (trap 32).
 * @module
 */
import { isNull } from "drizzle-orm";
import {
  deployedIdentity,
  type Deployment,
  type DeploymentErrorCode,
  type DeploymentRequest,
  type ErrorInformation,
} from "../domain/deployment.ts";
import { HOST_EVENTS, type LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { Tag } from "../domain/tag.ts";
import type { Target, TargetLabel } from "../domain/target.ts";
import type { GroupView } from "../plugin/contract.ts";
import { orderHosts } from "../rollout/host_order.ts";
import { skipped } from "../rollout/host_report.ts";
import { hasTried } from "../rollout/leg.ts";
import { endsBlue } from "../rollout/stages.ts";
import type { Db } from "../store/database.ts";
import { getDeployment } from "../store/deployments.ts";
import type { Health } from "../store/instance_health.ts";
import { type deploymentGroups, instances } from "../store/schema.ts";
import { allTargets } from "../store/targets.ts";
import type { EngineContext } from "./context.ts";
import { reasonOf } from "./reason.ts";

type Group = typeof deploymentGroups.$inferSelect;

interface Choosing {
  deployment: Pick<Deployment, "id" | "request">;
  group: Group;
  health: ReadonlyMap<string, Health>;
  /** Key of the tag that the strategy goes by. */
  zoneTag: string | undefined;
  context: EngineContext;
  now: number;
}

/** A new target for each host, in the order they are taken; an error when there are none. */
export function chooseTargets(choosing: Choosing): Target[] | ErrorInformation {
  const { style, rollbackOf } = choosing.deployment.request;
  if (style.deploymentType !== "BLUE_GREEN") return inPlace(choosing);
  return rollbackOf === undefined ? blueGreen(choosing) : backToBlue(choosing, rollbackOf);
}

function inPlace(choosing: Choosing): Target[] | ErrorInformation {
  const { deployment: { request }, group, health, now } = choosing;
  const found = groupHosts(choosing);
  if ("code" in found) return found;
  const { hosts: only } = request;
  const hosts = only ? found.filter(({ name }) => only.includes(name)) : found;
  const fault = wrongNumber(hosts, choosing, `deployment group ${group.name}`);
  if (fault) return fault;
  const isBalanced = request.style.deploymentOption === "WITH_TRAFFIC_CONTROL";
  const events = isBalanced ? HOST_EVENTS.inPlaceBalanced : HOST_EVENTS.inPlace;
  const current = leavesCurrent(request) ? deployedIdentity(request) : undefined;
  return inOrder(hosts, choosing).map((host) => {
    const target = newTarget(host, events, choosing);
    const known = health.get(host.name);
    const isCurrent = known?.healthy && current !== undefined && known.revision === current;
    return isCurrent ? skipped(target, now) : target;
  });
}

/** A rollback touches no host that is on its revision already: nothing was changed there. */
function leavesCurrent(request: DeploymentRequest): boolean {
  return request.updateOutdatedInstancesOnly || request.creator === "codeDeployRollback";
}

/** DISCOVER_EXISTING: green hosts are those of the request, blue ones the others of the group. */
function blueGreen(choosing: Choosing): Target[] | ErrorInformation {
  const { deployment: { request }, group } = choosing;
  const { targetInstances } = request;
  if (!request.blueGreen || !targetInstances) {
    return error(
      "MISSING_BLUE_GREEN_DEPLOYMENT_CONFIGURATION",
      `The deployment group ${group.name} deploys blue/green and has no ` +
        `blueGreenDeploymentConfiguration. Give it one with update-deployment-group.`,
    );
  }
  const green = discover(choosing, {
    onPremisesInstanceTagFilters: targetInstances.tagFilters ?? [],
    onPremisesTagSet: targetInstances.ec2TagSet?.ec2TagSetList ?? [],
  });
  if ("code" in green) return green;
  const fault = wrongNumber(green, choosing, "targetInstances");
  if (fault) return fault;
  const serving = groupHosts(choosing);
  if ("code" in serving) return serving;
  const names = new Set(green.map(({ name }) => name));
  const both = liveHosts(choosing).filter(({ name }) => names.has(name));
  if (both.length > 0) {
    return error(
      "ELB_INVALID_INSTANCE",
      `targetInstances names ${
        both.map(({ name }) => name).join(", ")
      }, which the deployment group ` +
        `${group.name} is served by now: the replacement environment must be other hosts.`,
    );
  }
  const blue = serving.filter(({ name }) => !names.has(name));
  const blueEvents = endsBlue(request) ? HOST_EVENTS.blueEnded : HOST_EVENTS.blueKept;
  return [
    ...inOrder(green, choosing).map((host) =>
      newTarget(host, HOST_EVENTS.green, choosing, "Green")
    ),
    ...blue.map((host) => newTarget(host, blueEvents, choosing, "Blue")),
  ];
}

/**
 * The way back: blue hosts whose traffic was taken get it again, green ones that got it give it up
 * (spec 4.1). The others were never touched by traffic.
 */
function backToBlue(choosing: Choosing, ended: string): Target[] | ErrorInformation {
  const { context: { store }, now } = choosing;
  const before = allTargets(store.read, ended);
  const make = ({ id }: Target, events: readonly LifecycleEventName[], label: TargetLabel) =>
    targetOf(id, events, now, label);
  return [
    ...before.filter((target) => target.label === "Blue" && hasTried(target, "BlockTraffic"))
      .map((target) => make(target, HOST_EVENTS.blueRestored, "Blue")),
    ...before.filter((target) => target.label === "Green" && hasTried(target, "AllowTraffic"))
      .map((target) => make(target, HOST_EVENTS.greenLeft, "Green")),
  ];
}

interface Host {
  name: string;
  tags: readonly Tag[];
}

/** Who serves the group: its live hosts, else those of its tags. */
export function groupHosts(
  choosing: Pick<Choosing, "group" | "context">,
): Host[] | ErrorInformation {
  const live = liveHosts(choosing);
  if (live.length > 0) return live;
  const { settings } = choosing.group;
  return discover(choosing, {
    onPremisesInstanceTagFilters: settings.onPremisesInstanceTagFilters ?? [],
    onPremisesTagSet: settings.onPremisesTagSet?.onPremisesTagSetList ?? [],
  });
}

/** Those a blue/green deployment has made serve, without those that were deregistered since. */
function liveHosts({ group, context: { store } }: Pick<Choosing, "group" | "context">): Host[] {
  if (!group.liveHosts) return [];
  const live = new Set(group.liveHosts);
  return registered(store.read).filter(({ name }) => live.has(name));
}

function discover(
  { context }: Pick<Choosing, "context">,
  group: GroupView,
): Host[] | ErrorInformation {
  const plugin = context.plugins.get("target", "on-premises");
  if (!plugin) return error("INTERNAL_ERROR", "The target plugin on-premises is not loaded.");
  const hosts = registered(context.store.read);
  try {
    const names = new Set(plugin.discover({ hosts, group }));
    return hosts.filter(({ name }) => names.has(name));
  } catch (cause) {
    context.report(cause, `asking the target plugin ${plugin.name}`);
    return error("INTERNAL_ERROR", `The target plugin ${plugin.name} threw: ${reasonOf(cause)}`);
  }
}

function registered(db: Db): Host[] {
  return db.select({ name: instances.name, tags: instances.tags }).from(instances)
    .where(isNull(instances.deregisterTime)).all();
}

function wrongNumber(
  hosts: readonly Host[],
  { context }: Choosing,
  what: string,
): ErrorInformation | undefined {
  if (hosts.length === 0) {
    return error(
      "NO_INSTANCES",
      `No registered instance matches the tag filters of ${what}. ` +
        `Give instances those tags (add-tags-to-on-premises-instances), or change the filters.`,
    );
  }
  const most = context.quotas.instancesPerDeployment;
  if (hosts.length <= most) return undefined;
  return error(
    "OVER_MAX_INSTANCES",
    `The tag filters of ${what} match ${hosts.length} instances; a deployment may have ${most}. ` +
      `Narrow the filters, or start the server with --limit instances-per-deployment=NUMBER.`,
  );
}

function inOrder(hosts: readonly Host[], { group, health, context }: Choosing): Host[] {
  const last = group.lastSuccessfulDeploymentId
    ? getDeployment(context.store.read, group.lastSuccessfulDeploymentId)
    : undefined;
  const byName = new Map(hosts.map((host) => [host.name, host]));
  return orderHosts([...byName.keys()], health, last && deployedIdentity(last.request))
    .flatMap((name) => byName.get(name) ?? []);
}

function newTarget(
  { name, tags }: Host,
  events: readonly LifecycleEventName[],
  { zoneTag, now }: Choosing,
  label?: TargetLabel,
): Target {
  const target = targetOf(name, events, now, label);
  if (zoneTag === undefined) return target;
  return { ...target, zone: tags.find(({ Key }) => Key === zoneTag)?.Value ?? "" };
}

/** All events Pending from the start (spec 2.3). */
function targetOf(
  id: string,
  events: readonly LifecycleEventName[],
  now: number,
  label: TargetLabel | undefined,
): Target {
  return {
    id,
    status: "Pending",
    events: events.map((name) => ({ name, status: "Pending" })),
    lastUpdated: now,
    ...(label && { label }),
  };
}

function error(code: DeploymentErrorCode, message: string): ErrorInformation {
  return { code, message };
}
