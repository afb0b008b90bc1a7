/**
 * Random histories of a rollout: reports in any order and number, ticks, stops and restarts, then
 * every host that is still under way answers. The laws of design.md must hold after each step,
 * whatever came before. A counterexample prints as the list of its steps.
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Deployment, NO_TARGETS, TERMINAL_DEPLOYMENT } from "../../core/domain/deployment.ts";
import { type Target, TERMINAL_TARGET } from "../../core/domain/target.ts";
import type { Input } from "../../core/rollout/advance.ts";
import { HOST_CLOCKS } from "../../core/rollout/host_clock.ts";
import { fleetView } from "../../core/rollout/fleet_view.ts";
import { NOTHING } from "../../core/rollout/go_on.ts";
import { type Decision, overviewOf } from "../../core/rollout/state.ts";
import { reported } from "./letters.ts";
import { atMost, completion, type Rollout, rollout, show } from "./rollout.ts";

/** What happens next; `host` is a place in the fleet, taken modulo its size. */
type Step =
  | { kind: "taken"; host: number }
  | { kind: "progress" | "completed"; host: number; letters: string }
  | { kind: "tick"; minutes: number }
  | { kind: "stop" }
  | { kind: "restart" };

const letters = fc.string({ unit: fc.constantFrom("P", "R", "S", "F"), maxLength: 7 });
const host = fc.nat({ max: 11 });
const whole = fc.constantFrom("SSSSSSS", "SSSSSSS", "SSF", "FSSSSSS", "SS");
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("taken" as const), host }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("progress" as const), host, letters }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("completed" as const),
      host,
      letters: fc.oneof(whole, letters),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("tick" as const), minutes: fc.nat({ max: 70 }) }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "restart" }) },
);
const stop = fc.constant<Step>({ kind: "stop" });
const steps = fc.array(
  fc.oneof({ weight: 40, arbitrary: anyStep }, { weight: 1, arbitrary: stop }),
  {
    maxLength: 60,
  },
);
const fleet = fc.string({ unit: fc.constantFrom("P", "u"), minLength: 1, maxLength: 12 });
const atOnce = fc.integer({ min: 1, max: 12 });

/** Takes a rollout through its steps and holds it to the laws after each. */
class History {
  readonly #rollout: Rollout;
  readonly #atOnce: number;
  #now = 0;
  /** Host and event of every order given, in the order they were given. */
  readonly #ordered: string[] = [];
  #end: Deployment["status"] | undefined;
  readonly #over = new Map<string, Target>();

  constructor(hosts: string, atOnce: number, ignoreApplicationStopFailures: boolean) {
    this.#rollout = rollout(hosts, atMost(atOnce), { ignoreApplicationStopFailures });
    this.#atOnce = atOnce;
  }

  take(step: Step): void {
    const { order } = this.#rollout.state;
    this.#now += 1_000;
    if (step.kind === "restart") {
      this.#rollout.reload();
      return this.#input({ kind: "resume" });
    }
    if (step.kind === "stop") return this.#input({ kind: "stop", rollback: false });
    if (step.kind === "tick") {
      this.#now += step.minutes * 60_000;
      return this.#input({ kind: "tick" });
    }
    const host = order[step.host % order.length]!;
    if (step.kind === "completed") return this.#input(completion(host, step.letters));
    const report = step.kind === "taken"
      ? { kind: "taken" } as const
      : { kind: "progress", events: reported(step.letters) } as const;
    this.#input({ kind: "report", host, command: `d-1/${host}`, report });
  }

