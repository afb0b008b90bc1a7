/**
 * Calls of validation functions (Lambda, ECS), by the execution id that the function is given and
 * reports its result with, once.
 * @module
 */
import { and, eq, isNull } from "drizzle-orm";
import type { LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { hookExecutions } from "./schema.ts";

/** Times in milliseconds since the epoch. */
export interface HookExecution {
  id: string;
  deploymentId: string;
  targetId: string;
  event: LifecycleEventName;
  invokedAt: number;
  /** Unset until the function has reported. */
  report?: { status: HookResult; at: number };
}

export type HookResult = "Succeeded" | "Failed";

/** Written before the function is called, so that its report finds the call. */
export function insertHookExecution(tx: Tx, execution: Omit<HookExecution, "report">): void {
  tx.insert(hookExecutions).values(execution).run();
}

export function findHookExecution(db: Db, id: string): HookExecution | undefined {
  const row = db.select().from(hookExecutions).where(eq(hookExecutions.id, id)).get();
  if (!row) return undefined;
  const { status, reportedAt, ...execution } = row;
  const reported = status !== null && reportedAt !== null;
  return { ...execution, ...(reported && { report: { status, at: reportedAt } }) };
}

/** Answers false, and writes nothing, when the result is known already. */
export function reportHookExecution(
  tx: Tx,
  id: string,
  report: NonNullable<HookExecution["report"]>,
): boolean {
  const { status, at } = report;
  const written = tx.update(hookExecutions).set({ status, reportedAt: at })
    .where(and(eq(hookExecutions.id, id), isNull(hookExecutions.status)))
    .returning({ id: hookExecutions.id }).all();
  return written.length === 1;
}
