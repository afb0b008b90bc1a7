/** A rollout's inputs one after the other, its fleet in the letters of rollout.ts. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import { done, fail, type FleetView, start, wait } from "../../core/plugin/contract.ts";
import { advance, type Input } from "../../core/rollout/advance.ts";
import { HEALTH_CONSTRAINTS_TEXT } from "../../core/rollout/failure_cause.ts";
import { NOTHING } from "../../core/rollout/go_on.ts";
import { HOST_CLOCKS } from "../../core/rollout/host_clock.ts";
import { reported } from "./letters.ts";
import { atMost, completion, rollout, show } from "./rollout.ts";

const RESUME: Input = { kind: "resume" };
const TICK: Input = { kind: "tick" };
const STOP: Input = { kind: "stop", rollback: false };
const succeed = (n: number) => completion(`web-${n}`, "SSSSSSS");
const broke = (n: number) => completion(`web-${n}`, "SSF");
const FIVE_MINUTES = HOST_CLOCKS.notStarted;
const HOUR = HOST_CLOCKS.notFinished;

/** Everybody at once; the first failure is one too many. */
function firstFailure(fleet: FleetView) {
  if (fleet.failed > 0) return fail(`${fleet.failed} failed`);
  if (fleet.pending > 0) return start(fleet.pending);
  return fleet.running > 0 ? wait() : done();
}
/** As `firstFailure`, two hosts at a time, so that hosts are left when one fails. */
function twoThenFail(fleet: FleetView) {
  return fleet.pending > 0 && fleet.failed === 0 ? start(2 - fleet.running) : firstFailure(fleet);
}

test("one at a time: each success starts the next host, the last one ends the deployment", () => {
  const fleet = rollout("PPP", atMost(1));
  assert.deepEqual(fleet.take(RESUME).give, ["web-1"]);
  assert.equal(show(fleet), "RPP");
  assert.deepEqual(fleet.take(succeed(1)).give, ["web-2"]);
  assert.equal(show(fleet), "SRP");
  fleet.take(succeed(2));
  assert.deepEqual(fleet.take(succeed(3)).give, []);
  assert.equal(show(fleet), "SSS Succeeded");
});

test("the strategy sees the fleet as the input leaves it", () => {
  const fleet = rollout("uPP", atMost(1));
  fleet.take(RESUME);
  fleet.take(succeed(1));
  const common = { size: 3, failed: 0, skipped: 0, zones: [], passed: new Set() };
  assert.deepEqual(fleet.views, [
    { ...common, pending: 3, pendingUnhealthy: 1, running: 0, succeeded: 0 },
    { ...common, pending: 2, pendingUnhealthy: 0, running: 0, succeeded: 1 },
  ]);
});

test("a decision changes nothing by itself", () => {
  const { state } = rollout("RPP", atMost(1));
  const before = structuredClone(state);
  const rules = { clocks: HOST_CLOCKS, timeLapse: 1, checksFirst: false, next: atMost(1) };
  for (const input of [RESUME, TICK, STOP, succeed(1), broke(1)]) {
    advance(state, input, HOUR, rules);
    assert.deepEqual(state, before);
  }
});

test("a start of more hosts than wait starts all of them", () => {
  const fleet = rollout("PPP", () => start(99));
  assert.deepEqual(fleet.take(RESUME).give, ["web-1", "web-2", "web-3"]);
});

test("spec 6.3: a fleet that is current has succeeded, and its strategy is not asked", () => {
  const fleet = rollout("KKK", () => fail("no"));
  const decision = fleet.take(RESUME);
  assert.equal(show(fleet), "KKK Succeeded");
  assert.deepEqual([decision.give, decision.targets, fleet.views], [[], [], []]);
});

test("spec 6.3: hosts that are current are left alone, the others are taken", () => {
  const fleet = rollout("PKP", atMost(1));
  assert.deepEqual(fleet.take(RESUME).give, ["web-1"]);
  fleet.take(succeed(1));
  assert.equal(show(fleet), "SKR");
  fleet.take(succeed(3));
  assert.equal(show(fleet), "SKS Succeeded");
});

test("a failure that leaves too few ends the deployment at once and skips the rest", () => {
  const fleet = rollout("RPP", atMost(1));
  fleet.take(broke(1));
  assert.equal(show(fleet), "FKK Failed HEALTH_CONSTRAINTS");
  assert.equal(
    fleet.state.error?.message,
    "1 of 3 hosts failed, 2 must stay healthy: web-1 failed BeforeInstall (BeforeInstall broke). " +
      HEALTH_CONSTRAINTS_TEXT,
  );
});

