/**
 * Writes of the dispatcher, gathered for a moment and committed together: however many receivers
 * answer at once, the engine's commits share the disk with a hundred of ours a second at most.
 * @module
 */
import type { Tx } from "../store/group_commit.ts";
import type { Store } from "../store/store.ts";
import type { After } from "./lanes.ts";

/** The least time between two commits, in milliseconds. */
const GATHER = 10;

/** When something may happen that happens at most once in `GATHER`: at once after a quiet moment. */
export class Pace {
  readonly #now: () => number;
  #last = -Infinity;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The wait until it may happen, in milliseconds; it is taken to happen then. */
  wait(): number {
    const now = this.#now();
    // A clock that was set back must not stop anything.
    const wait = Math.min(GATHER, Math.max(0, this.#last + GATHER - now));
    this.#last = now + wait;
    return wait;
  }
}

interface Waiting {
  write(tx: Tx): void;
  resolve(): void;
  reject(error: unknown): void;
}

export class GatheredCommit {
  readonly #store: Pick<Store, "commit">;
  readonly #after: After;
  readonly #pace: Pace;
  #waiting: Waiting[] = [];

  constructor(
    { store, after, now }: { store: Pick<Store, "commit">; after: After; now: () => number },
  ) {
    this.#store = store;
    this.#after = after;
    this.#pace = new Pace(now);
  }

  /** Settles with the commit that all writes of this moment share; if it fails, all of them have. */
  commit(write: (tx: Tx) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      if (this.#waiting.length === 1) this.#after(this.#pace.wait(), () => void this.#flush());
    });
  }

  async #flush(): Promise<void> {
    const all = this.#waiting;
    this.#waiting = [];
    try {
      await this.#store.commit((tx) => {
        for (const { write } of all) write(tx);
      });
      for (const { resolve } of all) resolve();
    } catch (error) {
      for (const { reject } of all) reject(error);
    }
  }
}
