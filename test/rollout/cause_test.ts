import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Cause } from "../../core/domain/cause.ts";
import { DeploymentErrorCode } from "../../core/domain/deployment.ts";
import { AGENT_SILENT_MESSAGE, type Diagnostics } from "../../core/domain/lifecycle_event.ts";
import { AT_THE_START, type Progress } from "../../core/domain/progress.ts";
import type { Target } from "../../core/domain/target.ts";
import { CAUSE_BYTES_MAX, causeOf, type Ended } from "../../core/rollout/cause.ts";
import { failureOf } from "../../core/rollout/failure_cause.ts";
import { HOST_CLOCKS } from "../../core/rollout/host_clock.ts";
import { withoutAnswer } from "../../core/rollout/host_report.ts";
import { target } from "./letters.ts";

const NOON = Date.UTC(2026, 10, 25, 12, 0, 0);
const RULE = "1 of 3 hosts failed, 3 must stay healthy";

/** A tree as a person would draw it: two spaces a level, lines behind a bar. */
function draw({ kind, text, evidence = [], because = [] }: Cause, indent = ""): string[] {
  return [
    `${indent}${kind}: ${text}`,
    ...evidence.map((line) => `${indent}  | ${line}`),
    ...because.flatMap((one) => draw(one, `${indent}  `)),
  ];
}

/** A host whose last event by letters failed, a minute and two seconds after noon. */
function broken(id: string, letters: string, diagnostics: Partial<Diagnostics> = {}): Target {
  const failed = target(id, "Failed", letters);
  const at = letters.lastIndexOf("F");
  const events = failed.events.map((event, index) => {
    if (index !== at || !event.diagnostics) return event;
    const said = { ...event.diagnostics, ...diagnostics };
    return { ...event, startTime: NOON + 60_000, endTime: NOON + 62_100, diagnostics: said };
  });
  return { ...failed, events };
}

const SCRIPT: Partial<Diagnostics> = {
  script_name: "scripts/start.sh",
  message: "Script at specified location: scripts/start.sh failed with exit code 7",
  log: "LifecycleEvent - ApplicationStart\nScript - scripts/start.sh\n[stdout]going up\n" +
    "[stderr]port 80 is taken\n",
};

function silent(id: string, letters: string): Target {
  const running: Target = { ...target(id, "InProgress", letters), lastUpdated: NOON };
  const command = { id: `d-1/${id}`, nonce: 1, givenAt: NOON };
  const taken = letters === "" ? command : { ...command, takenAt: NOON + 1_000 };
  const now = NOON + HOST_CLOCKS.notStarted;
  const context = { now, stopped: false, ignoreStopFailures: false };
  return withoutAnswer({ ...running, command: taken }, AGENT_SILENT_MESSAGE, context);
}

function failed(targets: readonly Target[], changes: Partial<Ended["deployment"]> = {}): Ended {
  const code = "HEALTH_CONSTRAINTS";
  const error = failureOf({ code, message: RULE }, targets);
  return { deployment: { status: "Failed", error, startTime: NOON, ...changes }, targets };
}

