/** How fast something may be fetched, as a person writes it. @module */
import { z } from "zod";

/** Bytes per second; less would take an hour for 4 MB. */
const SLOWEST = 1024;

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Bytes per second, as a number or as text with a unit: `10MB` is 10,000,000, `10MiB` 10,485,760. */
export const ByteRate = z.unknown().transform((given, context): number => {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?) *([kmg]?i?b)?$/i.exec(String(given).trim()) ?? [];
  const rate = Math.round(Number(amount) * (UNITS[unit.toLowerCase()] ?? NaN));
  if (rate >= SLOWEST) return rate;
  const message = `must be bytes per second, at least ${SLOWEST}, as in 500000, 500KB or 10MiB`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});
