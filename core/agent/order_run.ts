/**
 * Carries an order out: its events one after another, each written to the journal before it begins
 * and after it ends, while the server is told how it goes.
 * @module
 */
import type { RunOutcome } from "../domain/after_hook.ts";
import {
  AGENT_EVENTS,
  type LifecycleEvent,
  type LifecycleEventName,
} from "../domain/lifecycle_event.ts";
import type { LogLine, Order } from "../wire/agent_protocol.ts";
import { endOf, type OrderEnd } from "./completion.ts";
import { HookRun, hooksAfter, isRollback } from "./hook_run.ts";
import { type EventEnd, type Host, type RebootWanted, unknownError } from "./host.ts";
import type { Journal } from "./journal.ts";
import type { RebootMark, TakenOrder } from "./journal_record.ts";
import { log } from "./log.ts";
import { markOf } from "./process_mark.ts";
import { Progress, type SendUpdate } from "./progress.ts";
import type { Reboots } from "./reboot.ts";
import { restartFor } from "./restart.ts";

export interface RunContext {
  host: Host;
  journal: Journal;
  reboots: Reboots;
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
  const whole = await run.all();
  if (whole === "suspended") {
    // Whoever goes on, in this process or the next, begins with what the journal says.
    await run.lastEnd;
    run.progress.close();
    await run.progress.settled();
    return undefined;
  }
  const unsent = run.progress.close();
  const end = endOf(taken.order, run.done, unsent);
  const { commandId } = taken.order;
  await context.journal.append({ at: Date.now(), kind: "completed", commandId, ...end })
    .catch((error) => log.error("{error}", { error: String(error) })); // told all the same
  return end;
}

type Part = "ended" | "suspended";

class OrderRun {
  readonly #taken: TakenOrder;
  readonly #order: Order;
  readonly #context: RunContext;
  readonly progress: Progress;
  /** Events begun, the running one last. */
  readonly done: LifecycleEvent[];
  #exitCode: number | undefined;
  /** Settles when the end of the event before is on disk, or cannot be. */
  lastEnd: Promise<"kept" | "lost"> = Promise.resolve("lost");

  constructor(taken: TakenOrder, context: RunContext) {
    this.#taken = taken;
    this.#order = taken.order;
    this.#context = context;
    this.done = taken.events.map((event) => ({ ...event }));
    this.#exitCode = taken.exitCode;
    this.progress = new Progress(context.send, () => context.cancel());
  }

  /** The hooks before the events, the events, the hooks after them. */
  async all(): Promise<Part> {
    // After a restart the server may have missed what was done before.
    for (const event of this.done) this.progress.event(event);
    const { hooks, before } = this.#hooks();
    const nothing = () => {};
    if (before && await this.#counted(hooks.run(["OnRollback"], undefined, nothing)) !== "over") {
      return "suspended";
    }
    if (await this.#events() === "suspended") return "suspended";
    // An order that was called off before it began is not one that ran.
    if (this.done.length === 0) return "ended";
    const outcome = this.#outcome();
    await this.#keep(outcome);
    const last = this.done.at(-1);
    const after = await this.#counted(
      hooks.run(hooksAfter(this.#order, outcome), outcome, () => {
        // The completion would carry it, but that comes after the hooks.
        if (last) this.#tellEnd(last);
      }),
    );
    return after === "suspended" ? "suspended" : "ended";
  }

