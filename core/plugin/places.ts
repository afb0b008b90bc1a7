/**
 * So many calls at once: a fleet that is taken out of its balancer whole would start a program, or open
 * a connection, for each of its hosts in the same moment.
 * @module
 */

export class Places {
  #free: number;
  /** Who waits, in the order they came. */
  readonly #waiting = new Set<() => void>();

  constructor(most: number) {
    this.#free = most;
  }

  /** The answer of `work`, which begins when there is a place; rejects when given up before that. */
  async within<Answer>(step: AbortSignal, work: () => Promise<Answer>): Promise<Answer> {
    await this.#place(step);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #place(step: AbortSignal): Promise<void> {
    step.throwIfAborted();
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const begin = () => {
        step.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(begin);
        reject(step.reason);
      };
      step.addEventListener("abort", giveUp, { once: true });
      this.#waiting.add(begin);
    });
  }

  #leave(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
