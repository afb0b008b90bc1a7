/** ListGitHubAccountTokenNames: names alone, a page at a time. @module */
import { z } from "zod";
import { nameOfToken, page } from "../next_token.ts";
import { operation } from "../operation.ts";

export const listGitHubAccountTokenNames = operation({
  name: "ListGitHubAccountTokenNames",
  role: "viewer",
  input: z.object({ nextToken: z.string().optional() }),
  output: z.object({ tokenNameList: z.array(z.string()), nextToken: z.string().optional() }),
  errors: [
    "InvalidNextTokenException",
    "OperationNotSupportedException",
    "ResourceValidationException",
  ],
  run(input, { githubTokens, quotas }) {
    const after = nameOfToken(input.nextToken);
    const { entries, nextToken } = page(
      (limit) => githubTokens.names(after, limit),
      (name) => name,
      quotas.page,
    );
    return { tokenNameList: entries, ...(nextToken !== undefined && { nextToken }) };
  },
});
