/** What a report does to a target, in the letters of letters.ts. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TERMINAL_TARGET } from "../../core/domain/target.ts";
import { type HostReport, withReport } from "../../core/rollout/host_report.ts";
import { reported, show, target } from "./letters.ts";

type Flag = "plain" | "ignoring" | "stopped";
const context = (flag: Flag, now = 9_000) => ({
  now,
  stopped: flag === "stopped",
  ignoreStopFailures: flag === "ignoring",
});
const failure = { code: 5, message: "stopped by request" };
const progress = (letters: string): HostReport => ({ kind: "progress", events: reported(letters) });
const completed = (letters: string, ends: "succeeded" | "failed"): HostReport => ({
  kind: "completed",
  succeeded: ends === "succeeded",
  events: reported(letters),
  failure: ends === "succeeded" ? { code: 0, message: "Succeeded" } : failure,
});

const table: [what: string, before: string, HostReport, Flag, after: string][] = [
  ["an event begins", "", progress("R"), "plain", "InProgress RPPPPPP"],
  ["an event ends, the next begins", "R", progress("SR"), "plain", "InProgress SRPPPPP"],
  ["reports were lost between", "R", progress("SSSR"), "plain", "InProgress SSSRPPP"],
  ["an older report comes late", "SSR", progress("SR"), "plain", "InProgress SSRPPPP"],
  ["a failure is not taken back", "SF", progress("SS"), "plain", "InProgress SFPPPPP"],
  [
    "a failing event leaves the end to the run",
    "SR",
    progress("SF"),
    "plain",
    "InProgress SFPPPPP",
  ],

  ["all is well", "SR", completed("SSSSSSS", "succeeded"), "plain", "Succeeded SSSSSSS"],
  [
    "the end has no events, progress told them",
    "SSSSSSS",
    completed("", "succeeded"),
    "plain",
    "Succeeded SSSSSSS",
  ],
  ["an event failed", "SSR", completed("SSF", "failed"), "plain", "Failed SSFKKKK"],
  [
    "the failing event was known already",
    "SSF",
    completed("", "failed"),
    "plain",
    "Failed SSFKKKK",
  ],
  [
    "the run ended while an event ran",
    "SSR",
    completed("SSR", "failed"),
    "plain",
    "Failed SSFKKKK",
  ],
  ["the run ended before anything ran", "", completed("", "failed"), "plain", "Failed FKKKKKK"],
  [
    "success is claimed, an event failed",
    "",
    completed("SFSSSSS", "succeeded"),
    "plain",
    "Failed SFSSSSS",
  ],
  [
    "success is claimed, an event is missing",
    "",
    completed("SSSSSS", "succeeded"),
    "plain",
    "Failed SSSSSSF",
  ],
  [
    "an event before one that ended is missing",
    "PS",
    completed("", "failed"),
    "plain",
    "Failed FSKKKKK",
  ],

  [
    "a failed ApplicationStop is ignored",
    "",
    completed("FSSSSSS", "succeeded"),
    "ignoring",
    "Succeeded FSSSSSS",
  ],
  [
    "it is not ignored unless asked",
    "",
    completed("FSSSSSS", "succeeded"),
    "plain",
    "Failed FSSSSSS",
  ],
  [
    "only ApplicationStop is ignored",
    "",
    completed("SSFKKKK", "failed"),
    "ignoring",
    "Failed SSFKKKK",
  ],
  ["ignored, then another fails", "F", completed("FSSF", "failed"), "ignoring", "Failed FSSFKKK"],
  [
    "ignored, then the agent gives up in an event",
    "F",
    completed("FSR", "failed"),
    "ignoring",
    "Failed FSFKKKK",
  ],

  [
    "trap 26: stopped between two events",
    "SSR",
    completed("SSS", "failed"),
    "stopped",
    "Failed SSFKKKK",
  ],
  [
    "trap 26: stopped while an event runs",
    "SSR",
    completed("SSR", "failed"),
    "stopped",
    "Failed SSFKKKK",
  ],
  [
    "trap 26: the event that was running failed by itself",
    "SSR",
    completed("SSF", "failed"),
    "stopped",
    "Failed SSFKKKK",
  ],
  [
    "trap 26: stopped before anything ran",
    "",
    completed("", "failed"),
    "stopped",
    "Failed FKKKKKK",
  ],
  [
    "trap 26: the last event was running",
    "SSSSSSR",
    completed("SSSSSSS", "succeeded"),
    "stopped",
    "Succeeded SSSSSSS",
  ],
];
for (const [what, before, report, flag, after] of table) {
  test(`a report, ${flag}: ${what}`, () => {
    const host = target("web-1", "InProgress", before);
    assert.equal(show(withReport(host, report, context(flag))), after);
  });
}

test("an event that never ended carries what the agent said of the whole run", () => {
  const host = target("web-1", "InProgress", "SR");
  const ended = withReport(host, completed("SR", "failed"), context("plain"));
  const [, event] = ended.events;
  assert.deepEqual(event, {
    name: "DownloadBundle",
    status: "Failed",
    startTime: 9_000,
    endTime: 9_000,
    diagnostics: { error_code: 5, script_name: "", message: failure.message, log: "" },
  });
});

test("an event that failed itself keeps its own diagnostics", () => {
  const host = target("web-1", "InProgress", "SR");
  const ended = withReport(host, completed("SF", "failed"), context("plain"));
  assert.deepEqual(ended.events[1], reported("SF")[1]);
});

test("a run that claims success and leaves an event out is told what is missing", () => {
  const host = target("web-1", "InProgress", "");
  const ended = withReport(host, completed("SSSSSS", "succeeded"), context("plain"));
  const message = ended.events[6]?.diagnostics?.message;
  assert.equal(message, "The agent ended the run without ValidateService.");
});

test("the event that a stop found running says so, and keeps its times", () => {
  const host = target("web-1", "InProgress", "R");
  const times = { startTime: 1_000, endTime: 2_000 };
  const report: HostReport = {
    kind: "completed",
    succeeded: false,
    events: [{ ...reported("S")[0]!, ...times }],
    failure,
  };
  const [event] = withReport(host, report, context("stopped")).events;
  assert.match(event?.diagnostics?.message ?? "", /stopped while this event was running/);
  assert.deepEqual({ startTime: event?.startTime, endTime: event?.endTime }, times);
});

test("taking the order is noted once, with its time", () => {
  const host = target("web-1", "InProgress");
  const taken = withReport(host, { kind: "taken" }, context("plain", 500));
  assert.deepEqual(taken.command, { ...host.command, takenAt: 500 });
  assert.equal(taken.lastUpdated, 500);
  assert.equal(withReport(taken, { kind: "taken" }, context("plain", 900)), taken);
  const { command: _none, ...without } = host;
  assert.equal(withReport(without, { kind: "taken" }, context("plain")), without);
});

test("a report that says nothing new is the same value, so nothing is written", () => {
  const host = target("web-1", "InProgress", "SSR");
  for (const letters of ["", "S", "SSR", "SR"]) {
    assert.equal(withReport(host, progress(letters), context("plain")), host);
  }
});

test("an event of another flow changes nothing", () => {
  const host = target("web-1", "InProgress", "R");
  const foreign: HostReport = {
    kind: "progress",
    events: [{ name: "BlockTraffic", status: "Succeeded" }],
  };
  assert.equal(withReport(host, foreign, context("plain")), host);
});

test("a host that was not started or has ended hears no report", () => {
  const all: HostReport[] = [
    { kind: "taken" },
    progress("SSR"),
    completed("SSSSSSS", "succeeded"),
    completed("F", "failed"),
  ];
  for (const status of ["Pending", "Ready", ...TERMINAL_TARGET] as const) {
    const host = target("web-1", status, "SF");
    for (const report of all) assert.equal(withReport(host, report, context("plain")), host);
  }
});

const letters = fc.string({ unit: fc.constantFrom("P", "R", "S", "F"), maxLength: 7 });
const anyReport: fc.Arbitrary<HostReport> = fc.oneof(
  fc.constant<HostReport>({ kind: "taken" }),
  letters.map(progress),
  fc.tuple(letters, fc.constantFrom("succeeded" as const, "failed" as const))
    .map(([letters, ends]) => completed(letters, ends)),
);

test("law 3: whatever is reported, in whatever order, events only move forward", () => {
  const rank = { Pending: 0, InProgress: 1, Succeeded: 2, Failed: 2, Skipped: 2, Unknown: 2 };
  const flags = fc.constantFrom<Flag>("plain", "ignoring");
  fc.assert(
    fc.property(flags, fc.array(anyReport, { maxLength: 12 }), (flag, reports) => {
      let host = target("web-1", "InProgress");
      for (const report of reports) {
        const after = withReport(host, report, context(flag));
        if (TERMINAL_TARGET.has(host.status)) assert.equal(after, host);
        for (const [index, { name, status }] of host.events.entries()) {
          const now = after.events[index]!;
          assert.equal(now.name, name);
          if (now.status !== status) assert.ok(rank[now.status] > rank[status], show(after));
        }
        if (after.status === "Succeeded") {
          const passed = flag === "ignoring" ? /^[SF]S{6}$/ : /^S{7}$/;
          assert.match(show(after).replace("Succeeded ", ""), passed);
        }
        if (TERMINAL_TARGET.has(after.status)) assert.doesNotMatch(show(after), /[PR]/);
        host = after;
      }
    }),
    { numRuns: 2000 },
  );
});
