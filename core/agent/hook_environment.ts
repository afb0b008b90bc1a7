/**
 * What a script finds in its environment about the deployment it runs for (spec 4.3).
 *
 * It describes the current deployment even when the script is the previous revision's (trap 20), and
 * version and ETag are those of the request: unset when the revision was given without them.
 * @module
 */
import type { AfterHookName, RunOutcome } from "../domain/after_hook.ts";
import type { LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { DeploymentSpecification } from "../wire/agent_protocol.ts";

/** A bundle that was taken from this machine has no revision, and its scripts no BUNDLE_… variable. */
export type HookSpecification =
  & Omit<DeploymentSpecification, "Revision">
  & Partial<Pick<DeploymentSpecification, "Revision">>;

/** LIFECYCLE_EVENT, DEPLOYMENT_ID, APPLICATION_NAME, …, and BUNDLE_… of the revision's kind. */
export function hookEnvironment(
  event: LifecycleEventName | AfterHookName,
  specification: HookSpecification,
): Record<string, string> {
  return {
    LIFECYCLE_EVENT: event,
    DEPLOYMENT_ID: specification.DeploymentId,
    APPLICATION_NAME: specification.ApplicationName,
    DEPLOYMENT_GROUP_NAME: specification.DeploymentGroupName,
    DEPLOYMENT_GROUP_ID: specification.DeploymentGroupId,
    ...(specification.Revision && bundleEnvironment(specification.Revision)),
  };
}

/**
 * What the hooks after a failure find beyond that: how a host's run ended. All three are always set,
 * so that `set -u` does no harm; what there is not, or what nobody knows any more, is empty.
 */
export function outcomeEnvironment(outcome: RunOutcome | undefined): Record<string, string> {
  return {
    DEPLOYMENT_STATUS: outcome?.status ?? "",
    FAILED_EVENT: outcome?.failedEvent ?? "",
    EXIT_CODE: outcome?.exitCode?.toString() ?? "",
  };
}

function bundleEnvironment(revision: DeploymentSpecification["Revision"]): Record<string, string> {
  switch (revision.RevisionType) {
    case "S3": {
      const { Bucket, Key, Version, ETag } = revision.S3Revision;
      return {
        BUNDLE_BUCKET: Bucket,
        BUNDLE_KEY: Key,
        ...(Version !== null && { BUNDLE_VERSION: Version }),
        ...(ETag !== null && { BUNDLE_ETAG: ETag }),
      };
    }
    case "GitHub":
      return { BUNDLE_COMMIT: revision.GitHubRevision.CommitId };
    case "HTTPS":
      // CodeDeploy has no such revision, and so no name for these.
      return {
        BUNDLE_URL: revision.HttpsRevision.Url,
        BUNDLE_SHA256: revision.HttpsRevision.SHA256,
      };
  }
}
