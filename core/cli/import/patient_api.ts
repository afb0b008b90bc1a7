/**
 * Calls that wait and try again when a service asks for less: CodeDeploy counts the calls of a whole
 * account, so others' calls use up what an import may do.
 * @module
 */
import { ApiError } from "../../wire/aws_json.ts";
import type { Api } from "../api.ts";

/** Names under which AWS services refuse a call that came too soon (SDK reference guide, retries). */
const TOO_SOON: ReadonlySet<string> = new Set([
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "TooManyRequestsException",
]);

const ATTEMPTS_MAX = 10;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 20_000;

export interface Patience {
  sleep(milliseconds: number): Promise<void>;
  /** From 0 to 1; waits are spread by it, so that two imports do not meet again. */
  random(): number;
}

/**
 * The same API with patience. Every operation that an import calls may be repeated: reads change
 * nothing, and a write that has happened already is refused by its name or says the same again.
 */
export function patientApi(api: Api, patience: Patience): Api {
  return {
    connection: api.connection,
    codedeploy: (operation, input, answer) =>
      patiently(() => api.codedeploy(operation, input, answer), patience),
    runtime: (operation, input, answer) =>
      patiently(() => api.runtime(operation, input, answer), patience),
  };
}

async function patiently<T>(call: () => Promise<T>, { sleep, random }: Patience): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || !asksForPatience(error)) throw error;
    }
    await sleep(
      Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1)) * (0.5 + random() / 2),
    );
  }
}

/** Too many calls, or a fault of the service that passes. */
function asksForPatience(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return TOO_SOON.has(error.type) || error.status === 429 || error.status >= 500;
}
