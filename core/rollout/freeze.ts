/** Whether a time lies in a freeze window, and when the freeze ends (pure: the calendar is given). @module */
import type { FreezeWindow, Recurrence } from "../domain/deployment_schedule.ts";

const SECOND = 1_000;
const MINUTE = 60_000;
/** Windows that follow one another; a freeze of more is taken for one without an end. */
const MOST_LINKS = 100;

/** The first time of a recurrence after a time, in milliseconds; undefined when there is none. */
export type NextTime = (recurrence: Recurrence, after: number) => number | undefined;

export interface Freeze {
  /** The window that is open, of several the one that lasts longest. */
  window: FreezeWindow;
  /** When the last of the windows that follow one another ends; undefined for one that does not. */
  until: number | undefined;
}

/** The freeze at `at`, if any: from a window's start to just before its end. */
export function freezeAt(
  windows: readonly FreezeWindow[],
  at: number,
  nextTime: NextTime,
): Freeze | undefined {
  const first = longest(windows, at, nextTime);
  if (!first) return undefined;
  let until = first.end;
  for (let links = 0; links < MOST_LINKS; links++) {
    const next = longest(windows, until, nextTime);
    if (!next) return { window: first.window, until };
    until = next.end;
  }
  return { window: first.window, until: undefined };
}

function longest(
  windows: readonly FreezeWindow[],
  at: number,
  nextTime: NextTime,
): { window: FreezeWindow; end: number } | undefined {
  let last: { window: FreezeWindow; end: number } | undefined;
  for (const window of windows) {
    const end = endOfOpen(window, at, nextTime);
    if (end !== undefined && end > (last?.end ?? at)) last = { window, end };
  }
  return last;
}

/**
 * When the occurrence that is open at `at` ends, of several the one that began last. Looks back
 * twice as far each time, as a window may open again many times while it is open.
 */
function endOfOpen(window: FreezeWindow, at: number, nextTime: NextTime): number | undefined {
  const duration = window.durationMinutes * MINUTE;
  for (let back = SECOND;; back *= 2) {
    // The end is not in the window, so what began a whole duration ago is over.
    const start = lastStart(window, at, Math.min(back, duration), nextTime);
    if (start !== undefined) return start + duration;
    if (back >= duration) return undefined;
  }
}

/** The last start of the time `back` before `at`; of very many at least a late one. */
function lastStart(
  recurrence: Recurrence,
  at: number,
  back: number,
  nextTime: NextTime,
): number | undefined {
  let start: number | undefined;
  let next = nextTime(recurrence, at - back);
  for (let links = 0; links < MOST_LINKS && next !== undefined && next <= at; links++) {
    start = next;
    next = nextTime(recurrence, next);
  }
  return start;
}
