/**
 * A host with its agent: takes orders, refuses what it has had, runs events one after another and
 * tells how it goes, by the rules of `core/agent`. Its journal outlives it; everything else here is
 * gone when the agent ends, which may happen between any two steps.
 * @module
 */
import { endOf } from "../../core/agent/completion.ts";
import { CLOCK_SKEW } from "../../core/agent/order_gate.ts";
import {
  AGENT_EVENTS,
  type LifecycleEvent,
  type LifecycleEventName,
} from "../../core/domain/lifecycle_event.ts";
import { DEFAULT_REALM, hostUserArn } from "../../core/domain/identity.ts";
import type { Order } from "../../core/wire/agent_protocol.ts";
import { Journal, type Taken } from "./journal.ts";
import type { HostWatcher } from "./host_watcher.ts";
import type { Network } from "./network.ts";
import { MINUTE, SECOND, type World } from "./world.ts";

/** A poll of the simulation is answered at once, so nobody hangs up. */
const NEVER = new AbortController().signal;
const QUIET_PAUSE_MAX = 3 * MINUTE;

export interface HostParts {
  world: World;
  network: Network;
  watcher: HostWatcher;
  /** How often a script fails, of 1,000. */
  scriptTrouble: number;
  /** Takes orders that it has had before, to prove that this would be noticed. */
  isCareless?: boolean;
}

/** An order in the memory of the agent. */
interface Held {
  taken: Taken;
  isCancelled: boolean;
  isSending: boolean;
  /** Its end is known: progress is told no more. */
  isClosed: boolean;
  news: Map<LifecycleEventName, LifecycleEvent>;
}

interface Answer {
  cancel: readonly string[];
  order: Order | undefined;
}

export class SimHost {
  readonly name: string;
  readonly journal = new Journal();
  readonly #parts: HostParts;
  /** Grows with each end of the agent: what was to happen in another life does not. */
  #life = 0;
  #isUp = false;
  #isDead = false;
  readonly #held = new Map<string, Held>();
  #waiting: Held[] = [];
  #running: Held | undefined;
  #pause = SECOND;

  constructor(name: string, parts: HostParts) {
    this.name = name;
    this.#parts = parts;
  }

