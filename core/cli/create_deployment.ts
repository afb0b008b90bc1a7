/** Creating a deployment, for every verb that does: now or later, in spite of a freeze or not. @module */
import { DeploymentCreated } from "./answers.ts";
import type { Api } from "./api.ts";
import type { Flag } from "./verb.ts";

export const OVERRIDE_FLAG: Flag = {
  flags: "--override-freeze <reason>",
  text: "begin in spite of freeze windows; on record",
};

/** `at` in milliseconds since the epoch. CreateDeployment has neither a time nor a way through a freeze. */
export function createDeployment(
  api: Api,
  deployment: object,
  { at, overrideFreeze: reason }: { at?: number; overrideFreeze?: string },
): Promise<{ deploymentId: string }> {
  if (at === undefined && reason === undefined) {
    return api.codedeploy("CreateDeployment", deployment, DeploymentCreated);
  }
  return api.runtime("ScheduleDeployment", {
    ...deployment,
    ...(at !== undefined && { startAt: new Date(at).toISOString() }),
    ...(reason !== undefined && { overrideFreeze: { reason } }),
  }, DeploymentCreated);
}
