/** One measurement of an analysis as a rollout keeps it. @module */
import { z } from "zod";

export const Measurement = z.object({
  /** When it was taken, in milliseconds since the epoch. */
  at: z.number().int(),
  /** Left out where there was none: nothing, NaN, Infinity, or an error. Always finite. */
  value: z.number().exactOptional(),
  /** What was asked and what came back, or the error; one line. */
  evidence: z.string(),
});
export type Measurement = z.infer<typeof Measurement>;
