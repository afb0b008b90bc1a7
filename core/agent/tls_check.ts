/**
 * The check at the start (spec 12.1): a `GET /` on the server, whose certificate must be right. Any
 * answer will do; a server that does not answer is left to the poll loop, which waits for it.
 * @module
 */
import { certificateFault } from "../wire/certificate_fault.ts";
import type { AgentConfig } from "./config.ts";
import { AgentFailure, EXIT } from "./failure.ts";
import { log } from "./log.ts";

/** Milliseconds. */
const ANSWER_WITHIN = 10_000;

/** What runtimes say when the other side speaks no TLS, or none that we understand. */
const NO_TLS = /ERR_SSL|SSL routines|\bTLS\b|handshake|InvalidContentType|corrupt message/i;

/** Throws AgentFailure when the server cannot be trusted. The test profiles leave the check out. */
export async function checkTls(
  { endpoint, testProfile, fetch }: Pick<AgentConfig, "endpoint" | "testProfile" | "fetch">,
): Promise<void> {
  if (testProfile !== "prod" || !endpoint.startsWith("https:")) return;
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN);
    const response = await fetch(`${new URL(endpoint).origin}/`, { signal, redirect: "manual" });
    await response.body?.cancel();
  } catch (error) {
    const said = sentences(error);
    const fault = certificateFault(error);
    if (fault === undefined && !said.some((sentence) => NO_TLS.test(sentence))) {
      log.info("{endpoint} does not answer yet: {why}", { endpoint, why: said.join(": ") });
      return;
    }
    throw new AgentFailure({
      exitCode: EXIT.unreachable,
      cause: fault === undefined
        ? "The server speaks no TLS that this agent understands"
        : `The server is not trusted: its certificate ${fault.what}`,
      evidence: `${endpoint}: ${said.join(": ")}`,
      state: "the agent has not started",
      next: fault?.next.replace(
        "set NODE_EXTRA_CA_CERTS=FILE",
        "set :ca_file: in codedeployagent.yml",
      ) ??
        "correct :deploy_control_endpoint: in codedeployagent.yml, or what stands before the server",
    }, { cause: error });
  }
}

/** Deeper than any runtime nests its causes. */
const MOST_CAUSES = 8;

function sentences(error: unknown): string[] {
  const said: string[] = [];
  for (let cause = error; cause instanceof Error && said.length < MOST_CAUSES;) {
    const code = "code" in cause && typeof cause.code === "string" ? `${cause.code} ` : "";
    said.push(code + cause.message);
    cause = cause.cause;
  }
  return said;
}
