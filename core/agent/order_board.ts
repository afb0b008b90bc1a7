/**
 * The orders this agent holds: taken and not yet answered for. Orders of one deployment group run
 * one after another, because they work on the same folders; those of different groups side by side,
 * up to the host's limit. Whoever has to wait begins in the order of arrival, and the server is told.
 * @module
 */
import type { LogLine, Order } from "../wire/agent_protocol.ts";
import { type OrderEnd, tellEnd } from "./completion.ts";
import { counted } from "./counted.ts";
import type { Host } from "./host.ts";
import type { Journal } from "./journal.ts";
import type { TakenOrder } from "./journal_record.ts";
import { log } from "./log.ts";
import { type RunContext, runOrder } from "./order_run.ts";
import type { Reboots } from "./reboot.ts";
import { recoverOrder } from "./recovery.ts";
import type { ServerLink } from "./server_link.ts";
import { acknowledgeCommand, type Acknowledged } from "./stock_command.ts";

export interface BoardContext {
  host: Host;
  journal: Journal;
  reboots: Reboots;
  link: ServerLink;
  /** Orders that run side by side at most. */
  maxParallelDeployments: number;
  stopping: AbortSignal;
  leaving: AbortSignal;
}

interface Held {
  cancel: AbortController;
  done: Promise<void>;
}

/** An order begins in its turn, or out of turn when it was cancelled: it then ends without an event. */
type Turn = "in turn" | "cancelled";

interface Waiting {
  taken: TakenOrder;
  begin(turn: Turn): void;
}

export class OrderBoard {
  readonly #context: BoardContext;
  readonly #held = new Map<string, Held>();
  /** In the order of arrival. */
  readonly #waiting = new Set<Waiting>();
  /** Groups with an order under way. */
  readonly #busy = new Set<string>();
  #running = 0;

  constructor(context: BoardContext) {
    this.#context = context;
  }

