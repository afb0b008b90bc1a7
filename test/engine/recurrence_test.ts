/** When a cron expression comes next, by the clocks on the wall of a time zone. @module */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkRecurrence, nextTime } from "../../core/engine/recurrence.ts";
import { readingAt, timeOf, wallTimeAndUtc } from "../../core/engine/wall_clock.ts";
import { refused } from "./fleet.ts";

const BERLIN = "Europe/Berlin";
const NOW = Date.UTC(2026, 10, 28);

// Berlin's clocks go back at 01:00 UTC on 25 October 2026, and forward at 01:00 UTC on 28 March 2027.
const table: [rule: string, cron: string, zone: string, after: string, next: string | undefined][] =
  [
    ["every Monday at three", "0 3 * * 1", BERLIN, "2026-11-28T12:00", "2026-11-30T02:00"],
    [
      "a time is after, not at, what is asked",
      "0 3 * * *",
      "UTC",
      "2026-11-28T03:00",
      "2026-11-29T03:00",
    ],
    [
      "six fields have seconds",
      "*/10 * * * * *",
      "UTC",
      "2026-11-28T00:00:05",
      "2026-11-28T00:00:10",
    ],
    [
      "three o'clock comes once in autumn",
      "0 3 * * *",
      BERLIN,
      "2026-10-24T12:00",
      "2026-10-25T02:00",
    ],
    [
      "what autumn has twice comes at its first time",
      "30 2 * * *",
      BERLIN,
      "2026-10-24T12:00",
      "2026-10-25T00:30",
    ],
    ["and not at its second", "30 2 * * *", BERLIN, "2026-10-25T00:30", "2026-10-26T01:30"],
    [
      "nor when asked between the two",
      "30 2 * * *",
      BERLIN,
      "2026-10-25T01:15",
      "2026-10-26T01:30",
    ],
    [
      "what spring leaves out comes at the change",
      "30 2 * * *",
      BERLIN,
      "2027-03-27T12:00",
      "2027-03-28T01:00",
    ],
    ["and not again", "30 2 * * *", BERLIN, "2027-03-28T01:00", "2027-03-29T00:30"],
    ["the day of a leap year", "0 0 29 2 *", "UTC", "2026-11-28T00:00", "2028-02-29T00:00"],
    [
      "half an hour of difference",
      "0 9 * * *",
      "Asia/Kolkata",
      "2026-11-28T12:00",
      "2026-11-29T03:30",
    ],
    ["a day that no month has", "0 0 31 2 *", "UTC", "2026-11-28T00:00", undefined],
  ];
for (const [rule, cron, timeZone, after, next] of table) {
  test(`next time: ${rule}`, () => {
    const time = nextTime({ cron, timeZone }, Date.parse(`${after}Z`));
    const wanted = next === undefined ? undefined : Date.parse(`${next}Z`);
    assert.equal(time && new Date(time).toISOString(), wanted && new Date(wanted).toISOString());
  });
}

const ANY_TIME = fc.integer({
  min: Date.UTC(2026, 9, 1) / 1000,
  max: Date.UTC(2027, 4, 1) / 1000,
}).map((seconds) => seconds * 1000);
const ZONES = fc.constantFrom(
  BERLIN,
  "UTC",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kolkata",
);

test("a clock's reading is turned back into a time that shows it, the first of two", () => {
  fc.assert(fc.property(ANY_TIME, ZONES, (at, zone) => {
    const first = timeOf(readingAt(at, zone), zone);
    assert.ok(first <= at);
    assert.equal(readingAt(first, zone), readingAt(at, zone));
  }));
});

test("asking from any time before the next one answers the same next one", () => {
  const crons = fc.constantFrom("30 2 * * *", "0 3 * * *", "*/20 * * * *", "15 1,2 * * 0");
  fc.assert(fc.property(ANY_TIME, ZONES, crons, fc.double({ min: 0, max: 1, noNaN: true }), (
    after,
    timeZone,
    cron,
    part,
  ) => {
    const next = nextTime({ cron, timeZone }, after) ?? 0;
    const between = Math.floor(after + (next - after - 1) * part);
    assert.equal(nextTime({ cron, timeZone }, between), next);
  }));
});

const bad: [rule: string, cron: string, timeZone: string, message: RegExp][] = [
  ["no cron expression", "at noon", "UTC", /^cron: "at noon" is no cron expression: .*five fields/],
  ["too few fields", "0 3 *", "UTC", /^cron: .*Too few fields/],
  ["a minute that no hour has", "61 * * * *", "UTC", /^cron: .*out of range/],
  ["a day that never comes", "0 0 30 2 *", "UTC", /^cron: "0 0 30 2 \*" never comes/],
  ["a zone that nobody knows", "0 3 * * *", "Mars/Base", /^timeZone: "Mars\/Base" is no time zone/],
];
for (const [rule, cron, timeZone, message] of bad) {
  test(`refused: ${rule}`, () => {
    assert.throws(
      () => checkRecurrence({ cron, timeZone }, NOW),
      refused("InvalidInputException", message),
    );
  });
}

test("a time is shown by its zone's clock and in UTC", () => {
  assert.equal(
    wallTimeAndUtc(Date.UTC(2026, 11, 24, 17), BERLIN),
    "2026-12-24 18:00 Europe/Berlin (2026-12-24 17:00 UTC)",
  );
  assert.equal(wallTimeAndUtc(Date.UTC(2026, 11, 24, 17, 0, 5), "UTC"), "2026-12-24 17:00:05 UTC");
});
