import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_TARGETS } from "../../core/domain/deployment.ts";
import type { Hold } from "../../core/domain/hold.ts";
import { AT_THE_START, type HoldUnderWay, type Progress } from "../../core/domain/progress.ts";
import { type Awaiting, waitingFor } from "../../core/rollout/waiting_for.ts";
import { request } from "./letters.ts";

const NOON = Date.UTC(2026, 10, 25, 12, 0, 0);
const MINUTE = 60_000;
const RULES = { name: "errors", count: 3, interval: MINUTE, max: 0.05 };
const ANALYSIS: Hold = {
  kind: "analysis",
  rules: { ...RULES, failureLimit: 1, inconclusiveLimit: 3 },
};

const progress = (changes: Partial<Progress>): Partial<Awaiting> => ({
  progress: { ...AT_THE_START, ...changes },
});
const held = (hold: Hold, key: string = hold.kind, values: (number | undefined)[] = []) => {
  const measurements = values.map((value, n) => ({
    at: NOON + n * MINUTE,
    evidence: "read",
    ...(value !== undefined && { value }),
  }));
  const under: HoldUnderWay = { key, hold, since: NOON, measurements };
  return progress({ hold: under });
};
const blueGreen = request({
  blueGreen: {
    deploymentReadyOption: { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 60 },
    terminateBlueInstancesOnDeploymentSuccess: {
      action: "TERMINATE",
      terminationWaitTimeInMinutes: 5,
    },
  },
});
const stop = { at: NOON, rollback: false };

const table: [what: string, Partial<Awaiting>, expected: [text: string, ...next: string[]][]][] = [
  ["has not begun", { status: "Queued" }, []],
  ["only waits for its hosts", progress({}), []],
  ["has ended while it held", { ...held({ kind: "pause" }), status: "Failed" }, []],
  [
    "is paused",
    progress({ paused: { at: NOON, by: "ann", message: "lunch" } }),
    [["is paused by ann since 2026-11-25 12:00:00 UTC: lunch", "runtime resume d-1"]],
  ],
  [
    "bakes",
    held({ kind: "bake", ms: 5 * MINUTE }),
    [[
      "waits 5 minutes before the next hosts, until 2026-11-25 12:05:00 UTC",
      "runtime promote d-1",
    ]],
  ],
  [
    "bakes after its last host",
    { ...held({ kind: "bake", ms: 30_000 }), overview: NO_TARGETS },
    [["waits 30 seconds before its end, until 2026-11-25 12:00:30 UTC", "runtime promote d-1"]],
  ],
  [
    "is held by a pause of its strategy",
    held({ kind: "pause" }),
    [["waits before the next hosts until somebody promotes it", "runtime promote d-1"]],
  ],
  [
    "wants an approval of the canary",
    held({ kind: "approval", ms: 60 * MINUTE, name: "release" }, "4 approval release"),
    [[
      'waits for the approval "release" until 2026-11-25 13:00:00 UTC',
      "runtime approve d-1",
      "runtime reject d-1",
    ]],
  ],
  [
    "has measured nothing yet",
    held(ANALYSIS),
    [["measures errors: 0 of 3 taken", "runtime promote d-1"]],
  ],
  [
    "has measured what failed and what had no value",
    held(ANALYSIS, "analysis", [0.01, 0.2, undefined]),
    [["measures errors: 2 of 3 taken (1 failed, 1 without a value)", "runtime promote d-1"]],
  ],
  [
    "is Ready",
    { ...progress({ readySince: NOON }), status: "Ready", request: blueGreen },
    [[
      "waits to be continued before the traffic moves, until 2026-11-25 13:00:00 UTC",
      "runtime promote d-1",
    ]],
  ],
  [
    "waits to end blue",
    { ...progress({}), terminationWait: { startedAt: NOON }, request: blueGreen },
    [[
      "waits before the original hosts are ended, until 2026-11-25 12:05:00 UTC",
      "runtime promote d-1",
    ]],
  ],
  [
    "waits to end blue no more",
    { ...progress({}), terminationWait: { startedAt: NOON, skippedAt: NOON }, request: blueGreen },
    [],
  ],
  [
    "is being stopped while it is paused",
    { ...progress({ paused: { at: NOON, by: "ann" } }), stop },
    [["is being stopped, and waits for 2 hosts to end"]],
  ],
  [
    "has failed, with hosts under way",
    { ...progress({}), error: { code: "HEALTH_CONSTRAINTS", message: "" } },
    [["has failed, and waits for 2 hosts to end"]],
  ],
];
for (const [what, changes, expected] of table) {
  test(`what a deployment waits for that ${what}`, () => {
    const deployment: Awaiting = {
      id: "d-1",
      status: "InProgress",
      request: request(),
      overview: { ...NO_TARGETS, InProgress: 2, Pending: 1 },
      ...changes,
    };
    const waits = waitingFor(deployment, 1).map(({ text, next }) => [text, ...next]);
    assert.deepEqual(waits, expected);
  });
}

test("what a pause and a hold at once wait for is told of both", () => {
  const hold: HoldUnderWay = {
    ...{ key: "b", since: NOON, measurements: [] },
    hold: { kind: "bake", ms: MINUTE },
  };
  const both = progress({ hold, paused: { at: NOON, by: "ann" } });
  const deployment: Awaiting = {
    ...{ id: "d-1", status: "Baking", request: request(), overview: NO_TARGETS },
    ...both,
  };
  assert.deepEqual(waitingFor(deployment, 60).map(({ text }) => text), [
    "is paused by ann since 2026-11-25 12:00:00 UTC",
    "waits 1 minute before its end, until 2026-11-25 12:00:01 UTC",
  ]);
});
