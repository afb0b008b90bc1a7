/**
 * A balancer, an alarm and an analysis that are not there: what they know is a few members, and they
 * may be slow, fail before or after they did what was asked, or answer only when they are given up.
 * @module
 */
import { z } from "zod";
import {
  type BalancerCall,
  defineAlarm,
  defineAnalysis,
  defineBalancer,
} from "../../core/plugin/contract.ts";
import type { Plugin } from "../../core/plugin/registry.ts";
import { HOUR, MINUTE, SECOND, type World } from "./world.ts";

const described = { description: "not there", config: z.object({}) };

type Verb = "block" | "allow" | "check";

/** Who has to hear of what the balancer does. */
export interface TrafficWatcher {
  traffic(host: string, deploymentId: string, verb: "block" | "allow"): void;
}

export class Surroundings {
  /** Hosts that the balancer sends requests to. */
  readonly serving: Set<string>;
  alarm: "OK" | "ALARM" | "UNKNOWN" = "OK";
  readonly plugins: readonly Plugin[];
  readonly #world: World;
  readonly #trouble: number;
  /** Calls that are not answered; what each does when it is given up. */
  readonly #open = new Set<(reason: unknown) => void>();
  /** Who hears of what the balancer does. */
  watcher: TrafficWatcher | undefined;

  constructor(world: World, trouble: number, serving: Iterable<string>) {
    this.#world = world;
    this.#trouble = trouble;
    this.serving = new Set(serving);
    this.plugins = [
      defineBalancer({
        name: "sim-balancer",
        ...described,
        block: (call) => this.#asked("block", call),
        allow: (call) => this.#asked("allow", call),
        check: (call) => this.#asked("check", call),
      }),
      defineAlarm({
        name: "sim-alarm",
        ...described,
        read: ({ ctx: { signal } }) =>
          this.#answer(signal, 30 * SECOND, () => ({ state: this.alarm, reason: "it was drawn" })),
      }),
      defineAnalysis({
        name: "sim-analysis",
        ...described,
        measure: ({ ctx: { signal } }) => this.#answer(signal, 30 * SECOND, () => this.#measured()),
      }),
    ];
  }

  #measured() {
    const value = this.#world.fails(this.#trouble) ? this.#world.pick([500, undefined, NaN]) : 20;
    return { value, evidence: "it was drawn" };
  }

  #asked(verb: Verb, { host: { name }, deployment, ctx: { signal } }: BalancerCall<unknown>) {
    const longest = verb === "check" ? 10 * SECOND : HOUR;
    return this.#answer(signal, longest, () => {
      if (verb === "check") return;
      this.#world.say("balancer:", verb, name);
      if (verb === "block") this.serving.delete(name);
      else this.serving.add(name);
      this.watcher?.traffic(name, deployment.id, verb);
    });
  }

  /** Does something and answers, in its own time and if it likes to. */
  #answer<Answer>(signal: AbortSignal, longest: number, act: () => Answer): Promise<Answer> {
    const world = this.#world;
    const how = world.fails(this.#trouble)
      ? world.pick(["slow", "fails", "fails after", "silent"] as const)
      : "works";
    const slow = world.between(10 * SECOND, 20 * MINUTE);
    const ms = how === "silent"
      ? longest
      : how === "slow"
      ? Math.min(slow, longest)
      : world.quiet
      ? 10
      : world.between(10, 3_000);
    world.stir();
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        if (!this.#open.delete(giveUp)) return;
        world.stir();
        settle();
      };
      const giveUp = (reason: unknown) =>
        end(() => {
          // It may just have been done when it was given up; it is not done later.
          if (how !== "fails" && world.happens(300)) act();
          reject(reason);
        });
      this.#open.add(giveUp);
      signal.addEventListener("abort", () => giveUp(signal.reason), { once: true });
      world.after(ms, () =>
        end(() => {
          if (how === "fails" || how === "silent") return reject(new Error(`it ${how}`));
          const answer = act();
          if (how === "fails after") reject(new Error("it fails after it was done"));
          else resolve(answer);
        }));
    });
  }

  /** The process that asked is gone. */
  hangUp(): void {
    for (const giveUp of [...this.#open]) giveUp(new Error("nobody listens any more"));
  }
}
