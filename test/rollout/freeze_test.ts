import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FreezeWindow } from "../../core/domain/deployment_schedule.ts";
import { freezeAt, type NextTime } from "../../core/rollout/freeze.ts";

const HOUR = 3_600_000;

/** Here a `cron` is a list of hours, and the clock has no days. */
const nextTime: NextTime = ({ cron }, after) =>
  cron.split(",").map((hour) => Number(hour) * HOUR).find((time) => time > after);
/** As `nextTime`, and `*` is every hour for ever. */
const orEveryHour: NextTime = ({ cron }, after) =>
  cron === "*" ? (Math.floor(after / HOUR) + 1) * HOUR : nextTime({ cron, timeZone: "UTC" }, after);

/** `name: hours+minutes` */
function windows(text: string): FreezeWindow[] {
  return text.split(" ").filter((one) => one !== "").map((one) => {
    const [name = "", cron = "", minutes = ""] = one.split(/[:+]/);
    return { name, cron, timeZone: "UTC", durationMinutes: Number(minutes) };
  });
}

const table: [rule: string, windows: string, hour: number, expected: string][] = [
  ["no window", "", 5, "open"],
  ["before a window", "a:6+60", 5.99, "open"],
  ["a window's start is in it", "a:6+60", 6, "a until 7"],
  ["its end is not", "a:6+60", 7, "open"],
  ["of two the one that lasts longer", "a:6+60 b:5+180", 6.5, "b until 8"],
  ["one that follows at once goes on", "a:6+60 b:7+60", 6.5, "a until 8"],
  ["one that begins before the other ends goes on", "a:6+90 b:7+60", 6.5, "a until 8"],
  ["one that follows later does not", "a:6+60 b:8+60", 6.5, "a until 7"],
  ["occurrences that overlap are one", "a:6,7,8+90", 6, "a until 9.5"],
  ["a window that is always open has no end", "a:*+60", 6, "a for ever"],
  ["whatever else is open", "b:6+60 a:*+90", 6.5, "a for ever"],
];
for (const [rule, text, hour, expected] of table) {
  test(`freeze: ${rule}`, () => {
    const freeze = freezeAt(windows(text), hour * HOUR, orEveryHour);
    const until = freeze?.until === undefined ? "for ever" : `until ${freeze.until / HOUR}`;
    assert.equal(freeze ? `${freeze.window.name} ${until}` : "open", expected);
  });
}

test("a window that opens each second and stays open for a day is known at little cost", () => {
  let asked = 0;
  const everySecond: NextTime = (_recurrence, after) => {
    asked++;
    return (Math.floor(after / 1000) + 1) * 1000;
  };
  const freeze = freezeAt(windows("a:*+1440"), 6 * HOUR, everySecond);
  assert.equal(`${freeze?.window.name} ${freeze?.until}`, "a undefined");
  assert.ok(asked < 1000, `asked ${asked} times`);
});

test("of the starts of a long window the last one counts, however far back it is", () => {
  const starts: NextTime = (_recurrence, after) =>
    [1, 2, 3].map((n) => n * HOUR).find((n) => n > after);
  const freeze = freezeAt(windows("a:*+6000"), 50 * HOUR, starts);
  assert.equal(freeze?.until, 103 * HOUR);
});

test("a freeze is what a look at each minute finds, and ends at the first that is free", () => {
  const starts = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 })
    .map((hours) => hours.sort((one, other) => one - other).join());
  const anyWindow = fc.tuple(starts, fc.integer({ min: 1, max: 300 }))
    .map(([hours, minutes]) => `a:${hours}+${minutes}`);
  const anyWindows = fc.array(anyWindow, { maxLength: 4 }).map((all) => windows(all.join(" ")));
  fc.assert(fc.property(anyWindows, fc.integer({ min: 0, max: 40 * 60 }), (all, minute) => {
    const isFrozen = (at: number) =>
      all.some(({ cron, durationMinutes }) =>
        cron.split(",").some((hour) =>
          at >= Number(hour) * 60 && at < Number(hour) * 60 + durationMinutes
        )
      );
    let free = minute;
    while (isFrozen(free)) free++;
    const freeze = freezeAt(all, minute * 60_000, nextTime);
    assert.equal(freeze?.until, free === minute ? undefined : free * 60_000);
  }));
});
