/** What is known of a revision, as the API shows it (service model). @module */
import { z } from "zod";
import { RevisionLocation } from "../../domain/revision.ts";
import { Timestamp } from "./timestamp.ts";

export const GenericRevisionInfo = z.object({
  description: z.string().optional(),
  /** Names of the groups whose target revision this is. */
  deploymentGroups: z.array(z.string()),
  firstUsedTime: Timestamp.optional(),
  lastUsedTime: Timestamp.optional(),
  registerTime: Timestamp,
});
export type GenericRevisionInfo = z.infer<typeof GenericRevisionInfo>;

export const RevisionInfo = z.object({
  revisionLocation: RevisionLocation,
  genericRevisionInfo: GenericRevisionInfo,
});
export type RevisionInfo = z.infer<typeof RevisionInfo>;
