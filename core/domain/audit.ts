/** What people decided that is not theirs alone: who, when, what about, and why. @module */
import { z } from "zod";

/** What was done; in the past, as a sentence about the subject would say it. */
export const AuditAction = z.enum([
  "approved",
  "rejected",
  "paused",
  "resumed",
  "promoted",
  "aborted",
  "stopped",
  "locked",
  "unlocked",
  "freeze overridden",
  "freeze window set",
  "freeze window removed",
  "policy set",
  "schedule set",
  "schedule removed",
  "integration set",
  "integration removed",
]);
export type AuditAction = z.infer<typeof AuditAction>;

/** One entry. `time` in milliseconds since the epoch. */
export interface AuditEntry {
  time: number;
  /** The ARN that signed the request. */
  who: string;
  action: AuditAction;
  /** A deployment's id, an application, `application/group`, the name of a window or schedule, `balancer name`. */
  subject: string;
  /** As it was given: a lock's message, why a freeze was overridden. */
  reason?: string;
}