  /** What the server is told with each poll. */
  get commandIds(): string[] {
    return [...this.#held.keys()];
  }

  /** Goes on with everything the journal says is not over, and is not held already. */
  resume(): void {
    for (const taken of this.#context.journal.state.unreported.values()) {
      if (!this.#held.has(taken.order.commandId)) this.#hold(taken);
    }
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
  async repeat(order: Pick<Order, "commandId" | "isCommand">): Promise<void> {
    const { commandId } = order;
    if (this.#held.has(commandId)) return;
    const taken = this.#context.journal.state.unreported.get(commandId);
    if (taken) return this.#hold(taken);
    const end = await this.#context.journal.completionOf(commandId);
    if (!end) return;
    const cancel = new AbortController();
    this.#keep(commandId, cancel, tellEnd(order, end, this.#context));
  }

  /** Ends an order after its current event; one that waits for its turn ends now. */
  cancel(commandId: string): void {
    const held = this.#held.get(commandId);
    if (!held || held.cancel.signal.aborted) return;
    log.info("{commandId}: the server asks to end it after the current event", { commandId });
    held.cancel.abort();
    for (const waiting of this.#waiting) {
      if (waiting.taken.order.commandId !== commandId) continue;
      this.#waiting.delete(waiting);
      waiting.begin("cancelled");
    }
  }

  /** Settles when nothing is held any more. */
  async idle(): Promise<void> {
    while (this.#held.size > 0) await Promise.all([...this.#held.values()].map((one) => one.done));
  }

  #hold(taken: TakenOrder): void {
    const { order, completed } = taken;
    const cancel = new AbortController();
    const work = completed
      ? tellEnd(order, completed, this.#context)
      : this.#turn(taken).then((turn) => this.#run(taken, cancel, turn));
    this.#keep(order.commandId, cancel, work);
  }

  #keep(commandId: string, cancel: AbortController, work: Promise<void>): void {
    const done = work.finally(() => this.#held.delete(commandId));
    this.#held.set(commandId, { cancel, done });
  }

  /** Settles when an order may begin. */
  #turn(taken: TakenOrder): Promise<Turn> {
    return new Promise((begin) => {
      const waiting = { taken, begin };
      this.#waiting.add(waiting);
      this.#beginWhatMay();
      if (this.#waiting.has(waiting)) this.#tellWaiting(taken.order);
    });
  }

  /** Whoever came first goes first, unless its group has an order under way. */
  #beginWhatMay(): void {
    for (const waiting of this.#waiting) {
      if (this.#running >= this.#context.maxParallelDeployments) return;
      if (!this.#busy.has(groupOf(waiting.taken))) this.#begin(waiting);
    }
  }

  #begin(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    this.#running++;
    this.#busy.add(groupOf(waiting.taken));
    waiting.begin("in turn");
  }

  /** Holds the group and one place of the host while the order runs, not while its end is told. */
  async #run(taken: TakenOrder, cancel: AbortController, turn: Turn): Promise<void> {
    const end = await this.#carryOut(taken, cancel);
    if (turn === "in turn") {
      this.#running--;
      this.#busy.delete(groupOf(taken));
      this.#beginWhatMay();
    }
    if (end) await tellEnd(taken.order, end, this.#context);
  }

  /** Never rejects; an order that cannot even be prepared is left for when it is asked for again. */
  async #carryOut(taken: TakenOrder, cancel: AbortController): Promise<OrderEnd | undefined> {
    const { commandId, isCommand } = taken.order;
    const { journal, link } = this.#context;
    try {
      if (isCommand && taken.events.length === 0) {
        const answer = await acknowledgeCommand(taken.order, this.#context);
        if (answer.kind !== "run") return await this.#withoutRun(taken, answer);
      }
      await recoverOrder(taken, journal);
      const context: RunContext = {
        ...this.#context,
        send: (update, signal) =>
          isCommand ? Promise.resolve("wanted") : link.update(commandId, update, signal),
        cancelled: cancel.signal,
        cancel: () => this.cancel(commandId),
      };
      let end = await runOrder(taken, context);
      // It paused for a restart of the machine that was given up before it noticed.
      while (!end && this.#mayGoOn) end = await runOrder(taken, context);
      return end;
    } catch (error) {
      log.error("{commandId} cannot go on: {error}", { commandId, error: String(error) });
      return undefined;
    }
  }

  get #mayGoOn(): boolean {
    const { stopping, reboots } = this.#context;
    return !stopping.aborted && !reboots.isWanted;
  }

  /** A command that ends with its acknowledgement. */
  async #withoutRun(
    { order: { commandId } }: TakenOrder,
    answer: Exclude<Acknowledged, { kind: "run" }>,
  ): Promise<OrderEnd | undefined> {
    const { journal } = this.#context;
    const now = Date.now();
    switch (answer.kind) {
      case "stopping":
        return undefined;
      case "dropped":
        log.info("{commandId}: over with its acknowledgement", { commandId });
        await journal.append({ at: now, kind: "reported", commandId });
        return undefined;
      case "ended":
        await journal.append({ at: now, kind: "completed", commandId, ...answer.end });
        return answer.end;
    }
  }

  /** The server's clock for beginning stops, and whoever watches learns why nothing happens. */
  #tellWaiting({ commandId, isCommand, events: [event], specification }: Order): void {
    const limit = this.#context.maxParallelDeployments;
    const why = this.#busy.has(specification.DeploymentGroupId)
      ? "its deployment group has another under way on this host"
      : `this host carries out ${counted(limit, "deployment")} at a time`;
    const text = `Waits for its turn: ${why}`;
    log.info("{commandId}: {text}", { commandId, text });
    // The protocol of a server without our additions knows no waiting.
    if (isCommand || !event) return;
    const { link, stopping } = this.#context;
    const telling = link.acknowledge(commandId, {}, stopping).then(async (answer) => {
      if (answer === "Failed") return this.cancel(commandId);
      const line: LogLine = { event, stream: "agent", at: Date.now(), text };
      await link.update(commandId, { events: [], log: [line] }, stopping);
    });
    telling.catch((error) => {
      // Each poll names the order as held, which tells the server the same within a minute.
      log.info("the wait of {commandId} was not told: {error}", {
        commandId,
        error: String(error),
      });
    });
  }
}

function groupOf({ order }: TakenOrder): string {
  return order.specification.DeploymentGroupId;
}
