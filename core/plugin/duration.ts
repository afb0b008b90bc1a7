/** Lengths of time as people write them. @module */
import { z } from "zod";

/** Milliseconds. */
const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const TEXT = /^([1-9]\d{0,8})([smhd])$/;
/** A wait beyond a year is a slip of the hand; a timer that far ahead is one too. */
const MOST = 366 * UNITS.d;

/** `90s`, `5m`, `24h`, `2d`: a whole number from 1 and its unit; its output is milliseconds. */
export const Duration = z.string()
  .regex(TEXT, 'must be a number and s, m, h or d, such as "90s", "5m", "24h" or "2d"')
  .transform((text, context) => {
    const [, number, unit = "s"] = TEXT.exec(text) ?? [];
    // because: the pattern lets these four letters through alone.
    const ms = Number(number) * UNITS[unit as keyof typeof UNITS];
    if (ms <= MOST) return ms;
    context.addIssue({ code: "custom", message: "must be at most 366d" });
    return z.NEVER;
  });