  /** Every host that has an order answers, until nobody has one. */
  finish(): void {
    const { state } = this.#rollout;
    this.take({ kind: "restart" });
    for (let left = state.order.length; left >= 0; left--) {
      const running = state.order.findIndex((id) => this.#statusOf(id) === "InProgress");
      if (running === -1) break;
      this.take({ kind: "completed", host: running, letters: "SSSSSSS" });
    }
    assert.ok(this.#end, `no end: ${show(this.#rollout)}`);
    for (const id of state.order) {
      assert.ok(TERMINAL_TARGET.has(this.#statusOf(id)), show(this.#rollout));
    }
  }

  #statusOf(id: string): Target["status"] {
    return this.#rollout.state.targets.get(id)!.status;
  }

  #input(input: Input): void {
    const before = overviewOf(this.#rollout.state);
    const decision = this.#rollout.take(input, this.#now);
    this.#endsOnce(decision);
    this.#ordersOnce(decision);
    this.#terminalStays();
    this.#countsAreTrue();
    const { running, failed, size } = fleetView(this.#rollout.state);
    const mayBeDown = Math.min(this.#atOnce, size);
    assert.ok(running + failed <= mayBeDown, `law 2: ${show(this.#rollout)}`);
    if (decision.give.length === 0) return;
    const { error, stop } = this.#rollout.state;
    assert.equal(error ?? stop, undefined, "nobody starts after a failure or a stop");
    assert.ok(before.Failed < mayBeDown, "nobody starts when too many have failed");
  }

  #endsOnce(decision: Decision): void {
    if (this.#end) {
      assert.deepEqual(decision, NOTHING);
      assert.equal(this.#rollout.state.status, this.#end);
      return;
    }
    const { status, stop } = this.#rollout.state;
    const counts = overviewOf(this.#rollout.state);
    if (!TERMINAL_DEPLOYMENT.has(status)) return;
    this.#end = status;
    assert.equal(counts.InProgress + counts.Pending, 0);
    assert.equal(status === "Stopped", stop !== undefined);
    if (status === "Succeeded") assert.ok(counts.Succeeded >= 1 && counts.Skipped === 0);
  }

  /** Law 1: no event is ordered twice. */
  #ordersOnce(decision: Decision): void {
    for (const id of decision.give) {
      const { events, status } = this.#rollout.state.targets.get(id)!;
      assert.equal(status, "InProgress");
      for (const event of events) this.#ordered.push(`${id} ${event.name}`);
    }
    assert.equal(new Set(this.#ordered).size, this.#ordered.length, "an event is ordered twice");
  }

  /** Law 3. */
  #terminalStays(): void {
    for (const [id, target] of this.#rollout.state.targets) {
      const over = this.#over.get(id);
      if (over) assert.deepEqual(target, over);
      else if (TERMINAL_TARGET.has(target.status)) this.#over.set(id, target);
    }
  }

  #countsAreTrue(): void {
    const { targets, order, cursors, unhealthy } = this.#rollout.state;
    const counts = overviewOf(this.#rollout.state);
    const { pendingUnhealthy } = fleetView(this.#rollout.state);
    const recount = { ...NO_TARGETS };
    for (const { status } of targets.values()) if (status !== "Unknown") recount[status]++;
    assert.deepEqual(counts, recount);
    const pending = order.filter((id) => this.#statusOf(id) === "Pending");
    assert.equal(pendingUnhealthy, pending.filter((id) => unhealthy.has(id)).length);
    assert.equal(
      order.slice(0, cursors.get("") ?? 0).filter((id) => pending.includes(id)).length,
      0,
    );
    const { size, succeeded, failed, running, skipped } = fleetView(this.#rollout.state);
    assert.equal(size, pending.length + succeeded + failed + running + skipped);
  }
}

test("no event is ordered twice, no end changes, the counts are true, whatever happens", () => {
  fc.assert(
    fc.property(fleet, atOnce, fc.boolean(), steps, (hosts, atOnce, ignoring, steps) => {
      const history = new History(hosts, atOnce, ignoring);
      history.take({ kind: "restart" });
      for (const step of steps) history.take(step);
      history.finish();
    }),
    { numRuns: 10_000 },
  );
});

test("a restart between any two steps changes nothing of how a rollout ends", () => {
  fc.assert(
    fc.property(fleet, atOnce, steps, (hosts, atOnce, steps) => {
      const through = (restarting: boolean) => {
        const plain = rollout(hosts, atMost(atOnce));
        plain.take({ kind: "resume" });
        let now = 1_000;
        for (const step of steps) {
          if (!("host" in step) || step.kind === "taken") continue;
          const host = plain.state.order[step.host % hosts.length]!;
          plain.take(completion(host, step.letters), now += 1_000);
          if (!restarting) continue;
          plain.reload();
          plain.take({ kind: "resume" }, now);
        }
        plain.take({ kind: "tick" }, now + HOST_CLOCKS.notFinished);
        return plain;
      };
      const [once, again] = [through(false), through(true)];
      assert.equal(show(again), show(once));
      assert.deepEqual([...again.state.targets.values()], [...once.state.targets.values()]);
    }),
    { numRuns: 300 },
  );
});
