import assert from "node:assert/strict";
import { test } from "node:test";
import { Duration } from "../../core/plugin/duration.ts";

const read: [text: string, ms: number][] = [
  ["1s", 1_000],
  ["90s", 90_000],
  ["5m", 300_000],
  ["24h", 86_400_000],
  ["2d", 172_800_000],
  ["366d", 31_622_400_000],
];
for (const [text, ms] of read) {
  test(`a duration of ${text} is ${ms} ms`, () => assert.equal(Duration.parse(text), ms));
}

const refused = ["", "5", "5 m", "0s", "-1m", "1.5h", "5M", "1h30m", "05m", "9999999999d"];
for (const text of refused) {
  test(`"${text}" is no duration`, () => {
    assert.match(Duration.safeParse(text).error?.issues[0]?.message ?? "", /such as "90s", "5m"/);
  });
}

test("a duration beyond a year is a slip", () => {
  assert.match(Duration.safeParse("367d").error?.issues[0]?.message ?? "", /at most 366d/);
});
