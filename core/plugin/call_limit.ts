/** How long one call of a plugin may take, and how its failure is worded. @module */

/** A balancer or a metrics server that takes longer is not there. */
const TIMEOUT_MS = 10_000;

/** Aborts when the step is given up or the call's own time is over. */
export interface Limit {
  readonly signal: AbortSignal;
  /**
   * The error to throw for a call that failed: what was called, and why. That the step was given up
   * comes before everything else, as what failed then failed because of it.
   */
  failure(what: string, cause: unknown): unknown;
}

export function limitOf(step: AbortSignal, timeoutMs = TIMEOUT_MS): Limit {
  const timer = AbortSignal.timeout(timeoutMs);
  return {
    signal: AbortSignal.any([step, timer]),
    failure(what, cause) {
      if (step.aborted) return step.reason;
      const why = timer.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(cause);
      return new Error(`${what}: ${why}`, { cause });
    },
  };
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
