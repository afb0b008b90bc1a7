/**
 * A revision: where a version of an application can be had (spec 6), and what is known of it.
 * @module
 */
import { z } from "zod";
import { HttpsLocation } from "./https_location.ts";

export const BundleType = z.enum(["tar", "tgz", "zip", "YAML", "JSON"]);
export type BundleType = z.infer<typeof BundleType>;

export const S3Location = z.object({
  bucket: z.string().min(1),
  key: z.string().min(1),
  bundleType: BundleType,
  version: z.string().optional(),
  eTag: z.string().optional(),
});
export type S3Location = z.infer<typeof S3Location>;

export const GitHubLocation = z.object({
  repository: z.string()
    .regex(/^[A-Za-z0-9_-]+\/\.*[A-Za-z0-9_-][A-Za-z0-9._-]*$/, "must look like owner/repo"),
  commitId: z.string().regex(/^[0-9a-fA-F]{40}$/, "must be the commit's full SHA-1"),
});

const Text = z.object({ content: z.string().optional(), sha256: z.string().optional() });

/** CodeDeploy's four forms of a location and ours, HTTPS; `revisionType` says which member counts. */
export const RevisionLocation = z.discriminatedUnion("revisionType", [
  z.object({ revisionType: z.literal("S3"), s3Location: S3Location }),
  z.object({ revisionType: z.literal("GitHub"), gitHubLocation: GitHubLocation }),
  z.object({ revisionType: z.literal("String"), string: Text }),
  z.object({ revisionType: z.literal("AppSpecContent"), appSpecContent: Text }),
  z.object({ revisionType: z.literal("HTTPS"), httpsLocation: HttpsLocation }),
]);
export type RevisionLocation = z.infer<typeof RevisionLocation>;

/**
 * The text that two locations share when they name the same revision: the whole location for S3 and
 * GitHub, the hash for text (spec 1.3, revision identity), hash and address for HTTPS.
 */
export function revisionIdentity(location: RevisionLocation): string {
  switch (location.revisionType) {
    case "S3": {
      const { bucket, key, bundleType, version, eTag } = location.s3Location;
      return JSON.stringify(["S3", bucket, key, bundleType, version ?? null, eTag ?? null]);
    }
    case "GitHub": {
      const { repository, commitId } = location.gitHubLocation;
      return JSON.stringify(["GitHub", repository, commitId.toLowerCase()]);
    }
    case "String":
      return JSON.stringify(["String", location.string.sha256 ?? null]);
    case "AppSpecContent":
      return JSON.stringify(["AppSpecContent", location.appSpecContent.sha256 ?? null]);
    case "HTTPS": {
      const { url, sha256, bundleType } = location.httpsLocation;
      return JSON.stringify(["HTTPS", url, bundleType, sha256]);
    }
  }
}

/** A short name for people: `s3://bucket/key`, `owner/repo@abc1234` or the address. */
export function revisionTitle(location: RevisionLocation): string {
  switch (location.revisionType) {
    case "S3":
      return `s3://${location.s3Location.bucket}/${location.s3Location.key}`;
    case "GitHub":
      return `${location.gitHubLocation.repository}@${
        location.gitHubLocation.commitId.slice(0, 7)
      }`;
    case "String":
      return `text ${location.string.sha256 ?? ""}`.trim();
    case "AppSpecContent":
      return `AppSpec ${location.appSpecContent.sha256 ?? ""}`.trim();
    case "HTTPS":
      return location.httpsLocation.url;
  }
}

/** A registered revision; times in milliseconds. */
export interface Revision {
  applicationId: string;
  location: RevisionLocation;
  description?: string;
  registerTime: number;
  firstUsedTime?: number;
  lastUsedTime?: number;
}
