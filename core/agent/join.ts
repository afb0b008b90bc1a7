/**
 * `runtime agent join`: trades a join token for this host's keys and writes the agent's two files.
 * The server's public key comes with them and is pinned: only orders under it are carried out.
 * @module
 */
import { z } from "zod";
import type { Tag } from "../domain/tag.ts";
import { certificateFault } from "../wire/certificate_fault.ts";
import { JOIN_PATH, JoinInput, JoinOutput } from "../wire/join.ts";
import { readOutgoing } from "./config.ts";
import { AgentFailure, EXIT, exitCodeOf, type FailureParts } from "./failure.ts";
import { prepareFiles, writeFiles } from "./join_files.ts";

export interface JoinOptions {
  url: string;
  token: string;
  name: string;
  tags: Tag[];
  /** Folder that gets codedeployagent.yml and codedeploy.onpremises.yml. */
  configDir: string;
  /** Where the agent keeps revisions and its journal. */
  root?: string;
  /** Put before every destination of an AppSpec, for several agents on one machine. */
  installRoot?: string;
  print?(line: string): void;
}

/** What `runtime agent` reads when it is told nothing else. */
const DEFAULT_CONFIG = "/etc/codedeploy-agent/conf/codedeployagent.yml";
/** Milliseconds until an address that does not answer counts as unreachable. */
const TIMEOUT_MS = 30_000;

/** Joins; answers the exit code: 0, 1, 2 bad input, 7 token refused, 8 server unreachable. */
export async function join(options: JoinOptions): Promise<number> {
  return await exitCodeOf(joinServer(options), options.print);
}

async function joinServer(options: JoinOptions): Promise<string[]> {
  const input = parseInput(options);
  const url = parseUrl(options.url);
  const files = await prepareFiles(options.configDir);
  const joined = await askServer(url, input, await readOutgoing(files.agent));
  await writeFiles(files, joined, {
    url,
    ...(options.root !== undefined && { root: options.root }),
    ...(options.installRoot !== undefined && { installRoot: options.installRoot }),
  });
  return [
    `${joined.instanceName} has joined ${url}`,
    ...(joined.formerArn === undefined ? [] : [
      `it was registered as ${joined.formerArn} and keeps its tags; it is ${joined.iamUserArn} now`,
    ]),
    `start its agent: ${startCommand(files.agent)}`,
  ];
}

/** The command that starts the agent of a configuration, as short as it can be. */
export function startCommand(config: string): string {
  return config === DEFAULT_CONFIG ? "runtime agent" : `runtime agent --config ${config}`;
}

function parseInput({ token, name, tags }: JoinOptions): JoinInput {
  const input = JoinInput.safeParse({ token, instanceName: name, tags });
  if (input.success) return input.data;
  const [issue] = input.error.issues;
  const flags: Record<string, string> = { token: "--token", instanceName: "--name", tags: "--tag" };
  const flag = flags[String(issue?.path[0])] ?? "input";
  throw failed(EXIT.usage, `${flag} is not valid`, `${issue?.message}`, `correct ${flag}`);
}

/** The server's address without a trailing slash. */
function parseUrl(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === "http:" || url?.protocol === "https:") return url.href.replace(/\/$/, "");
  throw failed(
    EXIT.usage,
    `"${text}" is not the address of a server`,
    "it must be an http:// or https:// URL",
    "runtime agent join http://HOST:PORT --token TOKEN --name NAME",
  );
}

async function askServer(
  url: string,
  input: JoinInput,
  fetch: typeof globalThis.fetch,
): Promise<JoinOutput> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url + JOIN_PATH, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(input),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const fault = certificateFault(cause);
    const what = fault === undefined
      ? "The server cannot be reached"
      : `The server is not trusted: its certificate ${fault.what}`;
    const next = fault?.next ??
      "check the address, and that the server runs and can be reached from this host";
    throw failed(EXIT.unreachable, what, `${url}: ${reason}`, next);
  }
  if (!response.ok) throw refused(response.status, text);
  const output = JoinOutput.safeParse(jsonOf(text));
  if (output.success) return output.data;
  throw failed(
    EXIT.failed,
    `${url} does not answer as a server of this kind`,
    text.slice(0, 200),
    "check the address and the server's version",
  );
}

function refused(status: number, text: string): AgentFailure {
  const message = z.object({ message: z.string() }).safeParse(jsonOf(text)).data?.message;
  const evidence = message ?? `HTTP ${status}: ${text.slice(0, 200)}`;
  if (status === 401 || status === 403) {
    const next = "ask for a new token: runtime token create";
    return failed(EXIT.notAllowed, "The server does not accept the join token", evidence, next);
  }
  if (status >= 502 && status <= 504) {
    const next = "check that the server runs";
    return failed(EXIT.unreachable, "The server cannot be reached", evidence, next);
  }
  const code = status < 500 ? EXIT.usage : EXIT.failed;
  const next = "correct what the server names, then join again";
  return failed(code, "The server refused to let this host join", evidence, next);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function failed(
  exitCode: FailureParts["exitCode"],
  cause: string,
  evidence: string,
  next: string,
): AgentFailure {
  const state = "this host has not joined";
  return new AgentFailure({ exitCode, cause, evidence, state, next });
}
