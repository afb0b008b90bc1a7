import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Measurement } from "../../core/domain/measurement.ts";
import type { AnalysisRules } from "../../core/plugin/contract.ts";
import {
  failedMeasurementAt,
  judgeAnalysis,
  measurementAt,
  rulesFault,
} from "../../core/rollout/analysis.ts";

const RULES: AnalysisRules = {
  name: "error-rate",
  count: 3,
  interval: 60_000,
  max: 0.05,
  failureLimit: 0,
  inconclusiveLimit: 1,
};
const SINCE = 1_000_000;

/** Numbers parted by spaces, each a minute behind the one before; `-` is a measurement without one. */
function taken(values: string): Measurement[] {
  return values.split(" ").filter(Boolean).map((text, index) => {
    const at = SINCE + (index + 1) * 60_000;
    return text === "-"
      ? { at, evidence: "nothing came back" }
      : { at, value: Number(text), evidence: `errors is ${text}` };
  });
}

/** Without a `now` it is asked as the last measurement has been taken. */
function judged(rules: AnalysisRules, values: string, now?: number) {
  const measurements = taken(values);
  const course = { rules, since: SINCE, measurements };
  const { verdicts, next } = judgeAnalysis(course, now ?? measurements.at(-1)?.at ?? SINCE);
  const step = next.kind === "failed"
    ? `failed: ${next.text}`
    : next.kind === "measure"
    ? `measure in ${(next.at - SINCE) / 1_000} s`
    : next.kind;
  return { verdicts: verdicts.map((verdict) => verdict.charAt(0)).join(""), step };
}

const table: [
  what: string,
  rules: Partial<AnalysisRules>,
  values: string,
  verdicts: string,
  step: string,
][] = [
  ["the first is due an interval after its beginning", {}, "", "", "measure in 60 s"],
  ["a good one is not enough", {}, "0.01", "p", "measure in 120 s"],
  ["all of them were good", {}, "0.01 0 0.05", "ppp", "passed"],
  ["the limits are allowed themselves", { count: 2, min: 0, max: 1 }, "0 1", "pp", "passed"],
  [
    "one too high, none is borne",
    {},
    "0.01 0.31",
    "pf",
    "failed: error-rate was 0.31, at most 0.05 is allowed: 1 of 2 measurements failed, 0 are borne",
  ],
  [
    "the first is too high",
    {},
    "0.31",
    "f",
    "failed: error-rate was 0.31, at most 0.05 is allowed: 1 of 1 measurement failed, 0 are borne",
  ],
  [
    "one too low",
    { max: 100, min: 99.5 },
    "99.49",
    "f",
    "failed: error-rate was 99.49, at least 99.5 is needed: 1 of 1 measurement failed, 0 are borne",
  ],
  ["a failed one is borne", { failureLimit: 1 }, "0.31 0.01", "fp", "measure in 180 s"],
  ["a borne failure counts as taken", { failureLimit: 1 }, "0.31 0.01 0.01", "fpp", "passed"],
  [
    "one failed more than is borne",
    { failureLimit: 1 },
    "0.31 0.01 0.2",
    "fpf",
    "failed: error-rate was 0.2, at most 0.05 is allowed: 2 of 3 measurements failed, 1 is borne",
  ],
  ["one without a value is taken again", {}, "- 0.01 0.01", "ipp", "measure in 240 s"],
  ["passed in spite of one without a value", {}, "0 - 0 0", "pipp", "passed"],
  [
    "more without a value than are borne",
    {},
    "0.01 - -",
    "pii",
    "failed: error-rate had no value: 2 of 3 measurements gave none, 1 is borne; the last one: " +
    "nothing came back",
  ],
  [
    "no number is a value",
    { inconclusiveLimit: 2, max: Infinity, min: 0 },
    "NaN Infinity -Infinity",
    "iii",
    "failed: error-rate had no value: 3 of 3 measurements gave none, 2 are borne; the last one: " +
    "errors is -Infinity",
  ],
  ["what comes behind the end changes nothing", {}, "0 0 0 9", "pppf", "passed"],
  [
    "more digits where four would hide the difference",
    {},
    "0.0500001234",
    "f",
    "failed: error-rate was 0.0500001, at most 0.05 is allowed: 1 of 1 measurement failed, " +
    "0 are borne",
  ],
  [
    "four digits otherwise",
    { count: 1 },
    "0.123456789",
    "f",
    "failed: error-rate was 0.1235, " +
    "at most 0.05 is allowed: 1 of 1 measurement failed, 0 are borne",
  ],
];
for (const [what, rules, values, verdicts, step] of table) {
  test(`an analysis: ${what}`, () => {
    assert.deepEqual(judged({ ...RULES, ...rules }, values), { verdicts, step });
  });
}

