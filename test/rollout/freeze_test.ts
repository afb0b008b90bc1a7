import assert from "node:assert/strict";
import { test } from "node:test";
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