const stop = { at: NOON + 42_000, rollback: false };
const ANALYSIS: NonNullable<Progress["hold"]> = {
  key: "canary",
  hold: {
    kind: "analysis",
    rules: {
      name: "errors",
      count: 3,
      interval: 30_000,
      max: 0.05,
      failureLimit: 0,
      inconclusiveLimit: 0,
    },
  },
  since: NOON,
  measurements: [{ at: NOON + 30_000, value: 0.31, evidence: "rate(errors) = 0.31" }],
};
const table: [what: string, ended: Ended, expected: string[]][] = [
  [
    "a script that failed: rule, host, event, script, lines",
    failed([target("web-1", "Succeeded", "SSSSSSS"), broken("web-2", "SSSSSFK", SCRIPT)]),
    [
      `rule: ${RULE}`,
      "  host: web-2 failed ApplicationStart",
      "    event: ApplicationStart failed after 2.1 s: exit code 7",
      "      script: Script at specified location: scripts/start.sh failed with exit code 7",
      "        | going up",
      "        | port 80 is taken",
    ],
  ],
  [
    "hosts that failed alike are one, and come before a single one",
    failed([
      broken("web-1", "SF", { error_code: 5, script_name: "", message: "no space\nleft" }),
      ...[2, 3, 4].map((n) => broken(`web-${n}`, "SSSSSFK", SCRIPT)),
    ]),
    [
      `rule: ${RULE}`,
      "  host: ApplicationStart failed on 3 hosts: web-2, web-3, web-4",
      "    event: ApplicationStart failed on web-2 after 2.1 s: exit code 7",
      "      script: Script at specified location: scripts/start.sh failed with exit code 7",
      "        | going up",
      "        | port 80 is taken",
      "  host: web-1 failed DownloadBundle",
      "    event: DownloadBundle failed after 2.1 s",
      "      | no space",
      "      | left",
    ],
  ],
  [
    "an agent that never took its order",
    failed([silent("web-1", "")]),
    [
      `rule: ${RULE}`,
      "  host: web-1 failed ApplicationStop",
      "    event: ApplicationStop failed",
      "      clock: its agent never answered the order, given at 2026-11-25 12:00:00 UTC",
      `        | ${AGENT_SILENT_MESSAGE}`,
    ],
  ],
  [
    "an agent that went silent",
    failed([silent("web-1", "SS")]),
    [
      `rule: ${RULE}`,
      "  host: web-1 failed BeforeInstall",
      "    event: BeforeInstall failed",
      "      clock: its agent was last heard of at 2026-11-25 12:00:01 UTC",
      `        | ${AGENT_SILENT_MESSAGE}`,
    ],
  ],
  [
    "a host whose state nobody can tell",
    failed([{ ...target("web-1", "Unknown"), events: [] }]),
    [`rule: ${RULE}`, "  host: web-1 is in a state that nobody can tell"],
  ],
  [
    "hosts that said no more than that they failed",
    failed(["web-1", "web-2"].map((id) => target(id, "Failed", "SSSSSSS"))),
    [`rule: ${RULE}`, "  host: 2 hosts failed without a failed event: web-1, web-2"],
  ],
  [
    "a person's stop, with what had failed by then",
    failed([broken("web-1", "FKKKKKK", { script_name: "", message: "" })], {
      status: "Stopped",
      error: { code: "MANUAL_STOP", message: "The deployment was stopped by a request." },
      stop,
    }),
    [
      "person: The deployment was stopped by a request, 42 s after its start",
      "  host: web-1 failed ApplicationStop",
      "    event: ApplicationStop failed after 2.1 s: failed",
    ],
  ],
  [
    "a stop before the start",
    {
      deployment: {
        status: "Stopped",
        error: { code: "MANUAL_STOP", message: "Stopped, before it began." },
        stop,
      },
      targets: [],
    },
    ["person: Stopped, before it began"],
  ],
  [
    "a deployment that found no hosts",
    failed([], { error: { code: "NO_INSTANCES", message: "No registered instance matches." } }),
    ["deployment: No registered instance matches"],
  ],
  [
    "an alarm with its readings, as they were kept with the stop",
    failed([], {
      status: "Stopped",
      error: { code: "ALARM_ACTIVE", message: "x" },
      stop: {
        ...stop,
        cause: {
          kind: "alarm",
          text: "the alarm errors is active",
          because: [{ kind: "alarm", text: "errors is active", evidence: ["0.31, limit 0.05"] }],
        },
      },
    }),
    ["alarm: the alarm errors is active", "  alarm: errors is active", "    | 0.31, limit 0.05"],
  ],
  [
    "an analysis with its measurements",
    failed([], {
      error: { code: "CUSTOMER_APPLICATION_UNHEALTHY", message: "errors was 0.31." },
      progress: { ...AT_THE_START, hold: ANALYSIS },
    }),
    [
      "analysis: errors was 0.31, at most 0.05 is allowed: 1 of 1 measurement failed, 0 are borne",
      "  measurement: 2026-11-25T12:00:30.000Z: 0.31, at most 0.05 is allowed",
      "    | rate(errors) = 0.31",
    ],
  ],
];
for (const [what, ended, expected] of table) {
  test(`the cause of ${what}`, () => {
    const cause = causeOf(ended);
    assert.ok(cause);
    assert.deepEqual(draw(cause), expected);
  });
}