const { max: _none, ...LIMITLESS } = RULES;
const faults: [what: string, rules: AnalysisRules, fault: RegExp | undefined][] = [
  ["whole", RULES, undefined],
  ["no interval", { ...RULES, interval: 0 }, undefined],
  ["min and max alike", { ...RULES, min: 0.05 }, undefined],
  ["neither limit", LIMITLESS, /neither min nor max is given/],
  ["a limit of NaN, below which and above which nothing is", { ...RULES, max: NaN }, /no number/],
  ["limits that leave nothing", { ...RULES, min: 1 }, /min is 1, above max, which is 0.05/],
  ["no measurement", { ...RULES, count: 0 }, /count is 0/],
  ["half a measurement", { ...RULES, count: 1.5 }, /count is 1.5/],
  ["more measurements than are kept", { ...RULES, count: 1001 }, /count is 1001, may be 1000/],
  ["more without a value", { ...RULES, inconclusiveLimit: 1e9 }, /inconclusiveLimit is 1000000000/],
  ["an interval without an end", { ...RULES, interval: Infinity }, /interval is Infinity/],
  ["every measurement may fail", { ...RULES, failureLimit: 3 }, /failureLimit is 3, .* is 3/],
  ["as many errors as there are", { ...RULES, inconclusiveLimit: Infinity }, /is Infinity/],
];
for (const [what, rules, fault] of faults) {
  test(`rules of an analysis: ${what}`, () => {
    const { next } = judgeAnalysis({ rules, since: SINCE, measurements: taken("0 0 0") }, SINCE);
    if (!fault) {
      assert.equal(rulesFault(rules), undefined);
      return;
    }
    assert.match(rulesFault(rules) ?? "", fault);
    assert.ok(next.kind === "failed");
    assert.match(next.text, fault);
  });
}

test("a failure names the measurements that led to it, latest first, with their evidence", () => {
  const measurements = taken("0.31 - 0.2");
  const rules = { ...RULES, failureLimit: 1 };
  const { next } = judgeAnalysis({ rules, since: SINCE, measurements }, SINCE);
  assert.ok(next.kind === "failed");
  assert.deepEqual(next.because, [
    {
      kind: "measurement",
      text: "1970-01-01T00:19:40.000Z: 0.2, at most 0.05 is allowed",
      evidence: ["errors is 0.2"],
    },
    {
      kind: "measurement",
      text: "1970-01-01T00:17:40.000Z: 0.31, at most 0.05 is allowed",
      evidence: ["errors is 0.31"],
    },
  ]);
});

test("a clock that was set back lengthens no wait", () => {
  assert.equal(judged(RULES, "0.01", SINCE - 3_600_000).step, "measure in -3540 s");
});

test("after a long absence one measurement is due, not all that were missed", () => {
  const late = judged(RULES, "0.01", SINCE + 3_600_000);
  assert.equal(late.step, "measure in 120 s");
});

