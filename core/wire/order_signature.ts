/**
 * The signature under an order: Ed25519 over the payload's bytes. The server signs, the agent checks
 * with the public key it pinned when it joined (law 7).
 * @module
 */
import { Buffer } from "node:buffer";
import { type KeyObject, sign, verify } from "node:crypto";
import { Order, type SignedOrder } from "./agent_protocol.ts";

export function signOrder(order: Order, privateKey: KeyObject): SignedOrder {
  const payload = JSON.stringify(order);
  const signature = sign(null, new TextEncoder().encode(payload), privateKey);
  return { Format: "Ed25519/JSON", Payload: payload, Signature: signature.toString("base64") };
}

/** An order that must not be carried out; `message` says why in a sentence. */
export class OrderRefused extends Error {
  override readonly name = "OrderRefused";
}

/** The order inside, or `OrderRefused` if the server's key did not sign exactly these bytes. */
export function openOrder(signed: SignedOrder, serverKey: KeyObject): Order {
  const payload = new TextEncoder().encode(signed.Payload);
  if (!verify(null, payload, serverKey, Buffer.from(signed.Signature, "base64"))) {
    throw new OrderRefused("the order is not signed by the server this agent joined");
  }
  const order = Order.safeParse(JSON.parse(signed.Payload));
  if (!order.success) throw new OrderRefused(`the order is malformed: ${order.error.message}`);
  return order.data;
}
