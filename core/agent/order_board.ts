/**
 * The orders this agent holds: taken and not yet answered for. Orders of one deployment group run
 * one after another, because they work on the same folders; those of different groups side by side.
 * @module
 */
import type { Order } from "../wire/agent_protocol.ts";
import { type OrderEnd, tellEnd } from "./completion.ts";
import type { Host } from "./host.ts";
import type { Journal } from "./journal.ts";
import type { TakenOrder } from "./journal_record.ts";
import { log } from "./log.ts";
import { runOrder } from "./order_run.ts";
import { recoverOrder } from "./recovery.ts";
import type { ServerLink } from "./server_link.ts";

export interface BoardContext {
  host: Host;
  journal: Journal;
  link: ServerLink;
  stopping: AbortSignal;
  leaving: AbortSignal;
}

export class OrderBoard {
  readonly #context: BoardContext;
  readonly #held = new Map<string, { cancel: AbortController; done: Promise<void> }>();
  /** The end of the line of each deployment group that has orders. */
  readonly #lines = new Map<string, Promise<void>>();

  constructor(context: BoardContext) {
    this.#context = context;
  }

  /** What the server is told with each poll. */
  get commandIds(): string[] {
    return [...this.#held.keys()];
  }

  /** Goes on with everything the journal says is not over. */
  resume(): void {
    for (const taken of this.#context.journal.state.unreported.values()) this.#hold(taken);
  }

  /** Takes a new order; settles when that is on disk, rejects with JournalError when it cannot be. */
  async take(order: Order): Promise<void> {
    const { journal } = this.#context;
    const { commandId, nonce } = order;
    await journal.append({ at: Date.now(), kind: "order", commandId, nonce, order });
    const taken = journal.state.unreported.get(commandId);
    if (taken) this.#hold(taken);
  }

  /**
   * An order the server hands out again though it was taken. If it is under way, that is all; else
   * its end is told again, or it is gone on with when something kept it from ending.
   */
  async repeat(order: Order): Promise<void> {
    const { commandId } = order;
    if (this.#held.has(commandId)) return;
    const taken = this.#context.journal.state.unreported.get(commandId);
    if (taken) return this.#hold(taken);
    const end = await this.#context.journal.completionOf(commandId);
    if (!end) return;
    const cancel = new AbortController();
    this.#keep(commandId, cancel, tellEnd(order, end, this.#context));
  }

  /** Ends an order after its current event. */
  cancel(commandId: string): void {
    const held = this.#held.get(commandId);
    if (!held || held.cancel.signal.aborted) return;
    log.info("{commandId}: the server asks to end it after the current event", { commandId });
    held.cancel.abort();
  }

  /** Settles when nothing is held any more. */
  async idle(): Promise<void> {
    while (this.#held.size > 0) await Promise.all([...this.#held.values()].map((one) => one.done));
  }

  #hold(taken: TakenOrder): void {
    const { commandId, specification } = taken.order;
    const group = specification.DeploymentGroupId;
    const before = this.#lines.get(group) ?? Promise.resolve();
    const cancel = new AbortController();
    const run = before.then(() => this.#carryOut(taken, cancel));
    const line = run.then(() => {}).finally(() => {
      if (this.#lines.get(group) === line) this.#lines.delete(group);
    });
    this.#lines.set(group, line);
    this.#keep(
      commandId,
      cancel,
      run.then((end) => end && tellEnd(taken.order, end, this.#context)),
    );
  }

  #keep(commandId: string, cancel: AbortController, work: Promise<void>): void {
    const done = work.finally(() => this.#held.delete(commandId));
    this.#held.set(commandId, { cancel, done });
  }

  /** Never rejects; an order that cannot even be prepared is left for when it is asked for again. */
  async #carryOut(taken: TakenOrder, cancel: AbortController): Promise<OrderEnd | undefined> {
    if (taken.completed) return taken.completed;
    const { commandId } = taken.order;
    const { journal, link } = this.#context;
    try {
      await recoverOrder(taken, journal);
      return await runOrder(taken, {
        ...this.#context,
        send: (update, signal) => link.update(commandId, update, signal),
        cancelled: cancel.signal,
        cancel: () => this.cancel(commandId),
      });
    } catch (error) {
      log.error("{commandId} cannot go on: {error}", { commandId, error: String(error) });
      return undefined;
    }
  }
}
