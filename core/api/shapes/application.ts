/** An application as the API shows it (service model, ApplicationInfo). @module */
import { z } from "zod";
import { ComputePlatform } from "../../domain/name.ts";
import { Timestamp } from "./timestamp.ts";

export const ApplicationInfo = z.object({
  applicationId: z.string(),
  applicationName: z.string(),
  createTime: Timestamp,
  /** Whether a deployment took a revision from GitHub with a token that is kept here. */
  linkedToGitHub: z.boolean(),
  gitHubAccountName: z.string().optional(),
  computePlatform: ComputePlatform,
});
export type ApplicationInfo = z.infer<typeof ApplicationInfo>;
