/** DeleteGitHubAccountToken: the server forgets a token; GitHub does not hear of it. @module */
import { z } from "zod";
import { GitHubTokenName } from "../../domain/github_token.ts";
import { operation } from "../operation.ts";

export const deleteGitHubAccountToken = operation({
  name: "DeleteGitHubAccountToken",
  role: "admin",
  input: z.object({ tokenName: GitHubTokenName }),
  output: z.object({ tokenName: z.string() }),
  errors: [
    "GitHubAccountTokenDoesNotExistException",
    "GitHubAccountTokenNameRequiredException",
    "InvalidGitHubAccountTokenNameException",
    "OperationNotSupportedException",
    "ResourceValidationException",
  ],
  async run({ tokenName }, { store, githubTokens }) {
    await store.commit((tx) => githubTokens.remove(tx, tokenName));
    return { tokenName };
  },
});
