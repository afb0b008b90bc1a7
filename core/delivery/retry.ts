/** When a message is tried again, and when it is given up. Pure. @module */

/** Times in milliseconds. */
export interface RetryRules {
  /** The wait after the first attempt that failed; each further one doubles it. */
  first: number;
  /** The longest wait between two attempts. */
  longest: number;
  /** A message is given up after so many attempts … */
  attempts: number;
  /** … or after its first attempt beyond this age. */
  age: number;
  /** How long one attempt may take. */
  timeout: number;
}

/** As EventBridge does it: 185 attempts within 24 hours (EventBridge user guide). */
export const RETRY_RULES: RetryRules = {
  first: 1_000,
  longest: 600_000,
  attempts: 185,
  age: 86_400_000,
  timeout: 10_000,
};

/** The same, with `n` seconds passing as one; a network is as slow as ever. */
export function lapsed(rules: RetryRules, n: number): RetryRules {
  const { first, longest, age } = rules;
  return { ...rules, first: first / n, longest: longest / n, age: age / n };
}

export interface Failed {
  /** Attempts so far, this one among them. */
  attempts: number;
  createTime: number;
  now: number;
  /** How long the receiver asked to be left alone. */
  wait: number | undefined;
  /** 0 up to, but not including, 1. */
  random: number;
}

/** The time of the next attempt, or that there is none. */
export function nextAttempt(failed: Failed, rules: RetryRules): number | "dead" {
  const { attempts, createTime, now, wait = 0, random } = failed;
  if (attempts >= rules.attempts || now - createTime >= rules.age) return "dead";
  // 2 ** 1000 is Infinity already; what counts is the minimum.
  const doubled = Math.min(rules.longest, rules.first * 2 ** (attempts - 1));
  // Half is certain, half is chance, so that lanes that failed together do not come back together.
  const backoff = doubled / 2 + doubled / 2 * random;
  // A receiver may ask for rest, but not hold a message beyond the longest wait.
  return now + Math.ceil(Math.max(backoff, Math.min(wait, rules.longest)));
}
