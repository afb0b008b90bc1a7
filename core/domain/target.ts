/** A target: one host within one deployment (spec 2.2). @module */
import { z } from "zod";
import type { LifecycleEvent } from "./lifecycle_event.ts";

/**
 * An instance's name or id, a function with its alias, `cluster:service`, a stack's ARN: whatever its
 * platform, one word.
 */
export const TargetId = z.string().regex(
  /^[!-~]{1,1011}$/,
  "must be one word of 1 to 1011 letters",
);

export const TargetStatus = z.enum([
  "Pending",
  "InProgress",
  "Succeeded",
  "Failed",
  "Skipped",
  "Unknown",
  "Ready",
]);
export type TargetStatus = z.infer<typeof TargetStatus>;

export const TERMINAL_TARGET: ReadonlySet<TargetStatus> = new Set([
  "Succeeded",
  "Failed",
  "Skipped",
  "Unknown",
]);

/** Blue hosts serve before the deployment, green ones after it. */
export type TargetLabel = "Blue" | "Green";

/** One host of one deployment; all its events are one value (and one row in the store). */
export interface Target {
  /** Instance name for on-premises hosts. */
  id: string;
  status: TargetStatus;
  events: readonly LifecycleEvent[];
  /** The host's part in a blue/green deployment. */
  label?: TargetLabel;
  /** Value of the tag that the strategy goes by; empty for a host without it. */
  zone?: string;
  /** Milliseconds; the last change of anything here. */
  lastUpdated: number;
  /** The order that the host has for the events it is at; none while the balancer is asked. */
  command?: {
    id: string;
    /** Grows with every order to this host; an agent refuses an old one (law 7). */
    nonce: number;
    givenAt: number;
    /** Which leg of the host's events it is for; the first without one. */
    leg?: number;
    /** When the agent first answered; unset while the host has not taken the order. */
    takenAt?: number;
  };
}
