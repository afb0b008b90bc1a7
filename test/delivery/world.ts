/**
 * A dispatcher over a real store, with receivers, a clock and a process that the test rules: it may
 * die before any step, and whatever it did not commit by then never happens. Time passes only when
 * nothing else is left to do.
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { setImmediate } from "node:timers";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Destination } from "../../core/delivery/destination.ts";
import { Dispatcher } from "../../core/delivery/dispatcher.ts";
import { RETRY_RULES, type RetryRules } from "../../core/delivery/retry.ts";
import { NO_TARGETS } from "../../core/domain/deployment.ts";
import type { OutboxFact } from "../../core/domain/outbox_fact.ts";
import { insertFacts } from "../../core/store/outbox.ts";
import { openStore, type Store } from "../../core/store/store.ts";

/** What a receiver does with an attempt; `slow` takes it after three seconds. */
export type Outcome = "ok" | "slow" | "fail" | "hang";

export interface Received {
  at: number;
  key: string;
  deploymentId: string;
  payload: string;
}

export class World {
  readonly #directory = mkdtempSync(join(tmpdir(), "outbox-"));
  readonly received: Received[] = [];
  readonly reported: string[] = [];
  rules: RetryRules = RETRY_RULES;
  /** Who gets a message for every fact. */
  keys: readonly string[] = ["a", "b"];
  outcome: (key: string, payload: string) => Outcome = () => "ok";
  /** Asked before each step of the process; true kills it there. */
  dies: () => boolean = () => false;
  now = Date.UTC(2026, 10, 25);
  store: Store;
  #process: Process;

  constructor() {
    this.store = openStore(this.#directory, (hurried) => this.#process.dispatcher.wake(hurried));
    this.#process = new Process(this, this.store);
  }

  start(): void {
    this.#process.dispatcher.start();
  }

  get isDead(): boolean {
    return this.#process.dead;
  }

  /** A process begins on what the last one left on disk. */
  restart(): void {
    this.#process.kill();
    this.store.close();
    this.store = openStore(this.#directory, (hurried) => this.#process.dispatcher.wake(hurried));
    this.#process = new Process(this, this.store);
    this.start();
  }

  /** The engine's commit; false when the process died before it. */
  async tell(fact: OutboxFact): Promise<boolean> {
    const process = this.#process;
    if (process.step()) return false;
    await this.store.commit((tx) => insertFacts(tx, [fact]));
    return true;
  }

  /** Lets everything happen that can happen, timers up to `until` among it. */
  async run(until = Infinity): Promise<void> {
    const process = this.#process;
    while (!process.dead) {
      await process.quiet();
      const [next] = [...process.timers].sort((one, other) => one.at - other.at);
      if (!next || next.at > until || process.dead) return;
      process.timers.delete(next);
      this.now = Math.max(this.now, next.at);
      next.call();
    }
  }

  [Symbol.dispose](): void {
    this.#process.kill();
    this.store.close();
    rmSync(this.#directory, { recursive: true });
  }
}

class Process {
  readonly timers = new Set<{ at: number; call: () => void }>();
  readonly dispatcher: Dispatcher;
  readonly #world: World;
  dead = false;
  #busy = 0;

  constructor(world: World, store: Store) {
    this.#world = world;
    this.dispatcher = new Dispatcher({
      store: { read: store.read, commit: (write) => this.#commit(() => store.commit(write)) },
      destinations: [this.#destination()],
      rules: world.rules,
      now: () => world.now,
      random: () => 0.5,
      after: (milliseconds, call) => this.#after(milliseconds, call),
      report: (error, doing) => world.reported.push(`${doing}: ${error}`),
    });
  }

  /** One step of the process; true when it is dead and the step must not happen. */
  step(): boolean {
    if (!this.dead && this.#world.dies()) this.dead = true;
    return this.dead;
  }

  kill(): void {
    this.dead = true;
    this.dispatcher.close();
  }

  /** Settles when nothing is under way but what hangs. */
  async quiet(): Promise<void> {
    for (let still = 0; still < 3; still++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#busy > 0) still = 0;
      if (this.dead) return;
    }
  }

  #after(milliseconds: number, call: () => void): () => void {
    const timer = { at: this.#world.now + milliseconds, call };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.#after(milliseconds, resolve));
  }

  async #commit<T>(commit: () => Promise<T>): Promise<T> {
    if (this.step()) return await never();
    this.#busy++;
    try {
      const value = await commit();
      // On disk, and nobody may ever hear of it.
      return this.step() ? await never() : value;
    } finally {
      this.#busy--;
    }
  }

  #destination(): Destination {
    const world = this.#world;
    return {
      kind: "topic",
      expand(_tx, fact) {
        if (fact.id === "unspeakable") throw new Error("no words for it");
        return world.keys.map((key) => ({ key, payload: fact.id }));
      },
      deliver: async ({ deploymentId, payload }, key) => {
        if (this.step()) return await never();
        const outcome = world.outcome(key, payload);
        if (outcome === "hang") return await never();
        if (outcome === "fail") throw new Error(`${key} answered 503`);
        if (outcome === "slow") await this.#sleep(3_000);
        world.received.push({ at: world.now, key, deploymentId, payload });
        if (this.step()) return await never();
      },
    };
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}

/** A fact; its id is what receivers get. */
export function factOf(deploymentId: string, id: string): OutboxFact {
  return {
    kind: "deployment",
    event: "DeploymentStart",
    id,
    time: Date.UTC(2026, 10, 25),
    account: "000000000000",
    region: "us-east-1",
    applicationName: "shop",
    deploymentGroupName: "prod",
    deploymentGroupId: "g-1",
    deploymentId,
    triggers: [],
    status: "InProgress",
    createTime: Date.UTC(2026, 10, 25),
    overview: NO_TARGETS,
    rollback: {},
  };
}
