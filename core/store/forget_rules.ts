/** What goes with an application or a group that is deleted: its policy, locks, windows, schedules. @module */
import { inArray } from "drizzle-orm";
import type { Tx } from "./group_commit.ts";
import { freezeWindows, groupPolicies, locks, schedules } from "./schema.ts";

/** Removes what is about these groups, and about `applicationId` when that goes too. */
export function forgetRules(tx: Tx, groupIds: readonly string[], applicationId?: string): void {
  const groups = [...groupIds];
  const scopes = applicationId === undefined ? groups : [...groups, applicationId];
  tx.delete(groupPolicies).where(inArray(groupPolicies.groupId, groups)).run();
  tx.delete(schedules).where(inArray(schedules.groupId, groups)).run();
  tx.delete(locks).where(inArray(locks.scope, scopes)).run();
  tx.delete(freezeWindows).where(inArray(freezeWindows.scope, scopes)).run();
}
