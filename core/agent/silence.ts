/** Ends a request that has fallen silent, or whose agent leaves. @module */
import { clearTimeout, setTimeout } from "node:timers";

/** Milliseconds without a byte until a request counts as failed. */
export const SILENCE = 60_000;

/** Its signal aborts when the other side is listened to for too long, and with the outer signal. */
export class Silence {
  readonly #abort = new AbortController();
  readonly #outer: AbortSignal;
  readonly #longestMs: number;
  readonly #forward = () => this.#abort.abort(this.#outer.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(outer: AbortSignal, longestMs: number) {
    this.#longestMs = longestMs;
    this.#outer = outer;
    if (outer.aborted) this.#forward();
    outer.addEventListener("abort", this.#forward);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The time runs while something is waited for; while we are at work it does not. */
  async during<Heard>(waiting: Promise<Heard>): Promise<Heard> {
    const reason = new Error(`nothing came for ${this.#longestMs / 1000} seconds`);
    this.#timer = setTimeout(() => this.#abort.abort(reason), this.#longestMs);
    try {
      return await waiting;
    } finally {
      clearTimeout(this.#timer);
    }
  }

  /** Drops the request, if it is not over. */
  end(): void {
    this.#outer.removeEventListener("abort", this.#forward);
    this.#abort.abort(new Error("nobody reads on"));
  }
}