test("trap 23: the last host's failure is tolerated", () => {
  const fleet = rollout("SSR", atMost(1));
  fleet.take(broke(3));
  assert.equal(show(fleet), "SSF Succeeded");
});

test("a minimum that nobody can keep fails before any host is touched", () => {
  const fleet = rollout("PP", () => fail("2 of 2 must stay", "HEALTH_CONSTRAINTS_INVALID"));
  const decision = fleet.take(RESUME);
  assert.deepEqual(decision.give, []);
  assert.equal(show(fleet), "KK Failed HEALTH_CONSTRAINTS_INVALID");
});

test("after a failure hosts in flight finish, nobody starts, and the end comes once", () => {
  const fleet = rollout("PPPPP", twoThenFail);
  fleet.take(RESUME);
  assert.equal(show(fleet), "RRPPP");
  fleet.take(broke(2));
  assert.equal(show(fleet), "RFKKK");
  assert.equal(fleet.state.error?.code, "HEALTH_CONSTRAINTS");
  const asked = fleet.views.length;
  assert.deepEqual(fleet.take(RESUME), NOTHING);
  fleet.take({ kind: "report", host: "web-1", command: "d-1/web-1", report: { kind: "taken" } });
  assert.equal(show(fleet), "RFKKK");
  assert.equal(fleet.take(succeed(1)).status, "Failed");
  assert.equal(show(fleet), "SFKKK Failed HEALTH_CONSTRAINTS");
  assert.equal(fleet.views.length, asked, "the strategy is not asked once it has given up");
  for (const input of [RESUME, TICK, STOP, succeed(1), broke(1)]) {
    assert.deepEqual(fleet.take(input, 10 * HOUR), NOTHING);
  }
});

test("the cause stays that of the failure that decided", () => {
  const fleet = rollout("RRR", firstFailure);
  fleet.take(broke(2));
  const { error } = fleet.state;
  fleet.take(broke(1));
  fleet.take(broke(3));
  assert.equal(show(fleet), "FFF Failed HEALTH_CONSTRAINTS");
  assert.equal(fleet.state.error, error);
});

test("a stop before anybody has started ends the deployment at once", () => {
  const fleet = rollout("PPP", atMost(1));
  const decision = fleet.take({ kind: "stop", rollback: true }, 7_000);
  assert.deepEqual(decision.stop, { at: 7_000, rollback: true });
  assert.deepEqual(decision.cancel, []);
  assert.equal(show(fleet), "KKK Stopped MANUAL_STOP");
});

test("a stop skips who waits, asks who runs to end, and ends with the last of them", () => {
  const fleet = rollout("SRRPP", atMost(2));
  assert.deepEqual(fleet.take(STOP).cancel, ["web-2", "web-3"]);
  assert.equal(show(fleet), "SRRKK");
  fleet.take(succeed(2));
  assert.equal(show(fleet), "SSRKK");
  fleet.take(completion("web-3", "SSS"));
  assert.equal(show(fleet), "SSFKK Stopped MANUAL_STOP");
});

test("a second stop changes nothing, not even whether to roll back", () => {
  const fleet = rollout("RPP", atMost(1));
  fleet.take(STOP, 1_000);
  assert.deepEqual(fleet.take({ kind: "stop", rollback: true }, 2_000).targets, []);
  assert.deepEqual(fleet.state.stop, { at: 1_000, rollback: false });
});

test("a stop while a failed rollout ends makes it Stopped", () => {
  const fleet = rollout("RRPP", twoThenFail);
  fleet.take(broke(1));
  assert.deepEqual(fleet.take(STOP).cancel, ["web-2"]);
  fleet.take(succeed(2));
  assert.equal(show(fleet), "FSKK Stopped MANUAL_STOP");
});

test("a stop when the last host has succeeded comes too late", () => {
  const fleet = rollout("SR", atMost(1));
  fleet.take(succeed(2));
  assert.equal(fleet.take(STOP).stop, undefined);
  assert.equal(show(fleet), "SS Succeeded");
});

test("a stopped rollout whose last host goes silent ends by the clock", () => {
  const fleet = rollout("RP", atMost(1));
  fleet.take(STOP);
  fleet.take(TICK, HOUR);
  assert.equal(show(fleet), "FK Stopped MANUAL_STOP");
});

test("a tick fails who is overdue, at the millisecond, and goes on with the next host", () => {
  const fleet = rollout("PPPP", atMost(2));
  fleet.take(RESUME, 1_000);
  const picked: Input = {
    kind: "report",
    command: "d-1/web-1",
    host: "web-1",
    report: { kind: "progress", events: reported("R") },
  };
  fleet.take(picked, 2_000);
  assert.deepEqual(fleet.take(TICK, 1_000 + FIVE_MINUTES - 1).targets, []);
  fleet.take(TICK, 1_000 + FIVE_MINUTES);
  assert.equal(show(fleet), "RFPP", "the slot of a failed host is not given away");
  assert.deepEqual(fleet.take(TICK, 2_000 + HOUR - 1).targets, []);
  fleet.take(TICK, 2_000 + HOUR);
  assert.equal(show(fleet), "FFKK Failed HEALTH_CONSTRAINTS");
});