  get #identifier(): string {
    return hostUserArn(DEFAULT_REALM, this.name);
  }

  /** Nothing is left to be done or told, or nobody is there to do it. */
  get isIdle(): boolean {
    return this.#isDead || this.#held.size === 0;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  start(): void {
    if (this.#isUp || this.#isDead) return;
    this.#isUp = true;
    this.#pause = SECOND;
    this.#say("starts");
    for (const taken of this.journal.unreported()) this.#hold(taken);
    this.#later(this.#parts.world.between(1, 500), () => this.#poll());
  }

  /** The agent ends; in its next life it goes on with what its journal says, if there is one. */
  crash(after: number | undefined): void {
    if (!this.#isUp) return;
    this.#say(after === undefined ? "dies" : "ends");
    this.#life++;
    this.#isUp = false;
    this.#isDead = after === undefined;
    this.#held.clear();
    this.#waiting = [];
    this.#running = undefined;
    if (after !== undefined) this.#parts.world.after(after, () => this.start());
  }

  #say(...words: (string | undefined)[]): void {
    this.#parts.world.say(`${this.name}:`, ...words);
  }

  #later(ms: number, act: () => void): void {
    const life = this.#life;
    this.#parts.world.after(ms, () => {
      if (life === this.#life) act();
    });
  }

  /** A call whose answer is of use in this life alone. */
  #call<Answer>(
    what: string,
    ask: Parameters<Network["call"]>[0]["ask"],
    answered: (answer: Answer) => void,
    failed: () => void,
  ): void {
    const life = this.#life;
    this.#parts.network.call({
      what: `${this.name} ${what}`,
      ask,
      // because: `ask` is the caller's own, who knows what it answers.
      answered: (answer) => life === this.#life && answered(answer as Answer),
      failed: () => life === this.#life && failed(),
    });
  }

  #poll(): void {
    const running = new Set(this.#held.keys());
    const host = this.name;
    this.#call<Answer>(
      "polls",
      async ({ hosts }) => {
        const handout = await hosts.poll({ host, running, waitMs: 0, signal: NEVER });
        const { commandId, cancel } = handout;
        const order = commandId === undefined
          ? undefined
          : hosts.order(commandId, this.#identifier);
        return { cancel, order: this.#parts.network.carry(order) };
      },
      (answer) => this.#obey(answer),
      () => this.#pollAfter(this.#parts.world.between(500, 10_000)),
    );
  }

  #pollAfter(ms: number): void {
    this.#later(ms, () => this.#poll());
  }

  #obey({ cancel, order }: Answer): void {
    const { world } = this.#parts;
    for (const id of cancel) this.#cancel(this.#held.get(id));
    if (order) this.#consider(order);
    if (order || cancel.length > 0) this.#pause = 50;
    else {this.#pause = world.quiet
        ? Math.min(this.#pause * 2, QUIET_PAUSE_MAX)
        : world.pick([5, 30, 90]) * SECOND;}
    this.#pollAfter(this.#pause);
  }

  #consider(order: Order): void {
    const { world, watcher, isCareless } = this.#parts;
    const { commandId, nonce, expiresAt, hostIdentifier } = order;
    // The server hears of it and does nothing, as the order is none of this host's.
    if (hostIdentifier !== this.#identifier) return this.#say("refuses", commandId, "other-host");
    const known = this.journal.taken.get(commandId);
    if (known && !isCareless) {
      if (!this.#held.has(commandId)) this.#hold(known);
      return;
    }
    if (nonce <= this.journal.lastNonce && !isCareless) return this.#refuse(commandId, "replayed");
    if (world.now > expiresAt + CLOCK_SKEW) return this.#refuse(commandId, "expired");
    this.#say("takes", commandId);
    watcher.took(this, order);
    this.#hold(this.journal.take(order));
  }

  #refuse(commandId: string, why: string): void {
    this.#say("refuses", commandId, why);
    const message = `the order is refused (${why})`;
    this.#call(
      `refuses ${commandId}`,
      ({ hosts }) => hosts.refuse(commandId, message),
      () => {},
      () => {},
    );
  }

  #hold(taken: Taken): void {
    const held: Held = {
      taken,
      isCancelled: false,
      isSending: false,
      isClosed: false,
      news: new Map(),
    };
    const { commandId } = taken.order;
    this.#held.set(commandId, held);
    if (taken.end) return this.#tellEnd(held);
    this.#waiting.push(held);
    if (!this.#running) return this.#beginNext();
    this.#call<string>(
      `waits with ${commandId}`,
      ({ hosts }) => hosts.report(commandId, { kind: "taken" }),
      (status) => {
        if (status === "Failed") this.#cancel(held);
      },
      () => {},
    );
  }

  /** An order ends after its current event; one that waits for its turn ends now. */
  #cancel(held: Held | undefined): void {
    if (!held || held.isCancelled) return;
    this.#say("is to end", held.taken.order.commandId);
    held.isCancelled = true;
    if (!this.#waiting.includes(held)) return;
    this.#waiting = this.#waiting.filter((one) => one !== held);
    this.#end(held);
  }

  #beginNext(): void {
    const held = this.#waiting.shift();
    if (!held) return;
    this.#running = held;
    for (const event of held.taken.events) {
      if (event.status === "InProgress" && !AGENT_EVENTS.has(event.name)) {
        this.#finish(event, 7, "Failing in-progress lifecycle event after an agent restart.");
      }
      this.#tell(held, event);
    }
    this.#goOn(held);
  }

  /** The next event, or the end of the order. */
  #goOn(held: Held): void {
    const { order, events } = held.taken;
    for (const name of order.events) {
      const event = events.find((one) => one.name === name);
      if (!event || event.status === "InProgress") {
        if (held.isCancelled) break;
        return this.#begin(held, name, event);
      }
      if (ends(event, order)) break;
    }
    this.#running = undefined;
    this.#end(held);
    this.#beginNext();
  }

  #begin(held: Held, name: LifecycleEventName, interrupted: LifecycleEvent | undefined): void {
    const { world, watcher, scriptTrouble } = this.#parts;
    this.#say(interrupted ? "resumes" : "begins", name);
    watcher.begins(this, held.taken.order, name, interrupted !== undefined);
    const event = interrupted ?? this.journal.begin(held.taken, name, world.now);
    this.#tell(held, event);
    const takes = world.quiet
      ? SECOND
      : world.happens(30)
      ? world.between(MINUTE, 20 * MINUTE)
      : world.between(10, 20_000);
    const isBad = world.fails(scriptTrouble);
    this.#later(takes, () => {
      this.#finish(event, isBad ? 4 : 0, isBad ? "it was drawn" : "");
      this.#say(event.status === "Failed" ? "failed" : "ended", name);
      watcher.ended(this, held.taken.order, event);
      // The agent may end between an event's last line and what follows.
      if (world.happens(700)) this.#after(held, event);
      else this.#later(world.between(1, 20), () => this.#after(held, event));
    });
  }

  #finish(event: LifecycleEvent, code: number, message: string): void {
    event.status = code === 0 ? "Succeeded" : "Failed";
    event.endTime = this.#parts.world.now;
    event.diagnostics = { error_code: code, script_name: "", message, log: "" };
  }

  #after(held: Held, event: LifecycleEvent): void {
    const { order } = held.taken;
    // The completion follows at once and carries the last event.
    if (event.name !== order.events.at(-1) && !ends(event, order)) this.#tell(held, event);
    this.#goOn(held);
  }

  #end(held: Held): void {
    held.isClosed = true;
    const { order, events } = held.taken;
    held.taken.end = endOf(order, events.map((event) => ({ ...event })), { lines: [] });
    this.#tellEnd(held);
  }

  #tellEnd(held: Held): void {
    const { taken } = held;
    const { order: { commandId }, end } = taken;
    if (!end) return;
    const { status, completion: { events, error_code: code, message } } = end;
    const report = {
      kind: "completed",
      succeeded: status === "Succeeded",
      events,
      failure: { code, message },
    } as const;
    this.#call<string>(
      `tells the end of ${commandId}, ${status}`,
      ({ hosts }) =>
        this.#parts.watcher.told(this, commandId, report, hosts.report(commandId, report)),
      () => {
        taken.reported = true;
        this.#held.delete(commandId);
      },
      () => this.#later(this.#parts.world.between(500, 30_000), () => this.#tellEnd(held)),
    );
  }

  #tell(held: Held, event: LifecycleEvent): void {
    held.news.set(event.name, { ...event });
    if (!held.isSending) this.#send(held);
  }

  /** One at a time; what comes meanwhile goes with the next. */
  #send(held: Held): void {
    if (held.isClosed || held.news.size === 0) {
      held.isSending = false;
      return;
    }
    held.isSending = true;
    const { commandId } = held.taken.order;
    const sent = held.news;
    held.news = new Map();
    const report = { kind: "progress", events: [...sent.values()] } as const;
    this.#call<string>(
      `tells of ${[...sent.keys()].join(", ")}`,
      ({ hosts }) =>
        this.#parts.watcher.told(this, commandId, report, hosts.report(commandId, report)),
      (status) => {
        if (status === "Failed") this.#cancel(held);
        this.#send(held);
      },
      () => {
        held.news = new Map([...sent, ...held.news]);
        this.#later(this.#parts.world.between(500, 10_000), () => this.#send(held));
      },
    );
  }
}

function ends(event: LifecycleEvent, order: Order): boolean {
  return event.status === "Failed" && !order.ignoreFailuresOf.includes(event.name);
}
