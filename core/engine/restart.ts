/**
 * deploymentMode RESTART: the group's last successful revision runs again on its hosts, from the
 * copies they have (CodeDeploy API reference, CreateDeployment; spec 1.3).
 * @module
 */
import type { DeploymentRequest } from "../domain/deployment.ts";
import type { GroupSettings } from "../domain/deployment_group.ts";
import { DomainError } from "../domain/errors.ts";
import type { ComputePlatform } from "../domain/name.ts";
import { getDeployment } from "../store/deployments.ts";
import type { Tx } from "../store/group_commit.ts";

/** What comes on the hosts, and how it gets there. */
export type What =
  & Pick<DeploymentRequest, "revision" | "artifact" | "restartOf">
  & Partial<Pick<DeploymentRequest, "fileExistsBehavior">>;

/** Throws InvalidComputePlatform or InvalidInput for what has no hosts deployed to in place. */
export function refuseRestart(
  platform: ComputePlatform,
  { deploymentStyle }: Pick<GroupSettings, "deploymentStyle">,
): void {
  if (platform === "Server" && deploymentStyle?.deploymentType !== "BLUE_GREEN") return;
  const isServer = platform === "Server";
  const found = isServer ? "a blue/green deployment group" : `an application for ${platform}`;
  throw new DomainError(
    isServer ? "InvalidInputException" : "InvalidComputePlatformException",
    "deploymentMode",
    `deploymentMode: RESTART is for in-place deployments to Server, not for ${found}`,
  );
}

/**
 * The last success as it was put on the hosts, its file behaviour included: files that were kept
 * then are in the way of a DISALLOW now. Throws RevisionDoesNotExist when nothing succeeded yet.
 */
export function whatToRestart(
  tx: Tx,
  { name, lastSuccessfulDeploymentId: id }: {
    name: string;
    lastSuccessfulDeploymentId: string | null;
  },
): What {
  const last = id === null ? undefined : getDeployment(tx, id);
  if (last) {
    const { revision, artifact, fileExistsBehavior } = last.request;
    return { revision, fileExistsBehavior, restartOf: last.id, ...(artifact && { artifact }) };
  }
  throw new DomainError(
    "RevisionDoesNotExistException",
    "deploymentMode",
    `deploymentMode: the deployment group ${name} has no successful deployment whose revision could ` +
      `be restarted. Deploy a revision first.`,
  );
}
