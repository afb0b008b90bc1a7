/**
 * When a cron expression comes next by the wall clock of a time zone.
 *
 * The npm package `cron` reads the expression and finds the next reading of the clock; what the clock
 * of a zone shows is told here, as the package takes 02:00 for 03:00 on the day on which the clocks
 * go back, and names it twice. So each reading comes once: one of the hour that autumn has twice at
 * its first time, one of the hour that spring leaves out when the clocks are put forward.
 * @module
 */
import { CronTime } from "cron";
import type { FreezeWindow, Recurrence } from "../domain/deployment_schedule.ts";
import { DomainError } from "../domain/errors.ts";
import { type Freeze, freezeAt } from "../rollout/freeze.ts";
import { isTimeZone, readingAt, timeOf } from "./wall_clock.ts";

/** Parsed expressions that are kept; a server has a few, again and again. */
const KEPT = 1000;
const PARSED = new Map<string, CronTime>();

function parsed(cron: string): CronTime {
  const known = PARSED.get(cron);
  if (known) return known;
  const time = new CronTime(cron, "UTC");
  if (PARSED.size >= KEPT) PARSED.clear();
  PARSED.set(cron, time);
  return time;
}

/**
 * Throws InvalidInput, naming the member, for an expression that cannot be read or never comes, and
 * for a time zone that nobody knows.
 */
export function checkRecurrence({ cron, timeZone }: Recurrence, now: number): void {
  if (!isTimeZone(timeZone)) {
    throw invalid(
      "timeZone",
      `timeZone: ${
        JSON.stringify(timeZone)
      } is no time zone; one is named like Europe/Berlin or UTC`,
    );
  }
  const found = JSON.stringify(cron);
  try {
    parsed(cron);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw invalid(
      "cron",
      `cron: ${found} is no cron expression: ${why}. One has five fields: minute, hour, day of the ` +
        `month, month, day of the week, such as "0 3 * * 1"`,
    );
  }
  if (nextTime({ cron, timeZone }, now) === undefined) {
    throw invalid("cron", `cron: ${found} never comes: no such day in the next eight years`);
  }
}

/** The freeze at `at`, in milliseconds, if any of the windows is open. */
export function openFreeze(windows: readonly FreezeWindow[], at: number): Freeze | undefined {
  return freezeAt(windows, at, nextTime);
}

/** The first time after `after`, in milliseconds; undefined when there is none for years. */
export function nextTime({ cron, timeZone }: Recurrence, after: number): number | undefined {
  let reading = readingAt(after, timeZone);
  while (true) {
    const next = nextReading(parsed(cron), reading);
    if (next === undefined) return undefined;
    const time = timeOf(next, timeZone);
    if (time > after) return time;
    // In the hour that comes twice, its second time: this reading has been.
    reading = next;
  }
}

function nextReading(time: CronTime, reading: number): number | undefined {
  try {
    return time.getNextDateFrom(new Date(reading), "UTC").toMillis();
  } catch (error) {
    // The package has no other way to say that nothing comes.
    if (error instanceof Error && error.message.includes("No execution date")) return undefined;
    throw error;
  }
}

function invalid(field: string, message: string): DomainError {
  return new DomainError("InvalidInputException", field, message);
}
