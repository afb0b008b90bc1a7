/**
 * A limit on how fast a bundle is fetched, so that a deployment leaves room on the host's line.
 * @module
 */
import { z } from "zod";
import { pause } from "./backoff.ts";

/** Bytes per second; less would take an hour for 4 MB. */
const SLOWEST = 1024;

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Bytes per second, as a number or as text with a unit: `10MB` is 10,000,000, `10MiB` 10,485,760. */
export const ByteRate = z.union([z.number(), z.string()]).transform((given, context): number => {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?) *([kmg]?i?b)?$/i.exec(String(given).trim()) ?? [];
  const rate = Math.round(Number(amount) * (UNITS[unit.toLowerCase()] ?? NaN));
  if (rate >= SLOWEST) return rate;
  const message = `must be bytes per second, at least ${SLOWEST}, as in 500000, 500KB or 10MiB; ` +
    `it is ${JSON.stringify(given)}`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

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
