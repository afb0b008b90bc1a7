/**
 * The signature under an order: Ed25519 over the payload's bytes. The server signs, the agent checks
 * with the public key it pinned when it joined (law 7). Everything an order says is inside: the host,
 * the deployment, its number, its end, and the SHA-256 of the bundle where the server knows it.
 * @module
 */
import { Buffer } from "node:buffer";
import { type KeyObject, sign, verify } from "node:crypto";
import { z } from "zod";
import { Order, type RefusalReason, SignedOrder } from "./agent_protocol.ts";

/** Bytes of an Ed25519 signature. */
const SIGNATURE_LENGTH = 64;

export function signOrder(order: Order, privateKey: KeyObject): SignedOrder {
  const payload = JSON.stringify(order);
  const signature = sign(null, new TextEncoder().encode(payload), privateKey);
  return { Format: "Ed25519/JSON", Payload: payload, Signature: signature.toString("base64") };
}

/** An order that must not be carried out; `message` says why in a sentence. */
export class OrderRefused extends Error {
  override readonly name = "OrderRefused";
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

const Unsigned = z.object({ Signature: z.literal("").optional() });

/** The order inside, or `OrderRefused` if the server's key did not sign exactly these bytes. */
export function openOrder(given: unknown, serverKey: KeyObject): Order {
  const signed = SignedOrder.safeParse(given);
  if (Unsigned.safeParse(given).success) {
    throw new OrderRefused("unsigned", "the order carries no signature");
  }
  if (!signed.success) throw malformed(firstIssue(signed.error));
  const payload = new TextEncoder().encode(signed.data.Payload);
  const signature = Buffer.from(signed.data.Signature, "base64");
  if (signature.length !== SIGNATURE_LENGTH || !verify(null, payload, serverKey, signature)) {
    const why =
      "the order is not signed by the server this agent joined, or was changed on its way";
    throw new OrderRefused("bad-signature", why);
  }
  const order = Order.safeParse(parsedJson(signed.data.Payload));
  if (!order.success) throw malformed(firstIssue(order.error));
  return order.data;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : String(error));
  }
}

function firstIssue({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join(".") || "the whole"}: ${issue?.message}`;
}

function malformed(why: string): OrderRefused {
  return new OrderRefused("malformed", `the order is malformed: ${why}`);
}
