/** Policies of deployment groups; a group without one has the empty policy. @module */
import { eq } from "drizzle-orm";
import type { GroupPolicy } from "../domain/group_policy.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { groupPolicies } from "./schema.ts";

export function groupPolicy(db: Db, groupId: string): GroupPolicy {
  const row = db.select({ policy: groupPolicies.policy }).from(groupPolicies)
    .where(eq(groupPolicies.groupId, groupId)).get();
  return row?.policy ?? {};
}

/** Sets the whole policy. */
export function putGroupPolicy(tx: Tx, groupId: string, policy: GroupPolicy): void {
  tx.insert(groupPolicies).values({ groupId, policy })
    .onConflictDoUpdate({ target: groupPolicies.groupId, set: { policy } }).run();
}
