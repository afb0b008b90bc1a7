/**
 * What a kind of destination has to know: which messages a fact makes for it, and how one is sent.
 * Order, retries, dead letters and crashes are the dispatcher's affair (`dispatcher.ts`).
 *
 * A kind is made once, when the server is put together, and given to the dispatcher. Its messages are
 * rows of `deliveries` with the destination `<kind>:<key>`; each key is a destination of its own,
 * which no other one holds up. Within one destination the messages of one deployment keep their
 * order; messages of different deployments may overtake each other.
 * @module
 */
import type { OutboxFact } from "../domain/outbox_fact.ts";
import type { WaitingDelivery } from "../store/deliveries.ts";
import type { Tx } from "../store/group_commit.ts";

/** A message that a fact makes. */
export interface Message {
  /** Names the destination within its kind: an event target, a subscription. No newline. */
  key: string;
  /** All that `deliver` needs and is not kept elsewhere; usually the rendered message. */
  payload: string;
}

export interface Destination {
  /**
   * Lower-case letters; unique. `target` is an event target, `subscription` a subscriber of a topic,
   * `topic` a topic that is not this server's.
   */
  readonly kind: string;

  /**
   * The messages that a fact makes, in any order. Called once a fact, in a commit of its own, in
   * the order the facts were written. Reads from `tx` alone (never a network, never a file) and
   * writes nothing. What it throws is logged, and the fact makes no message of this kind.
   */
  expand(tx: Tx, fact: OutboxFact): Message[];

  /**
   * Sends one message; resolves when the receiver has it for good. May be called again with the
   * same delivery: after an attempt that failed, and after a crash that came between the answer and
   * its commit. `delivery.id` is the same each time, so it may serve as a key of idempotency.
   *
   * Rejects with a `DeliveryFailure`, or any other error, when it did not work; the sentence is
   * what a person reads among the dead letters. `signal` is aborted when the time for a request is
   * over or the server ends; whoever goes on after that is not waited for.
   */
  deliver(delivery: WaitingDelivery, key: string, signal: AbortSignal): Promise<void>;
}

/** Why a message was not delivered: a sentence with the receiver's answer, and what comes next. */
export class DeliveryFailure extends Error {
  override readonly name = "DeliveryFailure";
  /** `again`: try later. `never`: no attempt can succeed; it becomes a dead letter at once. */
  readonly next: "again" | "never";
  /** Milliseconds the receiver asked to be left alone (Retry-After). */
  readonly wait: number | undefined;

  constructor(
    message: string,
    { next = "again", wait, cause }: { next?: "again" | "never"; wait?: number; cause?: unknown } =
      {},
  ) {
    super(message, { cause });
    this.next = next;
    this.wait = wait;
  }
}

/** The destination of a kind and key, as `deliveries.destination` has it. */
export function destinationOf(kind: string, key: string): string {
  return `${kind}:${key}`;
}
