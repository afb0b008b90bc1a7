/**
 * Carries a plan out, one step after the other. What the server refuses is told with its reason and
 * the rest goes on; what concerns every step (no server, keys that are not accepted) ends it.
 * @module
 */
import { ApiError } from "../../wire/aws_json.ts";
import { Empty } from "../answers.ts";
import type { Api } from "../api.ts";
import { isNotAllowed } from "../api_failure.ts";
import type { Step } from "./step.ts";

/** A step as it went; one that was planned and refused cannot be done. */
export type Outcome = Step;

/** Calls `each` with every step when it is done, refused, or was nothing to do. */
export async function carryOut(
  api: Api,
  steps: readonly Step[],
  each: (outcome: Outcome) => void,
): Promise<void> {
  const missing = new Set<string>();
  for (const step of steps) {
    const outcome = await outcomeOf(api, step, missing);
    if (step.kind === "application" && step.action === "create" && outcome.action === "cannot") {
      missing.add(step.name);
    }
    each(outcome);
  }
}

async function outcomeOf(
  api: Api,
  step: Step,
  missing: ReadonlySet<string>,
): Promise<Outcome> {
  if (step.action === "unchanged" || step.action === "cannot") return step;
  if (step.needs !== undefined && missing.has(step.needs)) {
    return refused(step, `the application ${step.needs} was refused`);
  }
  try {
    for (const { operation, input } of step.calls) {
      await api.codedeploy(operation, input, Empty);
    }
    return step;
  } catch (error) {
    // Faults of the server and of the keys concern every step that would come.
    if (!(error instanceof ApiError) || error.status >= 500 || isNotAllowed(error)) throw error;
    return refused(step, `${error.type}: ${error.message}`);
  }
}

function refused({ kind, name, needs }: Step, reason: string): Outcome {
  const subject = needs === undefined ? { kind, name } : { kind, name, needs };
  return { ...subject, action: "cannot", reason, differences: [] };
}
