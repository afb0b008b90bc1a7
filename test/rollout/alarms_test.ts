import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Cause } from "../../core/domain/cause.ts";
import { AlarmConfiguration } from "../../core/domain/deployment_group.ts";
import type { AlarmReading } from "../../core/plugin/contract.ts";
import {
  ALARM_ACTIVE_TEXT,
  judgeAlarms,
  type Watched,
  watchedAlarms,
} from "../../core/rollout/alarms.ts";

const STATE = { o: "OK", a: "ALARM", u: "UNKNOWN" } as const;

/** `a:o b:u c:` are alarms a, b and c, of which a is OK, b UNKNOWN and c was not read. */
function readings(text: string): Map<string, AlarmReading> {
  const map = new Map<string, AlarmReading>();
  for (const one of text.split(" ").filter(Boolean)) {
    const [name = "", letter] = one.split(":");
    const state = letter === "o" || letter === "a" || letter === "u" ? STATE[letter] : undefined;
    if (state) map.set(name, { state, reason: `${name} says ${state}.` });
  }
  return map;
}

function watched(text: string, config: Partial<AlarmConfiguration> = {}): Watched {
  const names = text.split(" ").filter(Boolean).map((one) => ({ name: one.split(":")[0] }));
  return { alarms: AlarmConfiguration.parse({ enabled: true, alarms: names, ...config }) };
}

const AWS =
  "One or more alarms have been activated according to the Amazon CloudWatch metrics you " +
  "selected, and the affected deployments have been stopped. Activated alarms:";
const HINT = "With ignorePollAlarmFailure a deployment goes on without alarms that cannot be read.";

const table: [
  what: string,
  alarms: string,
  config: Partial<AlarmConfiguration>,
  message: string | undefined,
][] = [
  ["all are OK", "a:o b:o", {}, undefined],
  ["one is active", "a:o b:a", {}, `the alarm b is active: b says ALARM. ${AWS} <b>`],
  [
    "two are active",
    "a:a b:a c:o",
    {},
    `2 alarms are active: a (a says ALARM), b (b says ALARM). ${AWS} <a> <b>`,
  ],
  [
    "one cannot be read",
    "a:u b:o",
    {},
    `the alarm a could not be read: a says UNKNOWN. ${HINT}`,
  ],
  [
    "one cannot be read, which is to be ignored",
    "a:u",
    { ignorePollAlarmFailure: true },
    undefined,
  ],
  [
    "one is active, another is to be ignored",
    "a:u b:a",
    { ignorePollAlarmFailure: true },
    `the alarm b is active: b says ALARM. ${AWS} <b>`,
  ],
  [
    "one is active and one cannot be read",
    "a:u b:a",
    {},
    `the alarm b is active: b says ALARM; the alarm a could not be read: a says UNKNOWN. ${HINT} ` +
    `${AWS} <b>`,
  ],
  [
    "one is not set up",
    "a:",
    {},
    "the alarm a could not be read: no alarm of this name is set up here; set it up: runtime alarm " +
    `add a. ${HINT}`,
  ],
  ["they are disabled", "a:a b:u", { enabled: false }, undefined],
];
for (const [what, text, config, message] of table) {
  test(`the alarms of a deployment: ${what}`, () => {
    const verdict = judgeAlarms(watched(text, config), readings(text));
    if (message === undefined) return assert.deepEqual(verdict, { kind: "go" });
    assert.ok(verdict.kind === "stop");
    assert.deepEqual(verdict.error, { code: "ALARM_ACTIVE", message });
    assert.deepEqual(Cause.parse(verdict.cause), verdict.cause);
  });
}

test("a deployment without alarms has none to read", () => {
  assert.deepEqual(watchedAlarms({}), []);
  assert.deepEqual(judgeAlarms({}, new Map()), { kind: "go" });
});

test("a rollback is not held up by the alarm that it takes back", () => {
  const request = { ...watched("a:a"), rollbackOf: "d-000000001" };
  assert.deepEqual(watchedAlarms(request), []);
  assert.deepEqual(judgeAlarms(request, readings("a:a")), { kind: "go" });
});

test("the alarms that are read are those that are enabled, each once", () => {
  assert.deepEqual(watchedAlarms(watched("b: a: b:")), ["b", "a"]);
  assert.deepEqual(watchedAlarms(watched("a:", { enabled: false })), []);
});

test("the cause has a leaf for each alarm, with what it said", () => {
  const verdict = judgeAlarms(watched("a:u b:a c:o"), readings("a:u b:a c:o"));
  assert.ok(verdict.kind === "stop");
  assert.deepEqual(verdict.cause.because, [
    { kind: "alarm", text: "b is active", evidence: ["b says ALARM."] },
    { kind: "alarm", text: "a could not be read", evidence: ["a says UNKNOWN."] },
  ]);
});

// Letters: o OK, a ALARM, u UNKNOWN, - not read.
const states = fc.string({ unit: fc.constantFrom("o", "a", "u", "-"), maxLength: 10 });

test("it stops for an active alarm always, for an unreadable one unless ignored, else never", () => {
  fc.assert(fc.property(states, fc.boolean(), (letters, ignorePollAlarmFailure) => {
    const text = [...letters].map((letter, index) => `n${index}:${letter}`).join(" ");
    const request = watched(text, { ignorePollAlarmFailure });
    const verdict = judgeAlarms(request, readings(text));
    const stops = letters.includes("a") || (!ignorePollAlarmFailure && /[u-]/.test(letters));
    assert.equal(verdict.kind, stops ? "stop" : "go");
    if (verdict.kind === "go") return;
    const { message } = verdict.error;
    const names = [...letters].flatMap((letter, index) => letter === "a" ? [`<n${index}>`] : []);
    const end = names.length > 0 ? `${ALARM_ACTIVE_TEXT} ${names.join(" ")}` : HINT;
    assert.ok(message.endsWith(end), message);
  }));
});
