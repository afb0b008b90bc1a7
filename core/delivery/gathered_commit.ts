/**
 * Writes of the dispatcher, gathered for a moment and committed together: however many receivers
 * answer at once, the engine's commits share the disk with a hundred of ours a second at most.
 * @module
 */
import type { Tx } from "../store/group_commit.ts";
import type { Store } from "../store/store.ts";
import type { After } from "./lanes.ts";

/** How long writes are gathered, in milliseconds. */
export const GATHER = 10;

interface Waiting {
  write(tx: Tx): void;
  resolve(): void;
  reject(error: unknown): void;
}

export class GatheredCommit {
  readonly #store: Pick<Store, "commit">;
  readonly #after: After;
  #waiting: Waiting[] = [];

  constructor(store: Pick<Store, "commit">, after: After) {
    this.#store = store;
    this.#after = after;
  }

  /** Settles with the commit that all writes of this moment share; if it fails, all of them have. */
  commit(write: (tx: Tx) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      if (this.#waiting.length === 1) this.#after(GATHER, () => void this.#flush());
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
