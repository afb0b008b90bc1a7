/**
 * The way out of the outbox: turns facts into messages, one for each destination, and delivers them.
 *
 * Every message is delivered at least once. Facts become messages in the commit that forgets the
 * facts, and a message's row goes only after its receiver has it, so whatever a crash interrupts is
 * done again. The messages of one deployment reach one destination in their order: its lane goes on
 * only when the message before was delivered or given up as a dead letter.
 *
 * Nothing polls: a commit that adds to the outbox calls `wake`, and a message that failed has a
 * timer. The engine waits for none of this (docs/decisions/009-outbox.md).
 * @module
 */
import {
  insertDeliveries,
  type Lane,
  lanesAfter,
  newestDelivery,
  nextOfLane,
  noteFailedAttempt,
  removeDelivery,
  type WaitingDelivery,
  waitingLanes,
} from "../store/deliveries.ts";
import type { Tx } from "../store/group_commit.ts";
import { dropFacts, nextFacts, type WaitingFact } from "../store/outbox.ts";
import type { Store } from "../store/store.ts";
import { DeliveryFailure, type Destination, destinationOf } from "./destination.ts";
import { GatheredCommit, Pace } from "./gathered_commit.ts";
import { type After, Lanes, type Turn } from "./lanes.ts";
import { nextAttempt, type RetryRules } from "./retry.ts";

export interface DispatcherContext {
  readonly store: Pick<Store, "read" | "commit">;
  readonly destinations: readonly Destination[];
  readonly rules: RetryRules;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly after: After;
  /** 0 up to, but not including, 1. */
  random(): number;
  /** An error nobody waits for: it must be seen, but cannot be answered. */
  report(error: unknown, doing: string): void;
}

/** Facts of one commit: other writers wait no longer than for these. */
const FACTS = 50;
/** Wait after the store failed, in milliseconds. */
const STORE_REST = 5_000;

export class Dispatcher {
  readonly #context: DispatcherContext;
  readonly #kinds: ReadonlyMap<string, Destination>;
  readonly #lanes: Lanes;
  readonly #pace: Pace;
  /** What came of attempts, on its way to the disk. */
  readonly #results: GatheredCommit;
  readonly #attempts = new Set<AbortController>();
  /** The newest delivery whose lane is known. */
  #seen = 0;
  #hurried = new Set<string>();
  #closed = false;
  #awake = false;
  #wokenAgain = false;
  #callOff: () => void = () => {};

  constructor(context: DispatcherContext) {
    this.#context = context;
    this.#kinds = new Map(context.destinations.map((one) => [one.kind, one]));
    this.#pace = new Pace(context.now);
    this.#results = new GatheredCommit(context);
    this.#lanes = new Lanes((lane) => this.#take(lane), context.after);
  }

  /** Goes on with everything that was not delivered when the last process ended. */
  start(): void {
    const { store, now } = this.#context;
    const at = now();
    this.#seen = newestDelivery(store.read);
    for (const { nextAttempt, ...lane } of waitingLanes(store.read)) {
      this.#lanes.add(lane, Math.max(0, nextAttempt - at));
    }
    this.wake();
  }

