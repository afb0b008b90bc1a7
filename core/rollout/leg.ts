/**
 * The legs of a host's way through its lifecycle events. A leg is what one party does without asking
 * anybody: a run of events that the agent gets as one order, or one event of traffic that the server
 * performs against the load balancer (spec 4.1).
 * @module
 */
import {
  type LifecycleEvent,
  type LifecycleEventName,
  SERVER_EVENTS,
} from "../domain/lifecycle_event.ts";
import type { Target } from "../domain/target.ts";
import { STAGE_BORDER } from "./stages.ts";

export interface Leg {
  /** 0 for the first of its host. */
  index: number;
  by: "agent" | "server";
  /** Position of its first event, and of the one after its last. */
  from: number;
  to: number;
}

/** The leg a host is at: that of its order if it has one, else that of its first event not over. */
export function currentLeg(target: Pick<Target, "events" | "label" | "command">): Leg | undefined {
  const { events, command } = target;
  const open = events.findIndex((event) => !hasEnded(event));
  for (const leg of legsOf(target)) {
    if (command ? leg.index === (command.leg ?? 0) : open >= leg.from && open < leg.to) return leg;
  }
  return undefined;
}

/** The events of the leg that a host is at; none when all are over. */
export function legEvents(target: Target): readonly LifecycleEvent[] {
  const leg = currentLeg(target);
  return leg ? target.events.slice(leg.from, leg.to) : [];
}

export function hasEnded({ status }: LifecycleEvent): boolean {
  return status !== "Pending" && status !== "InProgress";
}

/** Whether a host was taken through an event, well or not. */
export function hasTried({ events }: Pick<Target, "events">, name: LifecycleEventName): boolean {
  return events.some((event) => event.name === name && wasTried(event));
}

export function wasTried({ status }: LifecycleEvent): boolean {
  return status === "Succeeded" || status === "Failed";
}

function legsOf({ events, label }: Pick<Target, "events" | "label">): Leg[] {
  const legs: Leg[] = [];
  let last: Leg | undefined;
  let position = 0;
  for (const { name } of events) {
    const by = SERVER_EVENTS.has(name) ? "server" : "agent";
    const goesOn = last?.by === by && by === "agent" && !isBorder(name, label);
    if (last && goesOn) last.to = position + 1;
    else legs.push(last = { index: legs.length, by, from: position, to: position + 1 });
    position++;
  }
  return legs;
}

function isBorder(name: LifecycleEventName, label: Target["label"]): boolean {
  return label !== undefined && STAGE_BORDER[label] === name;
}
