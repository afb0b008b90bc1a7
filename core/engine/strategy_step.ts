/**
 * What a strategy answers, checked: its file may be anybody's, and no compiler has seen it. A time that
 * is no number would never be over, a step of no kind would end the server.
 * @module
 */
import { z } from "zod";
import { fail, type FleetStep } from "../plugin/contract.ts";

const Milliseconds = z.number().min(0);

const Hold = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("bake"), ms: Milliseconds }),
  z.object({ kind: z.literal("approval"), ms: Milliseconds, name: z.string().min(1).optional() }),
  z.object({ kind: z.literal("pause") }),
  z.object({
    kind: z.literal("analysis"),
    rules: z.object({
      name: z.string(),
      count: z.number(),
      interval: Milliseconds,
      min: z.number().optional(),
      max: z.number().optional(),
      failureLimit: z.number(),
      inconclusiveLimit: z.number(),
    }),
  }),
]);

const Step = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("start"), hosts: z.number(), zone: z.string().optional() }),
  z.object({ kind: z.literal("wait") }),
  z.object({ kind: z.literal("hold"), key: z.string().min(1), hold: Hold }),
  z.object({ kind: z.literal("done") }),
  z.object({
    kind: z.literal("fail"),
    code: z.enum(["HEALTH_CONSTRAINTS", "HEALTH_CONSTRAINTS_INVALID"]),
    message: z.string(),
  }),
]);

/** As much of a wrong answer as a message has room for. */
const SHOWN = 200;

/** The step itself, or a failure in its place that says what is wrong with it. */
export function checkedStep(strategy: string, step: FleetStep): FleetStep {
  const parsed = Step.safeParse(step);
  if (parsed.success) return step;
  const [issue] = parsed.error.issues;
  const where = issue && issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
  const answer = (JSON.stringify(step) ?? String(step)).slice(0, SHOWN);
  return fail(
    `the strategy ${strategy} answered ${answer}, which is no step: ${where}${issue?.message}`,
  );
}