  /**
   * Something was added to the outbox, or messages for the destinations `hurried` were made due.
   * Returns at once.
   */
  wake(hurried: readonly string[] = []): void {
    if (this.#closed) return;
    for (const destination of hurried) this.#hurried.add(destination);
    if (this.#awake) {
      this.#wokenAgain = true;
      return;
    }
    this.#awake = true;
    // Not with each commit that wakes: a busy engine makes many, and they go out together.
    this.#callOff = this.#context.after(this.#pace.wait(), () => void this.#work());
  }

  /** Ends every attempt; what was not delivered stays in the store. */
  close(): void {
    this.#closed = true;
    this.#callOff();
    this.#lanes.close();
    for (const attempt of this.#attempts) attempt.abort(new DeliveryFailure("the server ends"));
  }

  async #work(): Promise<void> {
    try {
      do {
        this.#wokenAgain = false;
        for (const destination of this.#hurried) this.#lanes.wake(destination);
        this.#hurried.clear();
        await this.#expand();
        this.#noticeLanes();
      } while (this.#wokenAgain && !this.#closed);
      this.#awake = false;
    } catch (error) {
      if (this.#closed) return;
      this.#context.report(error, "turning facts into messages");
      this.#callOff = this.#context.after(STORE_REST, () => void this.#work());
    }
  }

  /** Facts into deliveries, in their order. */
  async #expand(): Promise<void> {
    const { store } = this.#context;
    for (;;) {
      const facts = nextFacts(store.read, FACTS);
      const last = facts.at(-1);
      if (!last || this.#closed) return;
      await store.commit((tx) => {
        for (const fact of facts) this.#expandOne(tx, fact);
        dropFacts(tx, last.sequence);
      });
      this.#noticeLanes();
    }
  }

  #expandOne(tx: Tx, { sequence, fact }: WaitingFact): void {
    const createTime = this.#context.now();
    for (const destination of this.#kinds.values()) {
      const { kind } = destination;
      try {
        const messages = destination.expand(tx, fact);
        insertDeliveries(
          tx,
          messages.map(({ key, payload }) => ({
            eventSequence: sequence,
            destination: destinationOf(kind, key),
            deploymentId: fact.deploymentId,
            payload,
            createTime,
          })),
        );
      } catch (error) {
        // A fact that one kind cannot tell must not hold up all others for good.
        this.#context.report(error, `telling ${fact.event} of ${fact.deploymentId} to ${kind}s`);
      }
    }
  }

  /** Deliveries that came by whatever way since the last look. */
  #noticeLanes(): void {
    const { lanes, last } = lanesAfter(this.#context.store.read, this.#seen);
    this.#seen = last;
    for (const lane of lanes) this.#lanes.add(lane);
  }

  /** Delivers the next message of a lane and writes down what came of it. Never rejects. */
  async #take(lane: Lane): Promise<Turn> {
    const { store, now } = this.#context;
    try {
      const delivery = nextOfLane(store.read, lane);
      if (!delivery) return "empty";
      const rest = delivery.nextAttempt - now();
      if (rest > 0) return { rest };
      const failure = await this.#attempt(delivery);
      if (this.#closed) return "empty";
      if (!failure) {
        await this.#results.commit((tx) => removeDelivery(tx, delivery.id));
        return "again";
      }
      return await this.#noteFailure(delivery, failure);
    } catch (error) {
      if (!this.#closed) {
        this.#context.report(error, `delivering to ${lane.destination}`);
      }
      return { rest: STORE_REST };
    }
  }

  async #noteFailure(delivery: WaitingDelivery, failure: DeliveryFailure): Promise<Turn> {
    const { now, random, rules, report } = this.#context;
    const { id, createTime, destination, deploymentId } = delivery;
    const at = now();
    const attempts = delivery.attempts + 1;
    const failed = { attempts, createTime, now: at, wait: failure.wait, random: random() };
    const next = failure.next === "never" ? "dead" : nextAttempt(failed, rules);
    await this.#results.commit((tx) =>
      noteFailedAttempt(tx, id, { at, error: failure.message, next })
    );
    if (next !== "dead") return { rest: next - at };
    report(failure, `giving up delivery ${id} of ${deploymentId} to ${destination}`);
    return "again";
  }

  /** One attempt within its time; answers why it failed. */
  async #attempt(delivery: WaitingDelivery): Promise<DeliveryFailure | undefined> {
    const { after, rules } = this.#context;
    const [kind = "", ...key] = delivery.destination.split(":");
    const destination = this.#kinds.get(kind);
    if (!destination) {
      return new DeliveryFailure(`this server has no ${kind}s`, { next: "never" });
    }
    const attempt = new AbortController();
    const { signal } = attempt;
    const ended = new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason), { once: true })
    );
    const callOff = after(
      rules.timeout,
      () => attempt.abort(new DeliveryFailure(`no answer within ${rules.timeout / 1000} s`)),
    );
    this.#attempts.add(attempt);
    try {
      await Promise.race([destination.deliver(delivery, key.join(":"), signal), ended]);
      return undefined;
    } catch (error) {
      // What the receiver's code makes of the abort is not the cause.
      const cause: unknown = signal.aborted ? signal.reason : error;
      if (cause instanceof DeliveryFailure) return cause;
      return new DeliveryFailure(cause instanceof Error ? cause.message : String(cause), { cause });
    } finally {
      callOff();
      this.#attempts.delete(attempt);
    }
  }
}
