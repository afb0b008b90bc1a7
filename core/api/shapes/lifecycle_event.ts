/** A lifecycle event of a target as the API shows it (service model, LifecycleEvent). @module */
import { z } from "zod";
import { LifecycleErrorCode, LifecycleEventStatus } from "../../domain/lifecycle_event.ts";
import { Timestamp } from "./timestamp.ts";

/** What an event left behind; `logTail` is the end of what its scripts printed. */
export const Diagnostics = z.object({
  errorCode: LifecycleErrorCode.optional(),
  scriptName: z.string().optional(),
  message: z.string().optional(),
  logTail: z.string().optional(),
});
export type Diagnostics = z.infer<typeof Diagnostics>;

/** Named by text: AppSpec hooks of ECS and Lambda have names of their own. */
export const LifecycleEventShape = z.object({
  lifecycleEventName: z.string(),
  diagnostics: Diagnostics.optional(),
  startTime: Timestamp.optional(),
  endTime: Timestamp.optional(),
  status: LifecycleEventStatus,
});
export type LifecycleEventShape = z.infer<typeof LifecycleEventShape>;
