/** PutGitHubAccountToken (admin), which CodeDeploy does not have: its console asks GitHub. @module */
import { z } from "zod";
import { GitHubToken, GitHubTokenName } from "../domain/github_token.ts";

export const PutGitHubAccountTokenInput = z.object({
  /** The account, or organization, whose repositories it reads. */
  tokenName: GitHubTokenName,
  token: GitHubToken,
});
export const PutGitHubAccountTokenOutput = z.object({ tokenName: z.string() });
