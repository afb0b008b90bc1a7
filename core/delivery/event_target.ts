/**
 * The destination `target`: events in EventBridge's form, to web addresses and files that
 * PutEventTarget names.
 * @module
 */
import type { WaitingDelivery } from "../store/deliveries.ts";
import type { Db } from "../store/database.ts";
import { findEventTarget, listEventTargets } from "../store/event_targets.ts";
import { DeliveryFailure, type Destination } from "./destination.ts";
import { EventBridgeEvent, eventBridgeEvent, matchesPattern } from "./event_bridge_event.ts";
import { type HttpReceiverContext, postEvent } from "./http_receiver.ts";
import { appendEvent } from "./file_receiver.ts";

export interface EventTargetContext extends HttpReceiverContext {
  /** For reads outside a commit. */
  readonly read: Db;
  /** Folder that the paths of file targets begin in. */
  readonly eventsFolder: string;
}

export function eventTargetDestination(context: EventTargetContext): Destination {
  return {
    kind: "target",
    expand(tx, fact) {
      const event = eventBridgeEvent(fact);
      if (!event) return [];
      const payload = JSON.stringify(event);
      return listEventTargets(tx).filter(({ pattern }) => matchesPattern(event, pattern))
        .map(({ name }) => ({ key: name, payload }));
    },
    async deliver({ payload }: WaitingDelivery, name, signal) {
      const target = findEventTarget(context.read, name);
      // Its deliveries went with it, but this one was under way already.
      if (!target) throw new DeliveryFailure(`the event target ${name} was removed`);
      const { receiver } = target;
      if (receiver.kind === "file") {
        await appendEvent(context.eventsFolder, receiver.path, payload);
        return;
      }
      const { id } = EventBridgeEvent.parse(JSON.parse(payload));
      await postEvent({ receiver, id, body: payload }, context, signal);
    },
  };
}
