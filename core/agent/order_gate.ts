/**
 * Which orders this host carries out (law 7): signed by the server it joined, made for it, and newer
 * than every order it has taken before.
 * @module
 */
import type { KeyObject } from "node:crypto";
import type { Order, SignedOrder } from "../wire/agent_protocol.ts";
import { openOrder, OrderRefused } from "../wire/order_signature.ts";
import type { JournalState } from "./journal_record.ts";

export interface Gate {
  serverKey: KeyObject;
  hostIdentifier: string;
}

export type Verdict =
  | { kind: "new"; order: Order }
  /** Taken before: under way, or its end is known. */
  | { kind: "known"; order: Order }
  | { kind: "refused"; why: string };

export function judgeOrder(signed: SignedOrder, gate: Gate, journal: JournalState): Verdict {
  let order: Order;
  try {
    order = openOrder(signed, gate.serverKey);
  } catch (error) {
    if (error instanceof OrderRefused || error instanceof SyntaxError) {
      return { kind: "refused", why: error.message };
    }
    throw error;
  }
  if (order.hostIdentifier !== gate.hostIdentifier) {
    return { kind: "refused", why: `the order is for another host, ${order.hostIdentifier}` };
  }
  if (journal.unreported.has(order.commandId) || journal.reported.has(order.commandId)) {
    return { kind: "known", order };
  }
  if (order.nonce <= journal.lastNonce) {
    const why = `the order is a replay: its nonce ${order.nonce} is not above ${journal.lastNonce}`;
    return { kind: "refused", why };
  }
  return { kind: "new", order };
}
