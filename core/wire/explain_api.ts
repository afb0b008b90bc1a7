/** ExplainDeployment, which CodeDeploy does not have: why a deployment stands as it does. @module */
import { z } from "zod";
import { Cause } from "../domain/cause.ts";
import { DeploymentErrorCode, DeploymentStatus } from "../domain/deployment.ts";

/** ExplainDeployment (viewer). */
export const ExplainDeploymentInput = z.object({ deploymentId: z.string() });

export const ExplainDeploymentOutput = z.object({
  deploymentId: z.string(),
  status: DeploymentStatus,
  /** As errorInformation. */
  error: z.object({ code: DeploymentErrorCode, message: z.string() }).optional(),
  /** Of a deployment that failed or was stopped: what was decided, and below it what led to it. */
  cause: Cause.optional(),
  /** How its hosts are now, or what it waits for while it runs; a sentence each, without a full stop. */
  state: z.array(z.string()),
  /** Commands to go on with, the most useful one first. */
  next: z.array(z.string()),
});
export type ExplainDeploymentOutput = z.infer<typeof ExplainDeploymentOutput>;
