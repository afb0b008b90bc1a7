/**
 * Operations on releases, with target `Runtime_20261125.<Operation>`: deployments of several
 * applications in the order in which they need one another. Times in seconds since the epoch.
 * @module
 */
import { z } from "zod";
import { FileExistsBehavior } from "../domain/deployment.ts";
import { ReleaseId } from "../domain/name.ts";
import { EntryStatus, OnFailure, ReleaseStatus } from "../domain/release.ts";
import { RevisionLocation } from "../domain/revision.ts";

/** CreateRelease (deployer); its input is `core/api/operations/create_release.ts`. */
export const CreateReleaseOutput = z.object({ releaseId: z.string() });

/** GetRelease (viewer). */
export const GetReleaseInput = z.object({ releaseId: ReleaseId });

export const ReleaseSummary = z.object({
  releaseId: z.string(),
  releaseName: z.string(),
  status: ReleaseStatus,
  createTime: z.number(),
  endTime: z.number().optional(),
});
export type ReleaseSummary = z.infer<typeof ReleaseSummary>;

/** A deployment of a release, by the name it has there. */
export const ReleaseDeployment = z.object({
  name: z.string(),
  applicationName: z.string(),
  deploymentGroupName: z.string(),
  revision: RevisionLocation,
  deploymentConfigName: z.string().optional(),
  fileExistsBehavior: FileExistsBehavior.optional(),
  needs: z.array(z.string()),
  status: EntryStatus,
  deploymentId: z.string().optional(),
  rollbackDeploymentId: z.string().optional(),
  /** Why it failed, was not started, or waits; or why it stays where it is. */
  message: z.string().optional(),
});
export type ReleaseDeployment = z.infer<typeof ReleaseDeployment>;

export const ReleaseInfo = ReleaseSummary.extend({
  onFailure: OnFailure,
  /** Set by StopRelease. */
  stop: z.object({ time: z.number(), rollback: z.boolean() }).optional(),
  /** In the order in which they were given. */
  deployments: z.array(ReleaseDeployment),
});
export type ReleaseInfo = z.infer<typeof ReleaseInfo>;

export const GetReleaseOutput = z.object({ release: ReleaseInfo });

/** ListReleases (viewer): newest first, a page at a time. */
export const ListReleasesInput = z.object({ nextToken: z.string().optional() });
export const ListReleasesOutput = z.object({
  releases: z.array(ReleaseSummary),
  nextToken: z.string().optional(),
});
export type ListReleasesOutput = z.infer<typeof ListReleasesOutput>;

/**
 * StopRelease (deployer): nothing else begins and deployments under way are stopped. What succeeded
 * is rolled back, unless `rollback` is false; on a release that rolls back already, false lets no
 * other rollback begin.
 */
export const StopReleaseInput = z.object({
  releaseId: ReleaseId,
  rollback: z.boolean().default(true),
});
export const StopReleaseOutput = z.object({ status: ReleaseStatus });
