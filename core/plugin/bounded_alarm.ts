/** Alarms over a number: OK within its bounds, ALARM beyond them, UNKNOWN without one. @module */
import { z } from "zod";
import { beyondText, type Bounds, boundsFault, isWithin } from "../domain/bounds.ts";
import type { AlarmReading, Measurement } from "./measure.ts";

export { type Bounds, boundsFault };

/** Members of a config: a number below `min` or above `max` is an ALARM. */
export const BOUNDS = {
  min: z.number().optional(),
  max: z.number().optional(),
};

/** The reading of an alarm over what was measured. Silence is UNKNOWN, never OK. */
export function boundedAlarm(bounds: Bounds, { value, evidence }: Measurement): AlarmReading {
  if (value === undefined || !Number.isFinite(value)) return { state: "UNKNOWN", reason: evidence };
  if (isWithin(bounds, value)) return { state: "OK", reason: evidence };
  return { state: "ALARM", reason: `${beyondText(bounds, value)}: ${evidence}` };
}
