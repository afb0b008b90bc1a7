/**
 * `runtime agent join URL --registered FILE`: for a host that is registered already, by `aws deploy
 * register` or with the ARN of a session. FILE says who it is; the server's public key is asked for
 * with the keys it holds, pinned, and the agent's own file is written.
 * @module
 */
import { readFile } from "node:fs/promises";
import { ApiError, callJson, UnreachableError } from "../wire/aws_json.ts";
import { certificateFault } from "../wire/certificate_fault.ts";
import { GetServerKeyOutput, RUNTIME_TARGET_PREFIX } from "../wire/runtime_api.ts";
import { readOutgoing } from "./config.ts";
import { AgentFailure, EXIT, exitCodeOf } from "./failure.ts";
import { type Identity, readIdentity } from "./identity.ts";
import { startCommand } from "./join.ts";
import { prepareFiles, writeFiles } from "./join_files.ts";

export interface JoinRegisteredOptions {
  url: string;
  /** The on-premises file of the host. */
  registered: string;
  configDir: string;
  root?: string;
  installRoot?: string;
  print?(line: string): void;
}

const STATE = "this host's configuration was not changed";
const TIMEOUT_MS = 30_000;

/** Answers the exit code: 0, 1, 2 bad input, 7 keys refused, 8 server unreachable. */
export async function joinRegistered(options: JoinRegisteredOptions): Promise<number> {
  return await exitCodeOf(pinServer(options), options.print);
}

async function pinServer(options: JoinRegisteredOptions): Promise<string[]> {
  const { url, registered, configDir, root, installRoot } = options;
  const { identity } = await readIdentity(registered, (why) => {
    throw new AgentFailure({
      exitCode: EXIT.usage,
      cause: "There is no file that says who this host is",
      evidence: why,
      state: STATE,
      next: "name the codedeploy.onpremises.yml that aws deploy register wrote",
    });
  });
  const files = await prepareFiles(configDir, registered);
  const { instanceName, serverPublicKey } = await serverKey(
    url,
    identity,
    await readOutgoing(files.agent),
  );
  await writeFiles(files, {
    instanceName,
    serverPublicKey,
    onPremises: await readFile(registered, "utf8"),
  }, {
    url,
    ...(root !== undefined && { root }),
    ...(installRoot !== undefined && { installRoot }),
  });
  return [
    `${instanceName} trusts ${url}`,
    `start its agent: ${startCommand(files.agent)}`,
  ];
}

async function serverKey(
  url: string,
  identity: Identity,
  fetch: typeof globalThis.fetch,
): Promise<GetServerKeyOutput> {
  const credentials = await identity.credentials();
  try {
    const answer = await callJson({ url, region: identity.region, credentials, fetch }, {
      target: `${RUNTIME_TARGET_PREFIX}GetServerKey`,
      service: "codedeploy",
      input: {},
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return GetServerKeyOutput.parse(answer);
  } catch (error) {
    throw asFailure(error, url, identity);
  }
}

function asFailure(error: unknown, url: string, { hostIdentifier: arn }: Identity): unknown {
  if (error instanceof ApiError) {
    return new AgentFailure({
      exitCode: error.status === 403 ? EXIT.notAllowed : EXIT.failed,
      cause: `The server does not know this host as ${arn}`,
      evidence: `${error.type}: ${error.message}`,
      state: STATE,
      next: "aws deploy list-on-premises-instances --registration-status Registered shows who is " +
        "registered; register the host, or correct its file",
    }, { cause: error });
  }
  const isTimeout = error instanceof DOMException && error.name === "TimeoutError";
  if (!(error instanceof UnreachableError) && !isTimeout) return error;
  const fault = certificateFault(error);
  return new AgentFailure({
    exitCode: EXIT.unreachable,
    cause: fault === undefined
      ? "The server cannot be reached"
      : `The server is not trusted: its certificate ${fault.what}`,
    evidence: `${url}: ${error.message}`,
    state: STATE,
    next: fault?.next ??
      "check the address, and that the server runs and can be reached from this host",
  }, { cause: error });
}
