/**
 * Calls that wait and try again when a service asks for less: CodeDeploy counts the calls of a whole
 * account, so others' calls use up what an import may do.
 * @module
 */
import { ApiError, UnreachableError } from "../../wire/aws_json.ts";
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

/** A read may be repeated whatever became of it; a write only when it is known not to have happened. */
const READ = /^(List|Get|BatchGet)/;

/** The same API with patience: a call that came too soon, and a read that was lost, is made again. */
export function patientApi(api: Api, patience: Patience): Api {
  // A server that has never answered is not there, or not at this address.
  const state = { hasAnswered: false };
  const patiently = async <T>(operation: string, call: () => Promise<T>): Promise<T> => {
    for (let attempt = 1;; attempt++) {
      try {
        const answer = await call();
        state.hasAnswered = true;
        return answer;
      } catch (error) {
        if (attempt === ATTEMPTS_MAX) throw error;
        if (!isTooSoon(error) && !(READ.test(operation) && isPassing(error, state))) throw error;
      }
      await patience.sleep(waitOf(attempt, patience));
    }
  };
  return {
    connection: api.connection,
    codedeploy: (operation, input, answer) =>
      patiently(operation, () => api.codedeploy(operation, input, answer)),
    runtime: (operation, input, answer) =>
      patiently(operation, () => api.runtime(operation, input, answer)),
  };
}

/** Milliseconds: twice as long each time, at least half of it. */
function waitOf(attempt: number, { random }: Patience): number {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
  return wait * (0.5 + random() / 2);
}

function isTooSoon(error: unknown): boolean {
  return error instanceof ApiError && (TOO_SOON.has(error.type) || error.status === 429);
}

/** A fault of the service, or a connection that broke. */
function isPassing(error: unknown, { hasAnswered }: { hasAnswered: boolean }): boolean {
  if (error instanceof UnreachableError) return hasAnswered;
  return error instanceof ApiError && error.status >= 500;
}
