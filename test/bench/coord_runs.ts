/** How a simulated fleet carries a deployment out: as fast as it can, or by a schedule. @module */
import { clearInterval, setInterval } from "node:timers";
import { IN_PLACE_EVENTS } from "../../core/domain/lifecycle_event.ts";
import { rounded } from "./figures.ts";
import type { Reporting, SimulatedFleet, SimulatedHost } from "./simulated_fleet.ts";

export interface Run {
  onOrder(host: SimulatedHost): void;
  /** All hosts have reported all. */
  readonly done: Promise<void>;
  /** Milliseconds each report waited for its answer. */
  readonly waits: number[];
  /** What only this kind of run can tell. */
  figures(): Record<string, unknown>;
}

/** Each host says the next thing when the one before is answered. */
export class ClosedRun implements Run {
  readonly done: Promise<void>;
  readonly waits: number[] = [];
  readonly #fleet: SimulatedFleet;
  readonly #how: Reporting;
  readonly #finish: () => void;
  #hostsLeft: number;

  constructor(fleet: SimulatedFleet, how: Reporting) {
    const done = Promise.withResolvers<void>();
    this.done = done.promise;
    this.#finish = done.resolve;
    this.#fleet = fleet;
    this.#how = how;
    this.#hostsLeft = fleet.hosts.length;
  }

  onOrder(host: SimulatedHost): void {
    this.#fleet.carryOut(host, this.#how, (sentAt) => {
      this.waits.push(performance.now() - sentAt);
      if (host.order === undefined && --this.#hostsLeft === 0) this.#finish();
    });
  }

  figures(): Record<string, unknown> {
    return {};
  }
}

/**
 * So many reports a second once every host has its order: the first event of all hosts, then the
 * second, and so on. A report whose host still waits for an answer is late from its own time on.
 */
export class PacedRun implements Run {
  readonly done: Promise<void>;
  readonly waits: number[] = [];
  readonly #fleet: SimulatedFleet;
  readonly #perMs: number;
  readonly #finish: () => void;
  /** Reports of each host that are due and not sent, by the time of the first of them. */
  readonly #busy = new Set<SimulatedHost>();
  readonly #late = new Map<SimulatedHost, number[]>();
  #orders = 0;
  #startedAt = 0;
  #endedAt = 0;
  #due = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(fleet: SimulatedFleet, perSecond: number) {
    const done = Promise.withResolvers<void>();
    this.done = done.promise;
    this.#finish = done.resolve;
    this.#fleet = fleet;
    this.#perMs = perSecond / 1_000;
  }

  onOrder(): void {
    if (++this.#orders < this.#fleet.hosts.length) return;
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => this.#sendDue(), 1);
  }

  figures(): Record<string, unknown> {
    const seconds = (this.#endedAt - this.#startedAt) / 1_000;
    return { reports_per_s: rounded(this.waits.length / seconds) };
  }

  #sendDue(): void {
    const { hosts } = this.#fleet;
    const total = hosts.length * IN_PLACE_EVENTS.length;
    const now = performance.now();
    const due = Math.min(total, Math.floor((now - this.#startedAt) * this.#perMs) + 1);
    for (; this.#due < due; this.#due++) {
      const host = hosts[this.#due % hosts.length];
      const dueAt = this.#startedAt + this.#due / this.#perMs;
      if (host) this.#sendOrQueue(host, dueAt);
    }
    if (due === total) clearInterval(this.#timer);
  }

  #sendOrQueue(host: SimulatedHost, dueAt: number): void {
    if (!this.#busy.has(host)) return this.#send(host, dueAt);
    const late = this.#late.get(host);
    if (late) late.push(dueAt);
    else this.#late.set(host, [dueAt]);
  }

  #send(host: SimulatedHost, dueAt: number): void {
    this.#busy.add(host);
    this.#fleet.report(host, "each", () => {
      this.#endedAt = performance.now();
      this.waits.push(this.#endedAt - dueAt);
      this.#busy.delete(host);
      const next = this.#late.get(host)?.shift();
      if (next !== undefined) this.#send(host, next);
      const all = this.#fleet.hosts.length * IN_PLACE_EVENTS.length;
      if (this.waits.length === all) this.#finish();
    });
  }
}
