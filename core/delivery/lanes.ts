/**
 * Which lane goes next. A lane (one deployment's messages for one destination) is in one of three
 * states: ready, under way, or resting until its next attempt. Each destination has a few lanes
 * under way at most, and a queue of its own, so that one that hangs holds no other one up.
 *
 * Only lanes are kept here, not messages: those stay in the store, and a lane takes its next one
 * from there when it gets its turn.
 * @module
 */
import type { Lane } from "../store/deliveries.ts";

/** Calls after a time in milliseconds; answers how to call it off. */
export type After = (milliseconds: number, call: () => void) => () => void;

/** What a lane's turn came to: again at once, after a rest in milliseconds, or nothing is left. */
export type Turn = "again" | "empty" | { rest: number };

interface Queue {
  ready: string[];
  underWay: number;
  /** Lanes by deployment; a resting one has how to wake it. */
  lanes: Map<string, (() => void) | undefined>;
}

/** Lanes of a destination that are under way at most. */
const SIDE_BY_SIDE = 4;

export class Lanes {
  readonly #queues = new Map<string, Queue>();
  readonly #take: (lane: Lane) => Promise<Turn>;
  readonly #after: After;
  #closed = false;

  /** `take` delivers a lane's next message; it never rejects. */
  constructor(take: (lane: Lane) => Promise<Turn>, after: After) {
    this.#take = take;
    this.#after = after;
  }

  /** A lane has something to deliver, after a rest; one that is known already keeps its turn. */
  add({ destination, deploymentId }: Lane, rest = 0): void {
    if (this.#closed) return;
    let queue = this.#queues.get(destination);
    if (!queue) this.#queues.set(destination, queue = { ready: [], underWay: 0, lanes: new Map() });
    if (queue.lanes.has(deploymentId)) return;
    this.#put(destination, queue, deploymentId, rest);
  }

  /** Lets every resting lane of a destination try again now. */
  wake(destination: string): void {
    const queue = this.#queues.get(destination);
    if (!queue) return;
    for (const [deploymentId, callOff] of queue.lanes) {
      if (!callOff) continue;
      callOff();
      this.#put(destination, queue, deploymentId, 0);
    }
  }

  /** Nobody gets a turn any more. */
  close(): void {
    this.#closed = true;
    for (const { lanes } of this.#queues.values()) {
      for (const callOff of lanes.values()) callOff?.();
    }
    this.#queues.clear();
  }

  #put(destination: string, queue: Queue, deploymentId: string, rest: number): void {
    if (rest > 0) {
      const wake = () => this.#put(destination, queue, deploymentId, 0);
      queue.lanes.set(deploymentId, this.#after(rest, wake));
      return;
    }
    queue.lanes.set(deploymentId, undefined);
    queue.ready.push(deploymentId);
    this.#pump(destination, queue);
  }

  #pump(destination: string, queue: Queue): void {
    while (!this.#closed && queue.underWay < SIDE_BY_SIDE) {
      const deploymentId = queue.ready.shift();
      if (deploymentId === undefined) return;
      queue.underWay++;
      void this.#turn(destination, queue, deploymentId);
    }
  }

  async #turn(destination: string, queue: Queue, deploymentId: string): Promise<void> {
    const turn = await this.#take({ destination, deploymentId });
    queue.underWay--;
    if (this.#closed) return;
    if (turn === "empty") queue.lanes.delete(deploymentId);
    else this.#put(destination, queue, deploymentId, turn === "again" ? 0 : turn.rest);
    this.#pump(destination, queue);
    if (queue.lanes.size === 0) this.#queues.delete(destination);
  }
}