test("a tick that settles a host whose end was lost goes on with the next one", () => {
  const fleet = rollout("RP", atMost(1));
  const report = { kind: "progress", events: reported("SSSSSSS") } as const;
  const all: Input = { kind: "report", host: "web-1", command: "d-1/web-1", report };
  fleet.take(all, 1_000);
  assert.equal(show(fleet), "RP");
  assert.deepEqual(fleet.take(TICK, 1_000 + FIVE_MINUTES).give, ["web-2"]);
  assert.equal(show(fleet), "SR");
});

test("a report that is repeated, late, or of a stranger changes nothing", () => {
  const fleet = rollout("RPP", atMost(1));
  fleet.take(succeed(1));
  const asked = fleet.views.length;
  for (const input of [succeed(1), broke(1), completion("web-1", "SS"), succeed(9), succeed(3)]) {
    assert.deepEqual(fleet.take(input), NOTHING);
  }
  assert.equal(show(fleet), "SRP");
  assert.equal(fleet.views.length, asked);
});

test("a failed ApplicationStop is passed over when the deployment says so", () => {
  for (const [ignoreApplicationStopFailures, after] of [[true, "SR"], [false, "FK"]] as const) {
    const fleet = rollout("PP", atMost(1), { ignoreApplicationStopFailures });
    fleet.take(RESUME);
    fleet.take(completion("web-1", "FSSSSSS"));
    assert.equal(show(fleet).split(" ")[0], after);
  }
});

test("a restart goes on where the hosts are: nobody gets a second order", () => {
  const fleet = rollout("SRPP", atMost(2));
  fleet.reload();
  assert.deepEqual(fleet.take(RESUME).give, ["web-3"]);
  fleet.reload();
  assert.deepEqual(fleet.take(RESUME).give, []);
  assert.equal(show(fleet), "SRRP");
});

test("a restart of a stopped or failing rollout starts nobody and ends it in time", () => {
  const stopped = rollout("RP", atMost(1));
  stopped.take(STOP);
  stopped.reload();
  assert.deepEqual(stopped.take(RESUME).give, []);
  stopped.take(completion("web-1", "SS"));
  assert.equal(show(stopped), "FK Stopped MANUAL_STOP");
  const failing = rollout("RRPP", twoThenFail);
  failing.take(broke(1));
  failing.reload();
  failing.take(RESUME);
  failing.take(succeed(2));
  assert.equal(show(failing), "FSKK Failed HEALTH_CONSTRAINTS");
});

const missteps: [
  what: string,
  hosts: string,
  Parameters<typeof rollout>[1],
  after: string,
  RegExp,
][] = [
  ["waits for nobody", "PP", wait, "KK", /the strategy waits although no host is running/],
  ["waits at the end", "SS", wait, "SS", /the strategy waits although no host is running/],
  ["starts no host", "PP", () => start(0), "KK", /the strategy starts nobody/],
  ["starts less than none", "PP", () => start(-1), "KK", /the strategy starts nobody/],
  ["starts what is no number", "PP", () => start(NaN), "KK", /the strategy starts nobody/],
  ["starts when nobody is left", "SS", () => start(1), "SS", /the strategy starts nobody/],
  ["is done too early", "SP", done, "SK", /the strategy is done although 1 host/],
];
for (const [what, hosts, next, after, message] of missteps) {
  test(`a strategy that ${what} fails its deployment instead of leaving it hanging`, () => {
    const fleet = rollout(hosts, next);
    fleet.take(RESUME);
    assert.equal(show(fleet), `${after} Failed HEALTH_CONSTRAINTS`);
    assert.match(fleet.state.error?.message ?? "", message);
  });
}

test("a strategy that is done while a host runs lets that host finish", () => {
  const fleet = rollout("RP", done);
  fleet.take(RESUME);
  assert.equal(show(fleet), "RK");
  fleet.take(succeed(1));
  assert.equal(show(fleet), "SK Failed HEALTH_CONSTRAINTS");
});

test("a strategy may start nobody while a host runs", () => {
  const fleet = rollout("RP", (fleet) => start(fleet.running > 0 ? 0 : 1));
  assert.deepEqual(fleet.take(RESUME).targets, []);
  assert.deepEqual(fleet.take(succeed(1)).give, ["web-2"]);
});
