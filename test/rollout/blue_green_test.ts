/**
 * Blue/green, from the first event of the first green host to the end of the last blue one (spec 4.1
 * and 7): agents and balancers answer at once, and what was done is kept in order.
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeploymentRequest } from "../../core/domain/deployment.ts";
import { HOST_EVENTS, type LifecycleEventName } from "../../core/domain/lifecycle_event.ts";
import { AT_THE_START } from "../../core/domain/progress.ts";
import type { Target, TargetLabel } from "../../core/domain/target.ts";
import { advance, type Input } from "../../core/rollout/advance.ts";
import { HOST_CLOCKS } from "../../core/rollout/host_clock.ts";
import { currentLeg, legEvents } from "../../core/rollout/leg.ts";
import { apply, newState, type RolloutState } from "../../core/rollout/state.ts";
import { request } from "./letters.ts";
import { atMost } from "./rollout.ts";

const MINUTE = 60_000;
const READY_WAIT: Input = { kind: "continue", wait: "READY_WAIT" };
const TERMINATION_WAIT: Input = { kind: "continue", wait: "TERMINATION_WAIT" };

type BlueGreen = NonNullable<DeploymentRequest["blueGreen"]>;
const wait = (minutes: number): BlueGreen => ({
  deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: minutes },
});
const terminate = (minutes: number): BlueGreen => ({
  terminateBlueInstancesOnDeploymentSuccess: {
    action: "TERMINATE",
    terminationWaitTimeInMinutes: minutes,
  },
});

class Course {
  readonly state: RolloutState;
  /** `g1 BeforeInstall-ValidateService` by its agent, `g1 AllowTraffic!` by the balancer. */
  readonly done: string[] = [];
  now = 0;
  /** `HOST EVENT`: that event of that host fails. */
  broken = "";
  readonly #atOnce: number;

  constructor(hosts: string, events: Record<TargetLabel, readonly LifecycleEventName[]>, {
    atOnce = 1,
    ...changes
  }: Partial<DeploymentRequest> & { atOnce?: number } = {}) {
    this.#atOnce = atOnce;
    const style = {
      deploymentType: "BLUE_GREEN",
      deploymentOption: "WITH_TRAFFIC_CONTROL",
    } as const;
    const targets = hosts.split(" ").map((id): Target => {
      const label = id.startsWith("g") ? "Green" : "Blue";
      const pending = events[label].map((name) => ({ name, status: "Pending" as const }));
      return { id, label, status: "Pending", events: pending, lastUpdated: 0 };
    });
    this.state = newState({
      ...{ id: "d-1", request: request({ style, ...changes }), status: "InProgress" },
      ...{ progress: AT_THE_START, error: undefined, stop: undefined, terminationWait: undefined },
      ...{ targets, unhealthy: new Set(targets.map(({ id }) => id)) },
    });
  }

  /** Takes an input, and answers for every host and balancer until nobody is asked any more. */
  take(input: Input): this {
    const rules = { clocks: HOST_CLOCKS, timeLapse: 1, checksFirst: false };
    const next = atMost(this.#atOnce);
    const decision = advance(this.state, input, this.now, { ...rules, next });
    apply(this.state, decision);
    for (const host of decision.give) this.#order(host);
    for (const host of decision.traffic) this.take(this.#balanced(host));
    for (const host of decision.give) this.take(this.#reported(host));
    return this;
  }

  tick(minutes: number): this {
    this.now += minutes * MINUTE;
    return this.take({ kind: "tick" });
  }

  /** Statuses of the hosts by their names, then that of the deployment. */
  show(): string {
    const { state } = this;
    const hosts = state.order.map((id) => `${id}:${state.targets.get(id)?.status}`);
    return [...hosts, state.status, ...(state.error ? [state.error.code] : [])].join(" ");
  }

  #target(host: string): Target {
    const target = this.state.targets.get(host);
    assert.ok(target);
    return target;
  }

  #order(host: string): void {
    const target = this.#target(host);
    const leg = currentLeg(target)?.index ?? 0;
    const command = { id: `d-1/${host}`, nonce: 1, givenAt: this.now, leg };
    this.state.targets.set(host, { ...target, command });
  }

  #reported(host: string): Input {
    const names = legEvents(this.#target(host)).map(({ name }) => name);
    this.done.push(`${host} ${names.length > 1 ? `${names[0]}-${names.at(-1)}` : names[0]}`);
    const at = names.findIndex((name) => `${host} ${name}` === this.broken);
    const events = names.slice(0, at === -1 ? undefined : at + 1).map((name, index) => ({
      name,
      status: index === at ? "Failed" as const : "Succeeded" as const,
    }));
    const failure = { code: at === -1 ? 0 : 4, message: "" };
    const report = { kind: "completed", succeeded: at === -1, events, failure } as const;
    return { kind: "report", host, command: `d-1/${host}`, report };
  }

  #balanced(host: string): Input {
    const [event] = legEvents(this.#target(host));
    assert.ok(event);
    this.done.push(`${host} ${event.name}!`);
    const failure = `${host} ${event.name}` === this.broken ? "the balancer is gone" : undefined;
    return { kind: "traffic", host, event: event.name, ...(failure && { failure }) };
  }
}

