/**
 * Which orders this host carries out (law 7): signed by the server it joined, made for it, not
 * expired, and newer than every order it has taken before.
 * @module
 */
import type { KeyObject } from "node:crypto";
import type { Order, RefusalReason } from "../wire/agent_protocol.ts";
import { openOrder, OrderRefused } from "../wire/order_signature.ts";
import type { JournalState } from "./journal_record.ts";

/**
 * Milliseconds that this host's clock may be off. A clock that is off by more cannot poll at all,
 * because its signatures are refused. The time of the answer's `Date` header is no better: nobody
 * signed it, so whoever replays an order could set it.
 */
export const CLOCK_SKEW = 5 * 60_000;

export interface Gate {
  serverKey: KeyObject;
  hostIdentifier: string;
}

/** `signed` is whatever came in the place of an order; `now` in milliseconds since the epoch. */
export type Verdict =
  | { kind: "new"; order: Order }
  /** Taken before: under way, or its end is known. */
  | { kind: "known"; order: Order }
  | { kind: "refused"; reason: RefusalReason; why: string; commandId?: string | undefined };

export function judgeOrder(
  signed: unknown,
  gate: Gate,
  journal: JournalState,
  now: number,
): Verdict {
  let order: Order;
  try {
    order = openOrder(signed, gate.serverKey);
  } catch (error) {
    if (!(error instanceof OrderRefused)) throw error;
    return { kind: "refused", reason: error.reason, why: error.message };
  }
  const { commandId } = order;
  const refused = (reason: RefusalReason, why: string): Verdict => ({
    kind: "refused",
    reason,
    why,
    commandId,
  });
  if (order.hostIdentifier !== gate.hostIdentifier) {
    return refused("other-host", `the order is for another host, ${order.hostIdentifier}`);
  }
  if (journal.unreported.has(commandId) || journal.reported.has(commandId)) {
    return { kind: "known", order };
  }
  if (order.nonce <= journal.lastNonce) {
    const why =
      `the order is a replay: its number ${order.nonce} is not above ${journal.lastNonce}`;
    return refused("replayed", why);
  }
  if (now > order.expiresAt + CLOCK_SKEW) {
    const end = new Date(order.expiresAt).toISOString();
    return refused(
      "expired",
      `the order expired at ${end}; here it is ${new Date(now).toISOString()}`,
    );
  }
  return { kind: "new", order };
}
