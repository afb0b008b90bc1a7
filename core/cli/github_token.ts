/**
 * `runtime github-token …`: tokens with which hosts fetch revisions from private repositories of
 * GitHub. The server keeps them encrypted and sends one with an order; hosts need none of their own.
 * @module
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { GitHubToken, GitHubTokenName } from "../domain/github_token.ts";
import { PutGitHubAccountTokenOutput } from "../wire/github_api.ts";
import { type Api, openApi } from "./api.ts";
import { EXIT } from "./exit.ts";
import { usageFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import { CLIENT_INPUT, JSON_FLAG, URL_FLAG, verb } from "./verb.ts";

const CLIENT_FLAGS = [URL_FLAG, JSON_FLAG];
const NAME = ["<name>", "account or organization of GitHub whose repositories it reads"] as const;
const Named = z.looseObject({ tokenName: z.string() });
const Names = z.looseObject({
  tokenNameList: z.array(z.string()).default([]),
  nextToken: z.string().optional(),
});

export const set = verb({
  summary: "Keep a token for private repositories of GitHub, or replace it",
  arguments: [NAME],
  flags: [
    { flags: "--token-file <file>", text: "a file that holds the token (default: stdin)" },
    ...CLIENT_FLAGS,
  ],
  examples: [
    "runtime github-token set acme < token.txt",
    "runtime github-token set acme --token-file token.txt",
  ],
  input: z.object({
    ...CLIENT_INPUT,
    name: GitHubTokenName,
    tokenFile: z.string().exactOptional(),
  }),
  async run({ name: tokenName, tokenFile, json, ...input }, io) {
    const token = await readToken(io, tokenFile);
    const api = await openApi(io, input);
    const put = { tokenName, token };
    const answer = await api.runtime("PutGitHubAccountToken", put, PutGitHubAccountTokenOutput);
    io.stdout.write(
      json
        ? jsonLine(answer)
        : `Kept the token for ${tokenName}. Deploy with it: runtime deploy --app APP --group ` +
          `GROUP --revision github:${tokenName}/REPOSITORY@COMMIT\n`,
    );
    return EXIT.done;
  },
});

export const list = verb({
  summary: "List the names of the tokens for GitHub",
  flags: CLIENT_FLAGS,
  examples: ["runtime github-token list"],
  input: z.object(CLIENT_INPUT),
  async run({ json, ...input }, io) {
    const names = await allNames(await openApi(io, input));
    if (json) io.stdout.write(jsonLine({ tokenNameList: names }));
    else if (names.length > 0) io.stdout.write(names.map((name) => `${name}\n`).join(""));
    else io.stderr.write("There is no token for GitHub: runtime github-token set NAME\n");
    return EXIT.done;
  },
});

export const remove = verb({
  summary: "Forget a token for GitHub; revoke it there as well",
  arguments: [NAME],
  flags: CLIENT_FLAGS,
  examples: ["runtime github-token remove acme"],
  input: z.object({ ...CLIENT_INPUT, name: GitHubTokenName }),
  async run({ name: tokenName, json, ...input }, io) {
    const api = await openApi(io, input);
    const answer = await api.codedeploy("DeleteGitHubAccountToken", { tokenName }, Named);
    io.stdout.write(json ? jsonLine(answer) : `Removed the token for ${tokenName}\n`);
    return EXIT.done;
  },
});

async function allNames(api: Api): Promise<string[]> {
  const names: string[] = [];
  let nextToken: string | undefined;
  do {
    const asked = nextToken === undefined ? {} : { nextToken };
    const page = await api.codedeploy("ListGitHubAccountTokenNames", asked, Names);
    names.push(...page.tokenNameList);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return names;
}

/** The token and nothing else; an argument would stand in the list of processes. */
async function readToken(io: Io, file: string | undefined): Promise<string> {
  const text = file === undefined
    ? await io.ask({ text: "Token: ", secret: true }) ?? ""
    : await readFile(resolve(io.cwd, file), "utf8").catch((cause) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw usageFailure(`The token cannot be read from ${file}`, [reason], [`ls -l ${file}`]);
    });
  const token = GitHubToken.safeParse(text.trim());
  if (token.success) return token.data;
  const source = file === undefined ? "stdin" : file;
  throw usageFailure(`${source} holds no token: one word and nothing else is wanted`, [], [
    "runtime github-token set NAME < FILE",
    "runtime github-token set NAME --token-file FILE",
  ]);
}
