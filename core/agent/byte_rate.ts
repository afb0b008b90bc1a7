/**
 * A limit on how fast a bundle is fetched, so that a deployment leaves room on the host's line.
 * @module
 */
import { pause } from "./backoff.ts";

/** Seconds' worth of bytes that may come at once after a lull. */
const BURST_SECONDS = 0.25;

/** A token bucket: every chunk is taken from it, and one that overdraws it is waited for. */
export class RateLimit {
  readonly #bytesPerSecond: number;
  readonly #now: () => number;
  #free: number;
  #countedAt: number;

  /** `now` answers milliseconds of a clock that never goes back. */
  constructor(bytesPerSecond: number, now: () => number = () => performance.now()) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#now = now;
    this.#free = bytesPerSecond * BURST_SECONDS;
    this.#countedAt = now();
  }

  /** Takes `bytes`; answers the milliseconds until more may be taken. */
  take(bytes: number): number {
    const now = this.#now();
    const refill = (now - this.#countedAt) / 1000 * this.#bytesPerSecond;
    this.#free = Math.min(this.#free + refill, this.#bytesPerSecond * BURST_SECONDS) - bytes;
    this.#countedAt = now;
    return Math.max(0, -this.#free / this.#bytesPerSecond * 1000);
  }

  /** Takes `bytes` and waits until more may be taken, or until the signal aborts. */
  async wait(bytes: number, signal: AbortSignal): Promise<void> {
    const ms = this.take(bytes);
    if (ms > 0) await pause(ms, signal);
  }
}
