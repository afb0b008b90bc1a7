/** ApplicationInfo: an application as the API shows it. @module */
import type { Application } from "../domain/application.ts";
import { epochSeconds } from "./epoch_seconds.ts";
import { lastGitHubOwner } from "../store/revisions.ts";
import type { ApiContext } from "./context.ts";
import type { ApplicationInfo } from "./shapes/application.ts";

/** With the token for the repository that the application was taken from last, if there is one. */
export function applicationInfo(
  application: Application,
  { store, githubTokens }: Pick<ApiContext, "store" | "githubTokens">,
): ApplicationInfo {
  const owner = lastGitHubOwner(store.read, application.id);
  const gitHubAccountName = owner === undefined ? undefined : githubTokens.nameFor(owner);
  return {
    applicationId: application.id,
    applicationName: application.name,
    createTime: epochSeconds(application.createTime),
    linkedToGitHub: gitHubAccountName !== undefined,
    ...(gitHubAccountName !== undefined && { gitHubAccountName }),
    computePlatform: application.computePlatform,
  };
}
