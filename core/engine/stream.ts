/**
 * Who is told of a deployment's changes: the event streams of people and pages. Listeners are called
 * after the commit and in its order.
 * @module
 */
import type { StreamEvent } from "../wire/event_stream.ts";

export type Listener = (event: StreamEvent) => void;

export class Streams {
  readonly #listeners = new Map<string, Set<Listener>>();

  /** Calls `listener` for every later event of a deployment; answers how to stop. */
  subscribe(deploymentId: string, listener: Listener): () => void {
    let set = this.#listeners.get(deploymentId);
    if (!set) this.#listeners.set(deploymentId, set = new Set());
    set.add(listener);
    return () => {
      set.delete(listener);
      if (set.size === 0) this.#listeners.delete(deploymentId);
    };
  }

  /** True when somebody listens, so that an event nobody reads is never made. */
  wanted(deploymentId: string): boolean {
    return this.#listeners.has(deploymentId);
  }

  publish(event: StreamEvent): void {
    for (const listener of this.#listeners.get(event.deploymentId) ?? []) listener(event);
  }
}
