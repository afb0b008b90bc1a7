/**
 * Tables of what lets a deployment begin, and of who decided what. Times and JSON are as in
 * `schema.ts`, whose tables these are.
 * @module
 */
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { AuditAction } from "../domain/audit.ts";
import type { ScheduleOutcome } from "../domain/deployment_schedule.ts";
import type { GroupPolicy } from "../domain/group_policy.ts";
import type { RevisionLocation } from "../domain/revision.ts";

/** Who decided what; entries are only ever added. */
export const audit = sqliteTable("audit", {
  sequence: integer("sequence").primaryKey({ autoIncrement: true }),
  time: integer("time").notNull(),
  who: text("who").notNull(),
  action: text("action").$type<AuditAction>().notNull(),
  subject: text("subject").notNull(),
  reason: text("reason"),
}, (t) => [index("audit_subject").on(t.subject, t.sequence)]);

export const groupPolicies = sqliteTable("group_policies", {
  groupId: text("group_id").primaryKey(),
  policy: text("policy", { mode: "json" }).$type<GroupPolicy>().notNull(),
});

/** A scope is the id of an application or of a group, so that a rename leaves it alone. */
export const locks = sqliteTable("locks", {
  scope: text("scope").primaryKey(),
  message: text("message").notNull(),
  lockedBy: text("locked_by").notNull(),
  time: integer("time").notNull(),
});

export const freezeWindows = sqliteTable("freeze_windows", {
  name: text("name").primaryKey(),
  /** As that of a lock; null for every group. */
  scope: text("scope"),
  cron: text("cron").notNull(),
  timeZone: text("time_zone").notNull(),
  durationMinutes: integer("duration_minutes").notNull(),
});

export const schedules = sqliteTable("schedules", {
  name: text("name").primaryKey(),
  groupId: text("group_id").notNull(),
  cron: text("cron").notNull(),
  timeZone: text("time_zone").notNull(),
  /** Null for the one that was registered last. */
  revision: text("revision", { mode: "json" }).$type<RevisionLocation>(),
  createdBy: text("created_by").notNull(),
  createTime: integer("create_time").notNull(),
  lastDue: integer("last_due"),
  lastOutcome: text("last_outcome", { mode: "json" }).$type<ScheduleOutcome>(),
});
