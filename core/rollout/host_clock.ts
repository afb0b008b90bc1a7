/**
 * The two clocks of a host (spec 4.5, trap 46): five minutes for an event to be picked up, an hour
 * for an event to end. Both run from the last change the server saw, in the server's own time.
 * @module
 */
import { AGENT_SILENT_MESSAGE } from "../domain/lifecycle_event.ts";
import type { Target } from "../domain/target.ts";

/** Milliseconds. */
export interface HostClocks {
  notStarted: number;
  notFinished: number;
}

export const HOST_CLOCKS: HostClocks = { notStarted: 300_000, notFinished: 3_600_000 };

/** Clocks that run this many times faster, for trials. */
export function shortened({ notStarted, notFinished }: HostClocks, timeLapse: number): HostClocks {
  return { notStarted: notStarted / timeLapse, notFinished: notFinished / timeLapse };
}

/** Whether a message is one of those below: the host did not speak, and a clock ended its event. */
export function isOutOfTime(message: string): boolean {
  return message === AGENT_SILENT_MESSAGE || UNFINISHED.test(message);
}

const UNFINISHED = /^The lifecycle event [A-Za-z]+ did not end within \d+ seconds\.$/;

/** When a running host's time is up, and what is then said of it. */
export function deadline(target: Target, clocks: HostClocks): { at: number; message: string } {
  const running = target.events.find((event) => event.status === "InProgress");
  if (!running) {
    return { at: target.lastUpdated + clocks.notStarted, message: AGENT_SILENT_MESSAGE };
  }
  const seconds = Math.round(clocks.notFinished / 1000);
  return {
    at: target.lastUpdated + clocks.notFinished,
    message: `The lifecycle event ${running.name} did not end within ${seconds} seconds.`,
  };
}
