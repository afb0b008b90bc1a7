/**
 * What a simulated host keeps through its crashes: as the agent's journal, a line is there before what
 * follows from it is done. Beside that, what was done to the host in all its life, for the laws.
 * @module
 */
import type { OrderEnd } from "../../core/agent/completion.ts";
import type { LifecycleEvent, LifecycleEventName } from "../../core/domain/lifecycle_event.ts";
import type { Order } from "../../core/wire/agent_protocol.ts";

/** An order that the host has taken. */
export interface Taken {
  order: Order;
  /** Events begun, the running one last. */
  events: LifecycleEvent[];
  end?: OrderEnd;
  /** The server has answered the end. */
  reported: boolean;
}

export class Journal {
  readonly taken = new Map<string, Taken>();
  lastNonce = 0;
  /** Events of each deployment in the order they were begun. */
  readonly done = new Map<string, LifecycleEvent[]>();

  take(order: Order): Taken {
    const taken: Taken = { order, events: [], reported: false };
    this.taken.set(order.commandId, taken);
    this.lastNonce = Math.max(this.lastNonce, order.nonce);
    return taken;
  }

  begin({ order, events }: Taken, name: LifecycleEventName, now: number): LifecycleEvent {
    const event: LifecycleEvent = { name, status: "InProgress", startTime: now };
    events.push(event);
    this.doneFor(order.specification.DeploymentId).push(event);
    return event;
  }

  doneFor(deploymentId: string): LifecycleEvent[] {
    const known = this.done.get(deploymentId);
    if (known) return known;
    const done: LifecycleEvent[] = [];
    this.done.set(deploymentId, done);
    return done;
  }

  /** Orders whose end the server does not know yet. */
  unreported(): Taken[] {
    return [...this.taken.values()].filter(({ reported }) => !reported);
  }
}
