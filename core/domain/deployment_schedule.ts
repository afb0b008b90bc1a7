/**
 * When deployments may not begin, and when some begin by themselves: locks, freeze windows and
 * recurring schedules.
 * @module
 */
import { z } from "zod";
import type { RevisionLocation } from "./revision.ts";

/** Times in milliseconds since the epoch. */
export interface Lock {
  /** The application, or `application/group`. */
  subject: string;
  message: string;
  /** The ARN of who locked. */
  by: string;
  time: number;
}

/** When something recurs: a cron expression, read by the wall clock of a time zone. */
export const Recurrence = z.object({
  /** Five fields, or six with the second before them. */
  cron: z.string().min(1).max(200),
  /** A name of the IANA database. */
  timeZone: z.string().min(1).max(64).default("UTC"),
});
export type Recurrence = z.infer<typeof Recurrence>;

/** A time in which no deployment begins. */
export interface FreezeWindow extends Recurrence {
  name: string;
  /** The application, or `application/group`; left out for all. */
  subject?: string;
  durationMinutes: number;
}

/** The longest freeze, in minutes: a year. */
export const LONGEST_FREEZE = 366 * 24 * 60;

/** What came of the last time of a schedule. */
export type ScheduleOutcome =
  | { kind: "deployed"; deploymentId: string }
  /** The deployment could not be created. */
  | { kind: "refused"; message: string }
  /** The server did not run at that time, and was back too late. */
  | { kind: "missed" };

/** Deployments that begin again and again by themselves. Times in milliseconds since the epoch. */
export interface Schedule extends Recurrence {
  name: string;
  groupId: string;
  /** Left out: the one that was registered last, each time. */
  revision?: RevisionLocation;
  /** The ARN of who made it. */
  createdBy: string;
  createTime: number;
  /** The time that came last, whatever came of it. */
  lastDue?: number;
  lastOutcome?: ScheduleOutcome;
}
