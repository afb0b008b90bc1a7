/**
 * The clock of what waits for its time: recurring schedules, deployments that are to start later, the
 * ends of freeze windows. One timer, for the nearest of them; the store is read when that time has
 * come and when something changes, never in between. What is to come stands in the store alone, so
 * that a restart loses nothing.
 * @module
 */
import { clearTimeout, setTimeout } from "node:timers";
import type { Schedule } from "../domain/deployment_schedule.ts";
import { begunDeploymentOf, supersededDeployments, waitingGroups } from "../store/deployments.ts";
import { findGroup } from "../store/deployment_groups.ts";
import { listSchedules } from "../store/schedules.ts";
import type { EngineContext } from "./context.ts";
import type { Created } from "./create_deployment.ts";
import { freezeOf } from "./gate.ts";
import { beginNext } from "./queue.ts";
import { nextDue, runDue, type ScheduleRun } from "./schedule_run.ts";
import { wallTimeAndUtc } from "./wall_clock.ts";

/** What the engine does for the calendar. */
export interface CalendarParts {
  /** A deployment was committed. */
  created(created: Created): void;
  /** A deployment that waited has begun. */
  begun(id: string): void;
  /** Stops one whose place another waits to take. */
  makeWay(id: string): void;
}

/** How long something may wait before it is looked at again in any case; milliseconds. */
const LOOK_AGAIN = 60_000;

/**
 * The longest sleep, in milliseconds: a clock that was set, or a machine that slept, is noticed after
 * it by a look at the clock alone.
 */
const LONGEST_SLEEP = 60_000;
/** The pause after a look that failed, in milliseconds. */
const PAUSE = 10_000;

export class Calendar {
  readonly #context: EngineContext;
  readonly #parts: CalendarParts;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(context: EngineContext, parts: CalendarParts) {
    this.#context = context;
    this.#parts = parts;
  }

  start(): void {
    for (const id of supersededDeployments(this.#context.store.read)) this.#parts.makeWay(id);
    void this.look();
  }

  /** Carries out what is due, and waits for what is next; settles when that is done. Never rejects. */
  look(): Promise<void> {
    this.#again = true;
    return this.#looking ??= this.#lookAgain();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #lookAgain(): Promise<void> {
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        await this.#lookOnce();
      }
    } finally {
      // In the same turn as the last question, so that nobody asks in between and is not heard.
      this.#looking = undefined;
    }
  }

  /** What fails is said and tried again after a pause; it holds nothing else up. */
  async #lookOnce(): Promise<void> {
    const { store: { read }, now, report } = this.#context;
    let failed = false;
    const tried = async (doing: string, work: () => Promise<void>) => {
      try {
        if (!this.#closed) await work();
      } catch (error) {
        failed = true;
        // A server that ends is no failure.
        if (!this.#closed) report(error, doing);
      }
    };
    await tried("looking at the schedules", async () => {
      for (const { schedule, due } of this.#schedules()) {
        await tried(`running the schedule ${schedule.name}`, () => this.#run(schedule, due));
      }
    });
    await tried("looking at what waits for its time", async () => {
      for (const { groupId, waiting } of waitingGroups(read, now())) {
        if (waiting === 0) continue;
        await tried(`beginning what waits for group ${groupId}`, () => this.#begin(groupId));
      }
      if (!failed) this.#sleep(this.#nearest());
    });
    if (failed) this.#sleep(now() + PAUSE);
  }

  #schedules(): { schedule: Schedule; due: number | undefined }[] {
    return listSchedules(this.#context.store.read)
      .map((schedule) => ({ schedule, due: nextDue(schedule) }));
  }

  async #run(schedule: Schedule, due: number | undefined): Promise<void> {
    const context = this.#context;
    if (due === undefined || due > context.now()) return;
    const run = await context.store.commit((tx) => runDue(tx, schedule.name, context));
    if (run?.created) this.#parts.created(run.created);
    if (run) this.#say(schedule, due, run);
  }

  /** Nobody waits for the answer to a schedule, so what did not run is said. */
  #say({ name, timeZone }: Schedule, due: number, { outcome }: ScheduleRun): void {
    if (outcome.kind === "deployed") return;
    const why = outcome.kind === "missed"
      ? "it was missed by more than an hour, as the server did not run"
      : outcome.message;
    const text = `${wallTimeAndUtc(due, timeZone)} was skipped: ${why}`;
    this.#context.report(new Error(text), `running the schedule ${name}`);
  }

  async #begin(groupId: string): Promise<void> {
    const { store, now } = this.#context;
    if (begunDeploymentOf(store.read, groupId)) return;
    const id = await store.commit((tx) => beginNext(tx, groupId, now()));
    if (id !== undefined) this.#parts.begun(id);
  }

  /** When to look again; undefined when nothing waits for a time. */
  #nearest(): number | undefined {
    const { store: { read }, now } = this.#context;
    const times = this.#schedules().map(({ due }) => due);
    for (const { groupId, waiting, next } of waitingGroups(read, now())) {
      times.push(next ?? undefined);
      if (waiting === 0) continue;
      // Whatever keeps it, such as a lock, may go with the group itself, of which nobody tells.
      times.push(now() + LOOK_AGAIN);
      const group = findGroup(read, groupId);
      if (group) times.push(freezeOf(read, group, now())?.until);
    }
    const known = times.filter((time) => time !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  /** Sleeps until then. */
  #sleep(until: number | undefined): void {
    clearTimeout(this.#timer);
    if (until === undefined || this.#closed) return;
    const left = until - this.#context.now();
    const timer = setTimeout(
      () => this.#context.now() < until ? this.#sleep(until) : void this.look(),
      Math.max(1, Math.min(left, LONGEST_SLEEP)),
    );
    // It holds no process up that is to end.
    timer.unref();
    this.#timer = timer;
  }
}
