/**
 * How long the poll loop waits after a failure: pauses grow from a fraction of a second up to what the
 * configuration says for that kind of failure (wait_after_error and its like, spec 11.2), so that
 * a server that comes back is found soon. One that asks to slow down gets the whole pause at once.
 * @module
 */
import { ApiError, UnreachableError } from "../wire/aws_json.ts";
import type { Backoff } from "./backoff.ts";
import type { AgentConfig } from "./config.ts";

export type Waits = Pick<
  AgentConfig,
  "waitAfterErrorMs" | "waitAfterThrottleMs" | "waitAfterConnectionProblemMs"
>;

/** Milliseconds. */
export function pauseAfter(error: unknown, backoff: Backoff, waits: Waits): number {
  if (isThrottle(error)) return waits.waitAfterThrottleMs;
  return backoff.next(
    isConnectionProblem(error) ? waits.waitAfterConnectionProblemMs : waits.waitAfterErrorMs,
  );
}

/** By the names that AWS's services have for it, and what a proxy before them answers. */
function isThrottle(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.status === 429 || /throttl|toomanyrequests|slowdown|limitexceeded/i.test(error.type);
}

/** Nothing answered, or not in time. */
function isConnectionProblem(error: unknown): boolean {
  if (error instanceof UnreachableError) return true;
  return error instanceof DOMException && error.name === "TimeoutError";
}