const KEPT = { Green: HOST_EVENTS.green, Blue: HOST_EVENTS.blueKept };
const ENDED = { Green: HOST_EVENTS.green, Blue: HOST_EVENTS.blueEnded };

test("green is installed host by host, then gets the traffic host by host, then blue loses it", () => {
  const course = new Course("g1 g2 b1 b2", KEPT).take({ kind: "resume" });
  assert.deepEqual(course.done, [
    "g1 ApplicationStop-ValidateService",
    "g2 ApplicationStop-ValidateService",
    ...["g1", "g2"].flatMap((host) => [
      `${host} BeforeAllowTraffic`,
      `${host} AllowTraffic!`,
      `${host} AfterAllowTraffic`,
    ]),
    // All blue hosts begin at once.
    "b1 BeforeBlockTraffic",
    "b1 BlockTraffic!",
    "b1 AfterBlockTraffic",
    "b2 BeforeBlockTraffic",
    "b2 BlockTraffic!",
    "b2 AfterBlockTraffic",
  ]);
  assert.equal(course.show(), "g1:Succeeded g2:Succeeded b1:Succeeded b2:Succeeded Succeeded");
});

test("a deployment that is to be continued waits, Ready, and goes on when it is", () => {
  const course = new Course("g1 b1", KEPT, { blueGreen: wait(10) }).take({ kind: "resume" });
  assert.equal(course.show(), "g1:Ready b1:Pending Ready");
  assert.equal(course.tick(9).show(), "g1:Ready b1:Pending Ready");
  assert.equal(course.take(TERMINATION_WAIT).show(), "g1:Ready b1:Pending Ready");
  assert.equal(course.take(READY_WAIT).show(), "g1:Succeeded b1:Succeeded Succeeded");
});

test("nobody continues it: it stops at the minute, and blue keeps the traffic", () => {
  const course = new Course("g1 b1", KEPT, { blueGreen: wait(10) }).take({ kind: "resume" });
  course.now = 10 * MINUTE - 1;
  assert.equal(course.take({ kind: "tick" }).show(), "g1:Ready b1:Pending Ready");
  course.now = 10 * MINUTE;
  assert.equal(course.take({ kind: "tick" }).show(), "g1:Skipped b1:Skipped Stopped TIMEOUT");
  assert.equal(course.done.length, 1);
});

test("CONTINUE_DEPLOYMENT waits for nobody", () => {
  const blueGreen: BlueGreen = {
    deploymentReadyOption: { actionOnTimeout: "CONTINUE_DEPLOYMENT", waitTimeInMinutes: 10 },
  };
  const course = new Course("g1 b1", KEPT, { blueGreen }).take({ kind: "resume" });
  assert.equal(course.show(), "g1:Succeeded b1:Succeeded Succeeded");
});

