/** Creating a deployment, for every verb that does: now or later, in spite of a freeze or not. @module */
import { z } from "zod";
import type { Tag } from "../domain/tag.ts";
import { DeploymentCreated } from "./answers.ts";
import type { Api } from "./api.ts";
import { TagArgument } from "./tag_argument.ts";
import type { Flag } from "./verb.ts";

export const OVERRIDE_FLAG: Flag = {
  flags: "--override-freeze <reason>",
  text: "begin in spite of freeze windows; on record",
};

export const GREEN_FLAG: Flag = {
  flags: "--green <key=value>",
  text: "blue/green: hosts with this tag take over; may be repeated, for any of them",
  repeated: true,
};
export const GREEN_INPUT = { green: z.array(TagArgument).default([]) };

/** The members of CreateDeployment that name the hosts of a replacement environment. */
export function greenHosts(tags: readonly Tag[]): object {
  if (tags.length === 0) return {};
  const tagFilters = tags.map((tag) => ({ ...tag, Type: "KEY_AND_VALUE" }));
  return { targetInstances: { tagFilters } };
}

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
