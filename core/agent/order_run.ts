/**
 * Carries an order out: its events one after another, each written to the journal before it begins
 * and after it ends, while the server is told how it goes.
 * @module
 */
import {
  AGENT_EVENTS,
  type Diagnostics,
  type LifecycleEvent,
  type LifecycleEventName,
} from "../domain/lifecycle_event.ts";
import type { LogLine, Order } from "../wire/agent_protocol.ts";
import { endOf, type OrderEnd } from "./completion.ts";
import { type Host, unknownError } from "./host.ts";
import type { Journal } from "./journal.ts";
import type { TakenOrder } from "./journal_record.ts";
import { log } from "./log.ts";
import { markOf } from "./process_mark.ts";
import { Progress, type SendUpdate } from "./progress.ts";

export interface RunContext {
  host: Host;
  journal: Journal;
  send: SendUpdate;
  /** Aborts when the server does not want the order any more. */
  cancelled: AbortSignal;
  /** Ends the order when the server answers so. */
  cancel(): void;
  /** Aborts when the agent begins to stop: the running event ends, no other begins. */
  stopping: AbortSignal;
  /** Aborts when the agent cannot wait for the running event any longer. */
  leaving: AbortSignal;
}

/**
 * Runs what is left of an order. Answers how it ended, or undefined when the agent stops between two
 * events: the next start goes on from there.
 */
export async function runOrder(
  taken: TakenOrder,
  context: RunContext,
): Promise<OrderEnd | undefined> {
  const run = new OrderRun(taken, context);
  const whole = await run.events();
  const unsent = await run.progress.close();
  if (whole === "suspended") return undefined;
  const end = endOf(taken.order, run.done, unsent);
  const { commandId } = taken.order;
  await context.journal.append({ at: Date.now(), kind: "completed", commandId, ...end })
    .catch((error) => log.error("{error}", { error: String(error) })); // told all the same
  return end;
}

class OrderRun {
  readonly #order: Order;
  readonly #context: RunContext;
  readonly progress: Progress;
  /** Events begun, the running one last. */
  readonly done: LifecycleEvent[];

  constructor(taken: TakenOrder, context: RunContext) {
    this.#order = taken.order;
    this.#context = context;
    this.done = taken.events.map((event) => ({ ...event }));
    this.progress = new Progress(context.send, () => context.cancel());
  }

  async events(): Promise<"ended" | "suspended"> {
    // After a restart the server may have missed what was done before.
    for (const event of this.done) this.progress.event(event);
    const last = this.#order.events.at(-1);
    for (const name of this.#order.events) {
      let event = this.done.find((done) => done.name === name);
      if (!event || event.status === "InProgress") {
        if (this.#context.cancelled.aborted) return "ended";
        if (this.#context.stopping.aborted) return "suspended";
        event = await this.#event(name, event);
        // The completion follows at once and carries the last event.
        if (name !== last && !this.#ends(event)) this.progress.event(event);
      }
      if (this.#ends(event)) return "ended";
    }
    return "ended";
  }

  #ends(event: LifecycleEvent): boolean {
    return event.status === "Failed" && !this.#order.ignoreFailuresOf.includes(event.name);
  }

  async #event(name: LifecycleEventName, interrupted?: LifecycleEvent): Promise<LifecycleEvent> {
    const event: LifecycleEvent = interrupted ??
      { name, status: "InProgress", startTime: Date.now() };
    if (!interrupted) this.done.push(event);
    const diagnostics = await this.#perform(name, interrupted ? "resumed" : "started", event);
    event.endTime = Date.now();
    event.status = diagnostics.error_code === 0 ? "Succeeded" : "Failed";
    event.diagnostics = diagnostics;
    const { commandId } = this.#order;
    const { status } = event;
    const why = status === "Failed" ? `: ${diagnostics.message}` : "";
    log.info("{commandId}: {name} {status}{why}", { commandId, name, status, why });
    return event;
  }

  /** The event between its two lines in the journal. Never rejects. */
  async #perform(
    name: LifecycleEventName,
    what: "started" | "resumed",
    event: LifecycleEvent,
  ): Promise<Diagnostics> {
    const { journal } = this.#context;
    try {
      await journal.append({ ...this.#about(name), what });
      this.progress.event(event);
      const diagnostics = await this.#host(name);
      const status = diagnostics.error_code === 0 ? "Succeeded" : "Failed";
      this.#note(journal.append({ ...this.#about(name), what: "finished", status, diagnostics }));
      return diagnostics;
    } catch (error) {
      return unknownError(error instanceof Error ? error.message : String(error));
    }
  }

  async #host(name: LifecycleEventName): Promise<Diagnostics> {
    const onLine = (stream: LogLine["stream"], text: string) =>
      this.progress.line({ event: name, stream, at: Date.now(), text });
    const onSpawn = (pid: number) => this.#spawned(name, pid);
    const signal = this.#context.leaving;
    try {
      return await this.#context.host.run(name, this.#order, { onLine, onSpawn, signal });
    } catch (error) {
      if (isOurMistake(error)) log.error("{name}: {stack}", { name, stack: error.stack });
      return unknownError(error instanceof Error ? error.message : String(error));
    }
  }

  #spawned(name: LifecycleEventName, pid: number): void {
    const mark = markOf(pid);
    if (!mark) return; // it has ended already
    this.#note(this.#context.journal.append({ ...this.#about(name), what: "spawned", ...mark }));
  }

  /**
   * A line that nobody waits for: the line after it, the next event's start or the completion, goes
   * to disk with it or later, and fails as well if it cannot.
   */
  #note(appended: Promise<void>): void {
    appended.catch((error) => log.error("{error}", { error: String(error) }));
  }

  #about(event: LifecycleEventName) {
    const { commandId, specification } = this.#order;
    const deploymentId = specification.DeploymentId;
    return { at: Date.now(), kind: "event", commandId, deploymentId, event } as const;
  }
}

/** An error of the program, not of the machine or the bundle; its trace is worth keeping. */
function isOurMistake(error: unknown): error is Error {
  return error instanceof TypeError || error instanceof RangeError ||
    error instanceof ReferenceError;
}

/** True for events that may be begun again after a crash: they start over by construction. */
export function isRepeatable(event: LifecycleEventName): boolean {
  return AGENT_EVENTS.has(event);
}