test("what is kept survives JSON, and has no number where there was none", () => {
  const kept = [
    measurementAt(1, { value: 0.5, evidence: "q is 0.5" }),
    measurementAt(2, { value: NaN, evidence: "q is NaN" }),
    measurementAt(3, { value: -Infinity, evidence: "q" }),
    measurementAt(4, { value: undefined, evidence: "no series" }),
    failedMeasurementAt(5, "connection refused"),
  ];
  const read = Measurement.array().parse(JSON.parse(JSON.stringify(kept)));
  assert.deepEqual(read, kept);
  assert.deepEqual(read.map(({ value }) => value), [
    0.5,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  assert.match(read[2]?.evidence ?? "", /-Infinity/);
  assert.match(read[4]?.evidence ?? "", /connection refused/);
});

// Letters: a passed, f failed, i none. A counterexample reads "ffi".
const unit = fc.constantFrom("p", "f", "i");
const course = fc.string({ unit, maxLength: 30 });
const anyRules = fc.record({
  count: fc.integer({ min: 1, max: 8 }),
  interval: fc.integer({ min: 0, max: 600_000 }),
  failureLimit: fc.nat({ max: 7 }),
  inconclusiveLimit: fc.nat({ max: 6 }),
}).filter(({ count, failureLimit }) => failureLimit < count)
  .map((rules): AnalysisRules => ({ name: "latency", max: 1, ...rules }));
const value: Record<string, string> = { p: "1", f: "1.5", i: "-" };
const lettered = (letters: string) => taken([...letters].map((letter) => value[letter]).join(" "));
const naive = (letters: string, letter: string) => letters.split(letter).length - 1;

test("it ends as a second, naive reading of the rules ends", () => {
  fc.assert(fc.property(anyRules, course, (rules, letters) => {
    const decided = [...letters].map((_, index) => letters.slice(0, index + 1)).map((so) => {
      if (naive(so, "f") > rules.failureLimit) return "failed";
      if (naive(so, "i") > rules.inconclusiveLimit) return "failed";
      return naive(so, "p") + naive(so, "f") === rules.count ? "passed" : "measure";
    }).find((end) => end !== "measure");
    const { next } = judgeAnalysis({ rules, since: 0, measurements: lettered(letters) }, 0);
    assert.equal(next.kind, decided ?? "measure");
  }));
});

test("it passes with a passed measurement only, and ends within what its rules allow", () => {
  fc.assert(fc.property(anyRules, course, (rules, letters) => {
    const { next } = judgeAnalysis({ rules, since: 0, measurements: lettered(letters) }, 0);
    if (next.kind === "passed") assert.ok(letters.includes("p"));
    if (letters.length > rules.count + rules.inconclusiveLimit) {
      assert.notEqual(next.kind, "measure");
    }
  }));
});

test("an end stays, whatever is measured behind it", () => {
  fc.assert(fc.property(anyRules, course, course, (rules, letters, more) => {
    const { next } = judgeAnalysis({ rules, since: 0, measurements: lettered(letters) }, 0);
    const longer = judgeAnalysis({ rules, since: 0, measurements: lettered(letters + more) }, 0);
    if (next.kind !== "measure") assert.deepEqual(longer.next, next);
  }));
});

test("a number that broke its limit is shown beyond it", () => {
  fc.assert(fc.property(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({
      noNaN: true,
      noDefaultInfinity: true,
    }),
    (limit, measured) => {
      const measurements = [{ at: 0, value: measured, evidence: "" }];
      const rules = { ...RULES, max: limit };
      const { next } = judgeAnalysis({ rules, since: 0, measurements }, 0);
      if (next.kind !== "failed") return assert.ok(measured <= limit);
      const shown = /was (\S+), at most (\S+) is/.exec(next.text);
      assert.ok(Number(shown?.[1]) > Number(shown?.[2]), next.text);
    },
  ));
});

test("of an evidence without an end the beginning is kept", () => {
  const endless = "x".repeat(1_000_000);
  for (const value of [undefined, NaN, 1]) {
    assert.ok(measurementAt(SINCE, { value, evidence: endless }).evidence.length < 1_100);
  }
  assert.ok(failedMeasurementAt(SINCE, endless).evidence.length < 1_100);
});