  #hooks(): { hooks: HookRun; before: boolean } {
    const { host, journal, stopping, leaving, cancelled } = this.#context;
    const { progress } = this;
    const hooks = { hooks: host.afterHooks, journal, progress, stopping, leaving };
    const before = isRollback(this.#order) && this.done.length === 0 && !cancelled.aborted;
    return { hooks: new HookRun(this.#taken, hooks), before };
  }

  /** Hooks are under way as events are: a restart of the machine waits for them. */
  async #counted<End>(work: Promise<End>): Promise<End> {
    return await work.finally(this.#context.reboots.begin());
  }

  async #events(): Promise<Part> {
    const last = this.#order.events.at(-1);
    for (const name of this.#order.events) {
      let event = this.done.find((done) => done.name === name);
      if (!event || event.status === "InProgress") {
        if (this.#context.cancelled.aborted) return "ended";
        if (this.#context.stopping.aborted || this.#context.reboots.isWanted) return "suspended";
        const next = await this.#event(name, event);
        if (next === "suspended") return next;
        event = next;
        // The completion follows at once and carries the last event.
        if (name !== last && !this.#ends(event)) this.#tellEnd(event);
      }
      if (this.#ends(event)) return "ended";
    }
    return "ended";
  }

  #ends(event: LifecycleEvent): boolean {
    return event.status === "Failed" && !this.#order.ignoreFailuresOf.includes(event.name);
  }

  #outcome(): RunOutcome {
    const failed = this.done.find((event) => this.#ends(event));
    if (failed) {
      const exitCode = this.#exitCode;
      return {
        status: "Failed",
        failedEvent: failed.name,
        ...(exitCode !== undefined && { exitCode }),
      };
    }
    const whole = this.done.length === this.#order.events.length &&
      this.done.every(({ status }) => status !== "InProgress");
    return { status: whole ? "Succeeded" : "Stopped" };
  }

  async #keep(outcome: RunOutcome): Promise<void> {
    try {
      await this.#context.host.afterHooks?.keepOutcome(this.#order, outcome);
    } catch (error) {
      const text = "how this run ended could not be kept for OnRollback: {error}";
      log.warn(`{commandId}: ${text}`, {
        commandId: this.#order.commandId,
        error: String(error),
      });
    }
  }

  async #event(
    name: LifecycleEventName,
    interrupted?: LifecycleEvent,
  ): Promise<LifecycleEvent | "suspended"> {
    const event: LifecycleEvent = interrupted ??
      { name, status: "InProgress", startTime: Date.now() };
    if (!interrupted) this.done.push(event);
    const what = interrupted ? "resumed" : "started";
    const end = await this.#counted(this.#perform(name, what, event));
    if (end === "suspended") return end;
    const { exitCode, ...diagnostics } = end;
    this.#exitCode = exitCode;
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
  ): Promise<EventEnd | "suspended"> {
    const { journal } = this.#context;
    try {
      if (!this.#taken.reboot) await journal.append({ ...this.#about(name), what });
      this.progress.event(event);
      const end = await this.#work(name);
      if (end === "suspended") return end;
      const status = end.error_code === 0 ? "Succeeded" : "Failed";
      const { exitCode, ...diagnostics } = end;
      const how = { status, diagnostics, ...(exitCode !== undefined && { exitCode }) } as const;
      this.lastEnd = this.#note(
        journal.append({ ...this.#about(name), what: "finished", ...how }),
      );
      return end;
    } catch (error) {
      this.lastEnd = Promise.resolve("lost");
      return unknownError(error instanceof Error ? error.message : String(error));
    }
  }

  /** The event, and the restarts of the machine that lie in it. */
  async #work(name: LifecycleEventName): Promise<EventEnd | "suspended"> {
    let from: Omit<RebootMark, "boot" | "attempt"> | undefined = this.#taken.reboot;
    while (true) {
      if (from) {
        const { journal, reboots, stopping } = this.#context;
        const after = await restartFor(from, this.#taken.reboot, {
          reboots,
          stopping,
          append: (step) => journal.append({ ...this.#about(name), ...step }),
          remark: (text) => this.#line(name, "agent", text),
          flush: () => this.progress.flush(),
        });
        if (after !== "restarted") return after;
      }
      const end = await this.#host(name, from);
      if (!("reboot" in end)) return end;
      from = end.reboot;
    }
  }

  async #host(
    name: LifecycleEventName,
    from: Pick<RebootMark, "next" | "log"> | undefined,
  ): Promise<EventEnd | RebootWanted> {
    const onLine = (stream: LogLine["stream"], text: string) => this.#line(name, stream, text);
    const onSpawn = (pid: number) => this.#spawned(name, pid);
    const context = { onLine, onSpawn, signal: this.#context.leaving, ...(from && { from }) };
    try {
      return await this.#context.host.run(name, this.#order, context);
    } catch (error) {
      if (isOurMistake(error)) log.error("{name}: {stack}", { name, stack: error.stack });
      return unknownError(error instanceof Error ? error.message : String(error));
    }
  }

  /**
   * Tells how an event ended once that is on disk. Told before, a crash in between would leave a host
   * that takes the event for interrupted, and fails it, with a server that knows it has succeeded.
   */
  #tellEnd(event: LifecycleEvent): void {
    this.lastEnd.then((line) => line === "kept" && this.progress.event(event));
  }

  #line(event: LifecycleEventName, stream: LogLine["stream"], text: string): void {
    this.progress.line({ event, stream, at: Date.now(), text });
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
  async #note(appended: Promise<void>): Promise<"kept" | "lost"> {
    try {
      await appended;
      return "kept";
    } catch (error) {
      log.error("{error}", { error: String(error) });
      return "lost";
    }
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
