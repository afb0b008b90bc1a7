/**
 * The three hooks of an AppSpec that CodeDeploy does not have: they run after a failure, before a
 * rollback, and at the end of a host's run. They are no lifecycle events: the API lists none of them,
 * and what becomes of one never changes a deployment's result.
 * @module
 */
import { z } from "zod";
import { LifecycleEventName } from "./lifecycle_event.ts";

export const AfterHookName = z.enum(["OnFailure", "OnRollback", "Finally"]);
export type AfterHookName = z.infer<typeof AfterHookName>;

/** Whatever may stand below `hooks` and print lines. */
export const HookName = z.enum([...LifecycleEventName.options, ...AfterHookName.options]);
export type HookName = z.infer<typeof HookName>;

/** How a host's run of a deployment ended, as these hooks are told it. */
export const RunOutcome = z.object({
  status: z.enum(["Succeeded", "Failed", "Stopped"]),
  failedEvent: LifecycleEventName.optional(),
  /** Of the script that failed, when one did by its exit code. */
  exitCode: z.number().int().optional(),
});
export type RunOutcome = z.infer<typeof RunOutcome>;
