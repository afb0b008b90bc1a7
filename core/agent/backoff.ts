/** Growing pauses between attempts, so that a server that comes back is not run over. @module */
import { clearTimeout, setTimeout } from "node:timers";

/** Milliseconds. A restarted server sees most of its agents again within its first second. */
const FIRST = 200;
const LONGEST = 10_000;

/** Pauses of 0.2 s doubling to 10 s or what is asked, each shortened at random by up to half. */
export class Backoff {
  readonly #random: () => number;
  #next = FIRST;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Milliseconds to wait before the next attempt; `longest` is the most it may be. */
  next(longest = LONGEST): number {
    const pause = Math.min(this.#next, longest) * (1 - this.#random() / 2);
    this.#next = Math.min(this.#next * 2, Math.max(longest, FIRST));
    return pause;
  }

  reset(): void {
    this.#next = FIRST;
  }
}

/** Waits; ends early, without an error, when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
