/**
 * What the clocks on the wall of a time zone show, and when they show it. A wall clock's reading is
 * written as the milliseconds that UTC would have at that reading.
 * @module
 */

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Zones whose format is kept; one takes some 30 KB, and a name may be spelled in many ways. */
const KEPT = 500;
const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** A zone that is none throws RangeError. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = FORMATS.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  if (FORMATS.size >= KEPT) FORMATS.clear();
  FORMATS.set(timeZone, format);
  return format;
}

export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** What the zone's clocks show at `at`, to the second. */
export function readingAt(at: number, timeZone: string): number {
  const parts = new Map(
    formatOf(timeZone).formatToParts(at).map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  return Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
}

/**
 * When the zone's clocks show `reading` for the first time; for one that they leave out, as in
 * spring, when they are put forward over it.
 */
export function timeOf(reading: number, timeZone: string): number {
  // Any change that is near lies between these two.
  const before = offsetAt(reading - DAY, timeZone);
  const after = offsetAt(reading + DAY, timeZone);
  const times = [reading - before, reading - after].sort((one, other) => one - other);
  const shown = times.find((time) => readingAt(time, timeZone) === reading);
  if (shown !== undefined) return shown;
  let [early = reading, late = reading] = times;
  while (late - early > 1000) {
    const middle = Math.floor((early + late) / 2000) * 1000;
    if (offsetAt(middle, timeZone) === before) early = middle;
    else late = middle;
  }
  return late;
}

/** How far the zone's clocks are before UTC at `at`, in milliseconds. */
function offsetAt(at: number, timeZone: string): number {
  const whole = Math.floor(at / 1000) * 1000;
  return readingAt(whole, timeZone) - whole;
}

/** `2026-12-24 18:00 Europe/Berlin`; to the second where it is not a full minute. */
export function wallTime(at: number, timeZone: string): string {
  const text = new Date(readingAt(at, timeZone)).toISOString();
  const shown = Math.floor(at / 1000) * 1000 % MINUTE === 0 ? text.slice(0, 16) : text.slice(0, 19);
  return `${shown.replace("T", " ")} ${timeZone}`;
}

/** A time in a zone and, where that is another, in UTC. */
export function wallTimeAndUtc(at: number, timeZone: string): string {
  const here = wallTime(at, timeZone);
  return timeZone === "UTC" ? here : `${here} (${wallTime(at, "UTC")})`;
}
