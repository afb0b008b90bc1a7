/** What alarms and analyses are made of: numbers, pointers into JSON, placeholders, bounds. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  boundedAlarm,
  boundsFault,
  filledIn,
  HTTP_SERVER,
  jsonAt,
  JsonPointer,
  numberIn,
} from "../../core/plugin/contract.ts";

const numbers: [value: unknown, number: number | undefined][] = [
  [0.5, 0.5],
  [12n, 12],
  ["0", 0],
  [" -1.5e3 ", -1500],
  ["+.5", 0.5],
  ["5.", 5],
  ["+Inf", Infinity],
  ["-Inf", -Infinity],
  ["NaN", NaN],
  ["", undefined],
  ["  ", undefined],
  [null, undefined],
  [undefined, undefined],
];
for (const [value, number] of numbers) {
  test(`numberIn: ${typeof value} ${value} is ${number}`, () => {
    assert.equal(numberIn(value), number);
  });
}

for (const value of ["abc", "0x10", "1,5", "12 ms", "1e", ".", true, {}, [1], "--1"]) {
  test(`numberIn: ${JSON.stringify(value)} is no number`, () => {
    assert.throws(() => numberIn(value), { message: `${JSON.stringify(value)} is no number` });
  });
}

test("numberIn reads back every number that is written out", () => {
  fc.assert(fc.property(fc.double(), (number) => {
    assert.equal(numberIn(`${number}`), Object.is(number, -0) ? 0 : number);
  }));
});

// The document and most answers are those of RFC 6901, section 5.
const DOCUMENT: unknown = JSON.parse(
  `{"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "m~n": 8, "deep": {"list": [{"x": null}]}}`,
);
const pointers: [pointer: string, value: unknown][] = [
  ["", DOCUMENT],
  ["/foo", ["bar", "baz"]],
  ["/foo/0", "bar"],
  ["/", 0],
  ["/a~1b", 1],
  ["/c%d", 2],
  ["/m~0n", 8],
  ["/deep/list/0/x", null],
  ["/foo/2", undefined],
  ["/foo/01", undefined],
  ["/foo/length", undefined],
  ["/foo/0/0", undefined],
  ["/toString", undefined],
  ["/gone/x", undefined],
];
for (const [pointer, value] of pointers) {
  test(`jsonAt: ${JSON.stringify(pointer)}`, () => {
    assert.deepEqual(jsonAt(DOCUMENT, JsonPointer.parse(pointer)), value);
  });
}

test("a pointer begins with a slash, and a tilde in it stands for something", () => {
  for (const text of ["foo", "/a~b", "/a~2", "#/foo"]) {
    assert.equal(JsonPointer.safeParse(text).success, false, text);
  }
});

test("the names of a deployment are filled in, quoted for the language around them", () => {
  const deployment = { id: "d-000000001", application: `sh"op`, group: "web" };
  assert.equal(
    filledIn("{deployment} {application} {group} {other} {group}", deployment),
    `d-000000001 sh"op web {other} web`,
  );
  assert.equal(
    filledIn(`x="{application}"`, deployment, (v) => v.replace('"', '\\"')),
    `x="sh\\"op"`,
  );
});

test("a value that looks like a placeholder is not filled in again", () => {
  const deployment = { id: "d-000000001", application: "{group}", group: "web" };
  assert.equal(filledIn("{application}", deployment), "{group}");
});

const bounded: [
  bounds: { min?: number; max?: number },
  value: number | undefined,
  state: string,
][] = [
  [{ max: 1 }, 1, "OK"],
  [{ max: 1 }, 1.5, "ALARM"],
  [{ min: 1 }, 1, "OK"],
  [{ min: 1 }, 0.5, "ALARM"],
  [{ min: 1, max: 2 }, 3, "ALARM"],
  [{ max: 1 }, undefined, "UNKNOWN"],
  [{ max: 1 }, NaN, "UNKNOWN"],
  [{ min: 1 }, Infinity, "UNKNOWN"],
];
for (const [bounds, value, state] of bounded) {
  test(`an alarm bounded by ${JSON.stringify(bounds)} is ${state} at ${value}`, () => {
    assert.equal(boundedAlarm(bounds, { value, evidence: "it" }).state, state);
  });
}

test("the reason of a bounded alarm has value, limit and evidence", () => {
  const measured = { value: 0.31, evidence: "errors is 0.31" };
  assert.equal(
    boundedAlarm({ max: 0.05 }, measured).reason,
    "0.31, at most 0.05 is allowed: errors is 0.31",
  );
  assert.equal(boundedAlarm({ max: 1 }, measured).reason, "errors is 0.31");
});

test("bounds let something pass, and not everything", () => {
  assert.match(boundsFault({}) ?? "", /neither/);
  assert.match(boundsFault({ min: 2, max: 1 }) ?? "", /above max/);
  assert.equal(boundsFault({ min: 1, max: 1 }), undefined);
});

test("the address of a server is HTTP, and holds no password", () => {
  assert.ok(HTTP_SERVER.url.safeParse("https://metrics.example.com/prometheus").success);
  for (const url of ["ftp://host", "host:9090", "http://me:word@host", "http://me@host"]) {
    assert.equal(HTTP_SERVER.url.safeParse(url).success, false, url);
  }
});