test("of many causes ten are told, and the hosts of the others are counted", () => {
  const targets = Array.from(
    { length: 14 },
    (_, n) => broken(`web-${n}`, "F", { message: `${n}` }),
  );
  const because = causeOf(failed(targets))?.because ?? [];
  assert.equal(because.length, 11);
  assert.equal(because.at(-1)?.text, "4 hosts more failed in other ways");
});

test("of many hosts that failed alike ten are named", () => {
  const targets = Array.from({ length: 12 }, (_, n) => broken(`web-${n}`, "F"));
  assert.match(causeOf(failed(targets))?.because?.[0]?.text ?? "", /12 hosts: .*web-9 and 2 more$/);
});

test("a deployment that runs or succeeded has no cause", () => {
  for (const status of ["Created", "InProgress", "Succeeded", "Ready"] as const) {
    assert.equal(causeOf(failed([], { status })), undefined);
  }
});

const anyHost = fc.record({
  id: fc.string({ unit: fc.constantFrom("w", "-", "1"), minLength: 1, maxLength: 1011 }),
  status: fc.constantFrom("Failed", "Unknown", "Succeeded", "Skipped", "Pending"),
  letters: fc.constantFrom("", "F", "SF", "FSSSF", "SSSSSSS"),
  message: fc.string({ unit: fc.constantFrom("a", "\n", "\u0001", "💥"), maxLength: 900 }),
  script: fc.constantFrom("", "scripts/start.sh"),
  log: fc.array(fc.string({ unit: fc.constantFrom("x", "\u0000", "é"), maxLength: 900 }), {
    maxLength: 40,
  }),
});
const anyEnd = fc.record({
  status: fc.constantFrom("Failed", "Stopped"),
  code: fc.option(fc.constantFrom(...DeploymentErrorCode.options), { nil: undefined }),
  message: fc.string({ maxLength: 5_000 }),
  stop: fc.option(fc.constant(stop), { nil: undefined }),
  startTime: fc.option(fc.constant(NOON), { nil: undefined }),
  hosts: fc.array(anyHost, { maxLength: 25 }),
});

test("whatever failed or was stopped has a cause; it says something at every leaf, and fits", () => {
  fc.assert(
    fc.property(anyEnd, ({ status, code, message, stop, startTime, hosts }) => {
      const targets = hosts.map(({ id, status, letters, message, script, log }): Target => {
        const said = { message, script_name: script, log: log.join("\n") };
        return { ...broken(id, letters, said), status };
      });
      const error = code && { code, message };
      const cause = causeOf({ deployment: { status, error, stop, startTime }, targets });
      assert.ok(cause);
      assert.deepEqual(Cause.parse(JSON.parse(JSON.stringify(cause))), cause);
      assert.ok(new TextEncoder().encode(JSON.stringify(cause)).length <= CAUSE_BYTES_MAX);
      for (const { text, isLeaf } of nodes(cause)) {
        assert.notEqual(text.trim(), "", `${isLeaf ? "a leaf" : "a node"} without words`);
      }
    }),
    { numRuns: 300 },
  );
});

function nodes({ text, because = [] }: Cause): { text: string; isLeaf: boolean }[] {
  return [{ text, isLeaf: because.length === 0 }, ...because.flatMap(nodes)];
}
