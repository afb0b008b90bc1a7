/**
 * The last orders of a host, as its journal tells them. Pure.
 * @module
 */
import type { LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { EndStatus, JournalRecord } from "./journal_record.ts";

/** Members about the deployment are unknown when a rewrite of the journal left the order out. */
export interface RecentOrder {
  deploymentId?: string;
  application?: string;
  group?: string;
  status: "InProgress" | EndStatus;
  /** Begun last. */
  event?: LifecycleEventName;
  /** Why it failed. */
  message?: string;
  /** Of the last that happened, in milliseconds since the epoch. */
  at: number;
}

/** The `count` orders in which something happened last, the latest first. */
export function recentOrders(records: Iterable<JournalRecord>, count: number): RecentOrder[] {
  const orders = new Map<string, RecentOrder>();
  for (const record of records) {
    if (record.kind === "nonce" || record.kind === "reported") continue;
    const before = orders.get(record.commandId) ?? { status: "InProgress", at: record.at };
    // Put at the end: a map keeps the order in which its keys came.
    orders.delete(record.commandId);
    orders.set(record.commandId, { ...before, ...told(record), at: record.at });
  }
  return [...orders.values()].slice(-count).reverse();
}

function told(
  record: Exclude<JournalRecord, { kind: "nonce" | "reported" }>,
): Partial<RecentOrder> {
  switch (record.kind) {
    case "order": {
      const { DeploymentId, ApplicationName, DeploymentGroupName } = record.order.specification;
      return {
        deploymentId: DeploymentId,
        application: ApplicationName,
        group: DeploymentGroupName,
      };
    }
    case "hook":
      return { deploymentId: record.deploymentId };
    case "event":
      return { deploymentId: record.deploymentId, event: record.event };
    case "completed": {
      const { status, completion } = record;
      const event = completion.events.at(-1)?.name;
      return {
        status,
        ...(event !== undefined && { event }),
        ...(status === "Failed" && { message: completion.message }),
      };
    }
  }
}
