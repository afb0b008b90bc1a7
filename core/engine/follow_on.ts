/**
 * Follow-on deployments (spec 6.3): hosts that came to the group while a deployment was under way are
 * none of its targets, so after its success they get the revision by a deployment of their own, made
 * in the commit that ends it.
 * @module
 */
import { eq } from "drizzle-orm";
import type { Deployment } from "../domain/deployment.ts";
import { deploymentIdFrom } from "../domain/name.ts";
import type { Target } from "../domain/target.ts";
import { everyHost } from "../rollout/rollback.ts";
import { addFollowOn, getDeployment } from "../store/deployments.ts";
import type { Tx } from "../store/group_commit.ts";
import { deploymentGroups } from "../store/schema.ts";
import { allTargets } from "../store/targets.ts";
import { groupHosts } from "./choose_targets.ts";
import type { EngineContext } from "./context.ts";
import { insertSuccessor } from "./successor.ts";

/** Writes the follow-on deployment of one that has succeeded, if hosts have come meanwhile. */
export function followOn(
  tx: Tx,
  ended: Deployment,
  targets: readonly Target[],
  context: EngineContext,
): void {
  const { request } = ended;
  if (request.style.deploymentType !== "IN_PLACE" || request.restartOf !== undefined) return;
  // Whoever asked for some hosts alone did not ask for others.
  if (request.hosts && request.autoUpdateOf === undefined) return;
  const group = tx.select().from(deploymentGroups).where(eq(deploymentGroups.id, ended.groupId))
    .get();
  if (!group || group.settings.outdatedInstancesStrategy === "IGNORE") return;
  const found = groupHosts({ group, context });
  if ("code" in found) return;
  const root = request.autoUpdateOf ?? ended.id;
  const had = attempted(tx, root);
  for (const { id } of targets) had.add(id);
  const hosts = found.flatMap(({ name }) => had.has(name) ? [] : [name]);
  if (hosts.length === 0) return;
  const id = deploymentIdFrom(context.randomBytes(9));
  addFollowOn(tx, root, id);
  const { description: _asked, rollbackOf: _back, ...kept } = request;
  insertSuccessor(tx, ended, {
    id,
    now: context.now(),
    rollback: {},
    request: {
      ...kept,
      // The plan has been gone through; of a host or two no minimum can be kept, and nobody waits.
      config: everyHost(request.config),
      previousRevision: request.revision,
      creator: "CodeDeployAutoUpdate",
      updateOutdatedInstancesOnly: true,
      hosts,
      autoUpdateOf: root,
    },
  });
}

/** Hosts of the root and of its follow-ons so far, whatever became of them: none is tried again. */
function attempted(tx: Tx, root: string): Set<string> {
  const hosts = new Set(allTargets(tx, root).map(({ id }) => id));
  for (const id of getDeployment(tx, root)?.followOns ?? []) {
    for (const host of getDeployment(tx, id)?.request.hosts ?? []) hosts.add(host);
  }
  return hosts;
}