test("blue is ended when its time has come", () => {
  const course = new Course("g1 b1 b2", ENDED, { blueGreen: terminate(5) });
  course.take({ kind: "resume" });
  assert.equal(course.show(), "g1:Succeeded b1:Ready b2:Ready InProgress");
  const before = course.done.length;
  course.now = 5 * MINUTE - 1;
  course.take({ kind: "tick" });
  assert.equal(course.done.length, before);
  course.now = 5 * MINUTE;
  course.take({ kind: "tick" });
  assert.deepEqual(course.done.slice(before), ["b1 ApplicationStop", "b2 ApplicationStop"]);
  assert.equal(course.show(), "g1:Succeeded b1:Succeeded b2:Succeeded Succeeded");
});

test("or when somebody ends the wait, once it has begun", () => {
  const early = new Course("g1 b1", ENDED, { blueGreen: { ...terminate(5), ...wait(9) } });
  early.take({ kind: "resume" }).take(TERMINATION_WAIT).take(READY_WAIT);
  assert.equal(early.show(), "g1:Succeeded b1:Ready InProgress");
  assert.equal(early.take(TERMINATION_WAIT).show(), "g1:Succeeded b1:Succeeded Succeeded");
});

test("a green host that fails leaves blue its traffic", () => {
  const course = new Course("g1 g2 b1", KEPT);
  course.broken = "g1 Install";
  course.take({ kind: "resume" });
  assert.equal(course.show(), "g1:Failed g2:Skipped b1:Skipped Failed HEALTH_CONSTRAINTS");
});

test("a balancer that does not let a green host in fails it, and the deployment", () => {
  const course = new Course("g1 g2 b1", KEPT);
  course.broken = "g1 AllowTraffic";
  course.take({ kind: "resume" });
  assert.equal(course.show(), "g1:Failed g2:Skipped b1:Skipped Failed HEALTH_CONSTRAINTS");
  const events = course.state.targets.get("g1")?.events ?? [];
  assert.deepEqual(events.slice(-2).map(({ status }) => status), ["Failed", "Skipped"]);
});

test("rule 11: one blue host that keeps its traffic fails the deployment", () => {
  const course = new Course("g1 b1 b2", KEPT);
  course.broken = "b1 BlockTraffic";
  course.take({ kind: "resume" });
  assert.equal(course.state.error?.code, "HEALTH_CONSTRAINTS");
  assert.match(course.state.error?.message ?? "", /^1 of 2 hosts did not give up their traffic/);
  assert.match(course.show(), /^g1:Succeeded b1:Failed b2:(Succeeded|Failed) Failed/);
});

test("rule 11: the minimum is one of green hosts alone", () => {
  const course = new Course("g1 g2 g3 b1 b2 b3", KEPT, { atOnce: 2 });
  course.broken = "g2 Install";
  course.take({ kind: "resume" });
  assert.equal(
    course.show().replaceAll(/:Succeeded/g, ""),
    "g1 g2:Failed g3 b1 b2 b3 Succeeded",
  );
});

test("a rollback gives blue the traffic first, then takes it from green", () => {
  const back = { Green: HOST_EVENTS.greenLeft, Blue: HOST_EVENTS.blueRestored };
  const course = new Course("g1 b1", back, { rollbackOf: "d-0", creator: "codeDeployRollback" });
  course.take({ kind: "resume" });
  assert.deepEqual(course.done, [
    "b1 BeforeAllowTraffic",
    "b1 AllowTraffic!",
    "b1 AfterAllowTraffic",
    "g1 BeforeBlockTraffic",
    "g1 BlockTraffic!",
    "g1 AfterBlockTraffic",
  ]);
  assert.equal(course.show(), "g1:Succeeded b1:Succeeded Succeeded");
});
