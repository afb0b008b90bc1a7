/**
 * Why a deployment failed or was stopped: a tree whose root is what was decided and whose leaves are
 * what was seen, such as the lines that a script printed.
 * @module
 */
import { z } from "zod";

export const CauseKind = z.enum([
  /** A rule with its numbers: "3 of 10 hosts failed, 8 must stay healthy". */
  "rule",
  "host",
  "event",
  "script",
  "balancer",
  "alarm",
  "analysis",
  "measurement",
  /** Somebody stopped, aborted or refused it. */
  "person",
  /** A wait or a time limit ran out. */
  "clock",
  /** The server, its settings, or what the deployment was asked to do. */
  "deployment",
]);
export type CauseKind = z.infer<typeof CauseKind>;

export interface Cause {
  kind: CauseKind;
  /** One line, without a full stop. */
  text: string;
  /** Lines as they were seen, the last ones of many. */
  evidence?: readonly string[];
  /** What led to it, most telling first. */
  because?: readonly Cause[];
}

export const Cause: z.ZodType<Cause> = z.object({
  kind: CauseKind,
  text: z.string(),
  evidence: z.array(z.string()).readonly().exactOptional(),
  because: z.array(z.lazy(() => Cause)).readonly().exactOptional(),
});
