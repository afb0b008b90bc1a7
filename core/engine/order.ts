/** The order that a host gets: what to do, with which bundle, under the server's signature. @module */
import type { Deployment } from "../domain/deployment.ts";
import { IGNORABLE_EVENTS } from "../domain/lifecycle_event.ts";
import type { Target } from "../domain/target.ts";
import { legEvents } from "../rollout/leg.ts";
import type { DeploymentSpecification, Order } from "../wire/agent_protocol.ts";

/** Names a deployment carries outward; groups and applications may be renamed, ids not. */
export interface Names {
  application: string;
  group: string;
}

/** Unique per deployment, host and leg of its events, and tells them. */
export function commandIdOf(deploymentId: string, host: string, leg: number): string {
  return leg === 0 ? `${deploymentId}/${host}` : `${deploymentId}/${host}/${leg}`;
}

/** The deployment and host of a command id; undefined if it is not one of ours. */
export function parseCommandId(id: string): { deploymentId: string; host: string } | undefined {
  const [deploymentId, host, leg = "1", ...rest] = id.split("/");
  if (!deploymentId || !host || !/^[1-9]\d*$/.test(leg) || rest.length > 0) return undefined;
  return { deploymentId, host };
}

/** Who owns the repository that a deployment comes from, if it comes from GitHub. */
export function githubOwner(
  { revision }: Pick<Deployment["request"], "revision">,
): string | undefined {
  if (revision.revisionType !== "GitHub") return undefined;
  return revision.gitHubLocation.repository.split("/")[0];
}

/**
 * The specification of spec 12.3. Only revisions that an agent can fetch have one; for text
 * revisions, which belong to other platforms, there is none.
 */
export function specification(
  deployment: Pick<Deployment, "id" | "groupId" | "request">,
  names: Names,
  githubToken?: string,
): DeploymentSpecification | undefined {
  const { request } = deployment;
  const revision = revisionOf(request);
  if (!revision) return undefined;
  const reused = request.restartOf ?? request.reuseArchiveOf;
  const kept = request.keepArchiveOf;
  return {
    DeploymentId: deployment.id,
    DeploymentGroupId: deployment.groupId,
    DeploymentGroupName: names.group,
    ApplicationName: names.application,
    DeploymentCreator: request.creator,
    DeploymentType: request.style.deploymentType,
    AppSpecFilename: "appspec.yml",
    AgentActionOverrides: { AgentOverrides: { FileExistsBehavior: request.fileExistsBehavior } },
    Revision: revision,
    ...(githubToken !== undefined && { GitHubAccessToken: githubToken }),
    ...(reused !== undefined && { ReuseArchiveFromDeploymentId: reused }),
    ...(kept !== undefined && { KeepArchiveOfDeploymentId: kept }),
  };
}

/** The order for one host; its target has its command already. */
export function orderFor(
  target: Target,
  spec: DeploymentSpecification,
  context: { hostIdentifier: string; ignoreApplicationStopFailures: boolean; expiresAt: number },
): Order {
  if (!target.command) throw new Error(`${target.id} has no command to make an order of`);
  return {
    commandId: target.command.id,
    hostIdentifier: context.hostIdentifier,
    nonce: target.command.nonce,
    issuedAt: target.command.givenAt,
    expiresAt: context.expiresAt,
    events: legEvents(target).map((event) => event.name),
    ignoreFailuresOf: context.ignoreApplicationStopFailures ? [...IGNORABLE_EVENTS] : [],
    specification: spec,
  };
}

/** What an agent fetches; undefined for a revision that is no bundle. */
export function revisionOf(
  { revision, artifact }: Pick<Deployment["request"], "revision" | "artifact">,
): DeploymentSpecification["Revision"] | undefined {
  if (revision.revisionType === "GitHub") {
    const { repository, commitId } = revision.gitHubLocation;
    const [account = "", name = ""] = repository.split("/");
    const GitHubRevision = { Account: account, Repository: name, CommitId: commitId };
    return { RevisionType: "GitHub", GitHubRevision };
  }
  if (revision.revisionType === "HTTPS") {
    const { url, sha256, bundleType } = revision.httpsLocation;
    const HttpsRevision = { Url: url, SHA256: sha256, BundleType: bundleType };
    return { RevisionType: "HTTPS", HttpsRevision };
  }
  if (revision.revisionType !== "S3") return undefined;
  const { bucket, key, bundleType, version, eTag } = revision.s3Location;
  if (bundleType === "YAML" || bundleType === "JSON") return undefined;
  return {
    RevisionType: "S3",
    S3Revision: {
      Bucket: bucket,
      Key: key,
      BundleType: bundleType,
      Version: version ?? artifact?.version ?? null,
      ETag: eTag ?? null,
      ...(artifact && { SHA256: artifact.sha256, Size: artifact.size }),
    },
  };
}
