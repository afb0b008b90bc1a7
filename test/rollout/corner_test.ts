/**
 * Corners of a rollout's course that mutants were found in: each of these tests is the only one that
 * sees its mistake (`test/mutation`).
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HOST_EVENTS, type LifecycleEvent } from "../../core/domain/lifecycle_event.ts";
import { AT_THE_START } from "../../core/domain/progress.ts";
import type { Target } from "../../core/domain/target.ts";
import { done, fail, type FleetView, hold, start, wait } from "../../core/plugin/contract.ts";
import { fleetView } from "../../core/rollout/fleet_view.ts";
import { HOST_CLOCKS, shortened } from "../../core/rollout/host_clock.ts";
import { type HostReport, withReport, withTraffic } from "../../core/rollout/host_report.ts";
import { analysisStep } from "../../core/rollout/hold_on.ts";
import { newState } from "../../core/rollout/state.ts";
import { overviewOfTargets } from "../../core/rollout/tally.ts";
import { reported, request, show as showTarget, target } from "./letters.ts";
import { completion, rollout, show } from "./rollout.ts";

const succeed = (n: number) => completion(`web-${n}`, "SSSSSSS");
const failure = { code: 0, message: "" };
const NOT_STOPPED = { now: 9_000, stopped: false, ignoreStopFailures: false };

test("a report about another order of the host changes nothing", () => {
  const fleet = rollout("RP", () => wait());
  const report: HostReport = { kind: "completed", succeeded: true, events: [], failure };
  fleet.take({ kind: "report", host: "web-1", command: "d-0/web-1", report });
  assert.equal(show(fleet), "RP");
});

test("a host that tells how far it is gets no second order", () => {
  const fleet = rollout("R", () => wait());
  const report: HostReport = { kind: "progress", events: reported("SSSS") };
  const { targets, give } = fleet.take({
    ...{ kind: "report", host: "web-1", command: "d-1/web-1", report },
  });
  assert.deepEqual([targets.length, give], [1, []]);
});

test("a strategy that asks for something else no longer holds", () => {
  const next = ({ succeeded, pending }: FleetView) =>
    succeeded === 0 ? hold("a", { kind: "bake", ms: 60_000 }) : pending > 0 ? start(1) : wait();
  const fleet = rollout("RP", next);
  fleet.take({ kind: "resume" });
  assert.equal(show(fleet), "RP Baking");
  assert.deepEqual(fleet.take(succeed(1)).give, ["web-2"]);
  assert.equal(show(fleet), "SR");
  assert.equal(fleet.state.progress.hold, undefined);
});

test("a hold of another key begins at its own time", () => {
  const next = ({ succeeded, pending, running }: FleetView) => {
    if (succeeded === 0) return hold("a", { kind: "bake", ms: 60_000 });
    return pending > 0 && running === 0 ? hold("b", { kind: "bake", ms: 60_000 }) : wait();
  };
  const fleet = rollout("RP", next);
  fleet.take({ kind: "resume" }, 0);
  fleet.take(succeed(1), 50_000);
  assert.equal(fleet.state.progress.hold?.key, "b");
  assert.equal(fleet.state.progress.hold?.since, 50_000);
});

test("an alarm while a failed rollout ends leaves it Failed, and its hosts alone", () => {
  const strict = ({ failed, running }: FleetView) =>
    failed > 0 ? fail("one failed") : running > 0 ? wait() : done();
  const fleet = rollout("RR", strict);
  fleet.take(completion("web-1", "SSF"));
  const error = { code: "ALARM_ACTIVE", message: "errors is active" } as const;
  const cause = { kind: "alarm", text: "errors is active" } as const;
  const verdict = { kind: "stop", error, cause } as const;
  assert.deepEqual(fleet.take({ kind: "alarms", verdict }).cancel, []);
  fleet.take(succeed(2));
  assert.equal(show(fleet), "FS Failed HEALTH_CONSTRAINTS");
});

test("a strategy that is done while the last host runs fails its deployment", () => {
  const fleet = rollout("R", done);
  fleet.take({ kind: "resume" });
  assert.equal(show(fleet), "R");
  assert.match(fleet.state.error?.message ?? "", /is done although 1 host/);
});

test("a start passes over hosts that do not wait", () => {
  const fleet = rollout("PKP", ({ running }) => running > 0 ? wait() : start(2));
  assert.deepEqual(fleet.take({ kind: "resume" }).give, ["web-1", "web-3"]);
});

test("rule 10: a host whose state nobody can tell counts as failed", () => {
  const { Failed, Skipped } = overviewOfTargets([target("web-1", "Unknown")]);
  assert.deepEqual({ Failed, Skipped }, { Failed: 1, Skipped: 0 });
});

test("a green host that is Ready for its traffic has done its part of the installing", () => {
  const style = { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" } as const;
  const host = (id: string, status: Target["status"]): Target => ({
    ...target(id, status),
    label: "Green",
  });
  const state = newState({
    ...{ id: "d-1", request: request({ style }), status: "InProgress", progress: AT_THE_START },
    ...{ error: undefined, stop: undefined, terminationWait: undefined, unhealthy: new Set() },
    targets: [host("g-1", "Ready"), host("g-2", "InProgress"), host("g-3", "Pending")],
  });
  const { size, pending, running, succeeded } = fleetView(state);
  assert.deepEqual({ size, pending, running, succeeded }, {
    size: 3,
    pending: 1,
    running: 1,
    succeeded: 1,
  });
});

test("a host that holds its order has its clock for beginning anew", () => {
  const held = target("web-1", "InProgress");
  const report: HostReport = { kind: "waiting" };
  const waiting = withReport(held, report, { ...NOT_STOPPED, now: 5_000 });
  assert.equal(waiting.lastUpdated, 5_000);
  assert.equal(waiting.command?.takenAt, 5_000);
  const still = withReport(waiting, report, { ...NOT_STOPPED, now: 7_000 });
  assert.equal(still.lastUpdated, 7_000);
  assert.equal(still.command?.takenAt, 5_000);
  const begun = target("web-1", "InProgress", "R");
  assert.equal(withReport(begun, report, NOT_STOPPED), begun);
});

const ended = (succeeded: boolean, code: number): HostReport => ({
  kind: "completed",
  succeeded,
  events: [],
  failure: { code, message: "" },
});

test("an agent that calls its run failed is believed, whatever its events say", () => {
  const host = withReport(target("web-1", "InProgress", "SSSSSSS"), ended(false, 5), NOT_STOPPED);
  assert.equal(showTarget(host), "Failed SSSSSSS");
});

test("only events that may fail are passed over, whatever the agent says", () => {
  const ignoring = { ...NOT_STOPPED, ignoreStopFailures: true };
  const after = (letters: string) =>
    showTarget(withReport(target("web-1", "InProgress", letters), ended(true, 0), ignoring));
  assert.equal(after("FSSSSSS"), "Succeeded FSSSSSS");
  assert.equal(after("SSSFSSS"), "Failed SSSFSSS");
});

test("a failure without a code has the code of any other", () => {
  const host = withReport(target("web-1", "InProgress", "SSR"), ended(false, 0), NOT_STOPPED);
  assert.equal(host.events[2]?.diagnostics?.error_code, 5);
});

test("trap 26: a stop ends a host whose traffic was blocked, with more to come", () => {
  const events = HOST_EVENTS.inPlaceBalanced.map((name, index): LifecycleEvent => ({
    name,
    status: index === 0 ? "Succeeded" : index === 1 ? "InProgress" : "Pending",
  }));
  const host: Target = { id: "web-1", status: "InProgress", events, lastUpdated: 0 };
  const answer = { event: "BlockTraffic" } as const;
  const stopped = withTraffic(host, answer, { ...NOT_STOPPED, stopped: true });
  assert.equal(showTarget(stopped), `Failed SF${"K".repeat(11)}`);
  const going = withTraffic(host, answer, NOT_STOPPED);
  assert.equal(showTarget(going), `InProgress SS${"P".repeat(11)}`);
});

test("time-lapse shortens clocks and intervals alike", () => {
  const { notStarted, notFinished } = HOST_CLOCKS;
  assert.deepEqual(shortened(HOST_CLOCKS, 60), {
    notStarted: notStarted / 60,
    notFinished: notFinished / 60,
  });
  const rules = {
    ...{ name: "errors", count: 1, interval: 60_000, max: 1 },
    ...{ failureLimit: 0, inconclusiveLimit: 0 },
  };
  const under = {
    ...{ key: "a", since: 1_000, measurements: [] },
    hold: { kind: "analysis", rules },
  } as const;
  assert.deepEqual(analysisStep(under, 1_000, 60), { kind: "measure", at: 2_000 });
});
