/**
 * `GET /events?deploymentId=d-…`: server-sent events of one deployment, for the command line and the
 * console. The stream begins with the deployment and each of its targets as they are now, goes on
 * with every change after its commit, and ends after the deployment's terminal state. Log lines
 * printed before the stream was opened are read with GetDeploymentLogs.
 * @module
 */
import { z } from "zod";
import {
  DeploymentErrorCode,
  DeploymentStatus,
  type RollbackInfo as DomainRollback,
} from "../domain/deployment.ts";
import { LifecycleEvent } from "../domain/lifecycle_event.ts";
import { TargetStatus } from "../domain/target.ts";
import { LogLine } from "./agent_protocol.ts";

export const EVENTS_PATH = "/events";

const RollbackInfo = z.object({
  rollbackDeploymentId: z.string().optional(),
  rollbackTriggeringDeploymentId: z.string().optional(),
  rollbackMessage: z.string().optional(),
});
export type RollbackInfo = DomainRollback;

/** Every `data:` of the stream is one of these as JSON; times in milliseconds since the epoch. */
export const StreamEvent = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("deployment"),
    deploymentId: z.string(),
    applicationName: z.string(),
    deploymentGroupName: z.string(),
    configName: z.string(),
    creator: z.string(),
    revision: z.string(),
    status: DeploymentStatus,
    overview: z.record(z.string(), z.number()),
    error: z.object({ code: DeploymentErrorCode, message: z.string() }).optional(),
    rollback: RollbackInfo,
    statusMessages: z.array(z.string()),
    createTime: z.number(),
    completeTime: z.number().optional(),
  }),
  z.object({
    kind: z.literal("target"),
    deploymentId: z.string(),
    targetId: z.string(),
    status: TargetStatus,
    events: z.array(LifecycleEvent),
  }),
  z.object({
    kind: z.literal("log"),
    deploymentId: z.string(),
    targetId: z.string(),
    /** Grows within a deployment; the position to go on from. */
    sequence: z.number().int(),
    lines: z.array(LogLine),
  }),
]);
export type StreamEvent = z.infer<typeof StreamEvent>;
