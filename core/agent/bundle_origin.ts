/** Where the bundle of a specification is, as the agent's configuration lets it be reached. @module */
import type { DeploymentSpecification } from "../wire/agent_protocol.ts";
import type { BundleOrigin, Fetch } from "./bundle_request.ts";
import { githubOrigin, readToken } from "./github_origin.ts";
import { httpsOrigin } from "./https_origin.ts";
import { type BundleStore, s3Origin } from "./s3_origin.ts";

export interface Reach extends BundleStore {
  /** The network; the plain one of this process without. */
  fetch?: Fetch;
  /** GitHub's own without. */
  githubEndpoint?: string;
  /** For revisions that come without a token. */
  githubTokenFile?: string;
}

export const GITHUB_ENDPOINT = "https://api.github.com";

/** Throws BundleError for a bundle that cannot be asked for. */
export async function originOf(
  { Revision, GitHubAccessToken }: Pick<DeploymentSpecification, "Revision" | "GitHubAccessToken">,
  reach: Reach,
): Promise<BundleOrigin> {
  const { fetch = globalThis.fetch, githubTokenFile, githubEndpoint = GITHUB_ENDPOINT } = reach;
  switch (Revision.RevisionType) {
    case "S3":
      return s3Origin(Revision.S3Revision, reach, fetch);
    case "HTTPS":
      return httpsOrigin(Revision.HttpsRevision, fetch);
    case "GitHub": {
      const { GitHubRevision } = Revision;
      const token = (GitHubAccessToken || GitHubRevision.OAuthToken) ??
        (githubTokenFile === undefined ? undefined : await readToken(githubTokenFile));
      return githubOrigin(GitHubRevision, { endpoint: githubEndpoint, token }, fetch);
    }
  }
}
