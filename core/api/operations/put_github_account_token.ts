/** PutGitHubAccountToken, which CodeDeploy does not have. The token is never shown again. @module */
import { PutGitHubAccountTokenInput, PutGitHubAccountTokenOutput } from "../../wire/github_api.ts";
import { operation } from "../operation.ts";

export const putGitHubAccountToken = operation({
  name: "PutGitHubAccountToken",
  role: "admin",
  input: PutGitHubAccountTokenInput,
  output: PutGitHubAccountTokenOutput,
  errors: [
    "GitHubAccountTokenNameRequiredException",
    "InvalidGitHubAccountTokenException",
    "InvalidGitHubAccountTokenNameException",
    "ResourceValidationException",
  ],
  faults: {
    token: {
      missing: "InvalidGitHubAccountTokenException",
      malformed: "InvalidGitHubAccountTokenException",
    },
  },
  async run({ tokenName: name, token }, { store, githubTokens, quotas, randomBytes }) {
    const nonce = randomBytes(12);
    const most = quotas.githubTokens;
    await store.commit((tx) => githubTokens.put(tx, { name, token }, { nonce, most }));
    return { tokenName: name };
  },
});
