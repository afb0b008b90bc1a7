/** Reading deployments and their hosts through the paged and batched operations. @module */
import {
  DeploymentIds,
  type DeploymentInfo,
  GotDeployments,
  GotTargets,
  type InstanceTarget,
  TargetIds,
} from "./answers.ts";
import { type Api, unlessRefused } from "./api.ts";

/** The most ids that one Batch… call takes (API reference). */
const BATCH = 25;

/** Deployments, newest first, up to 25 at a time; fetched as they are asked for. */
export async function* deploymentPages(
  api: Api,
  filter: Readonly<Record<string, unknown>>,
): AsyncGenerator<DeploymentInfo[]> {
  let nextToken: string | undefined;
  do {
    const input = { ...filter, ...(nextToken !== undefined && { nextToken }) };
    const page: DeploymentIds = await api.codedeploy("ListDeployments", input, DeploymentIds);
    for (const deploymentIds of chunks(page.deployments)) {
      const got = await api.codedeploy("BatchGetDeployments", { deploymentIds }, GotDeployments);
      // The batch promises no order; the list's is kept.
      const byId = new Map(got.deploymentsInfo.map((info) => [info.deploymentId, info]));
      yield deploymentIds.flatMap((id) => byId.get(id) ?? []);
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}

/** All hosts of a deployment; none while it has not started. */
export async function targetsOf(api: Api, deploymentId: string): Promise<InstanceTarget[]> {
  const targets: InstanceTarget[] = [];
  for await (const page of targetIdPages(api, deploymentId)) {
    for (const targetIds of chunks(page)) {
      const asked = { deploymentId, targetIds };
      const got = await api.codedeploy("BatchGetDeploymentTargets", asked, GotTargets);
      targets.push(...got.deploymentTargets.flatMap((one) => one.instanceTarget ?? []));
    }
  }
  return targets;
}

/** The names of a deployment's hosts, page after page; no page while it has not started. */
export async function* targetIdPages(api: Api, deploymentId: string): AsyncGenerator<string[]> {
  let nextToken: string | undefined;
  do {
    const input = { deploymentId, ...(nextToken !== undefined && { nextToken }) };
    const page: TargetIds | undefined = await unlessRefused(
      "DeploymentNotStartedException",
      api.codedeploy("ListDeploymentTargets", input, TargetIds),
    );
    if (page === undefined) return;
    yield page.targetIds;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}

function chunks(ids: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (let at = 0; at < ids.length; at += BATCH) parts.push(ids.slice(at, at + BATCH));
  return parts;
}
