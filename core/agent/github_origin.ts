/**
 * A commit of a repository of GitHub, as the archive that GitHub makes of it (spec 6.1). Requests,
 * attempts and the words of a failure are those of CodeDeploy's agent.
 * @module
 */
import { readFile, stat } from "node:fs/promises";
import { STATUS_CODES } from "node:http";
import type { GitHubRevision } from "../wire/bundle_revision.ts";
import {
  answerOf,
  BundleError,
  type BundleOrigin,
  type Fetch,
  headersAt,
} from "./bundle_request.ts";
import { followedGet } from "./followed_get.ts";

export interface GitHub {
  /** `https://api.github.com`, or that of a GitHub of one's own. */
  endpoint: string;
  /** Reads private repositories; undefined asks as anybody. */
  token: string | undefined;
}

/** Milliseconds between attempts; every refusal is met by another one, as GitHub may be behind. */
const RETRY_AFTER = [10_000, 30_000, 90_000];

/** GitHub's word for an archive of a type. */
const FORMATS = { tar: "tarball", zip: "zipball" } as const;

/** Throws BundleError for an archive that GitHub does not make. */
export function githubOrigin(
  revision: GitHubRevision,
  { endpoint, token }: GitHub,
  fetch: Fetch,
): BundleOrigin {
  const bundleType = archiveType(revision.BundleType ?? "tar");
  const url = archiveUrl(revision, endpoint, FORMATS[bundleType]);
  const refusals: string[] = [];
  return {
    name: url.href,
    from: url.origin,
    bundleType,
    expected: {},
    retryAfter: RETRY_AFTER,
    async request(position, signal) {
      const authorization = token === undefined ? {} : { authorization: `token ${token}` };
      const headers = { accept: "*/*", "user-agent": "runtime-agent", ...headersAt(position) };
      const get = { url, headers, signal, ...authorization };
      return await answerOf(await followedGet(get, fetch), position, async (answer) => {
        await answer.body?.cancel();
        // Newer versions of HTTP have no words for a status.
        const words = answer.statusText || STATUS_CODES[answer.status];
        const refusal = `${answer.status} '${words}'`;
        refusals.push(refusal);
        return new Error(`the server returned ${refusal}`);
      });
    },
    inVain(retries) {
      if (refusals.length === 0) return undefined;
      const codes = refusals.join("; ");
      return `Could not download bundle at '${url}' after ${retries} retries. ` +
        `Server returned codes: ${codes}.${hint(codes, token)}`;
    },
  };
}

function archiveType(type: string): keyof typeof FORMATS {
  if (type === "tar" || type === "zip") return type;
  throw new BundleError(
    `GitHub revision specified with bundle_type other than zip or tar [bundle_type=${type}]`,
  );
}

function archiveUrl(revision: GitHubRevision, endpoint: string, format: string): URL {
  const { Account, Repository, CommitId } = revision;
  for (const part of [Account, Repository, CommitId]) {
    if (/^\.{1,2}$/.test(part)) throw new BundleError(`"${part}" is no name of GitHub's`);
  }
  const parts = ["repos", Account, Repository, format, CommitId].map(encodeURIComponent);
  return new URL(`${endpoint.replace(/\/$/, "")}/${parts.join("/")}`);
}

/** GitHub says 404 of a repository that one may not see. */
function hint(codes: string, token: string | undefined): string {
  if (!/\b40[134]\b/.test(codes)) return "";
  return token === undefined
    ? " A private repository needs a token: give it to the server (runtime github-token set " +
      "OWNER), or name its file as github_token_file in codedeployagent.yml."
    : " Check that the commit exists and that the token may read the repository.";
}

/** The token in a file, which nobody but its owner may read. Throws BundleError. */
export async function readToken(file: string): Promise<string> {
  const found = await Promise.all([stat(file), readFile(file, "utf8")]).catch((cause) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BundleError(`github_token_file cannot be read: ${why}`, { cause });
  });
  const [{ mode }, text] = found;
  if ((mode & 0o077) !== 0) {
    const bits = (mode & 0o777).toString(8).padStart(4, "0");
    throw new BundleError(`github_token_file ${file} has mode ${bits}: chmod 600 ${file}`);
  }
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new BundleError(`github_token_file ${file} must hold one token and nothing else`);
}
