/**
 * The `Revision` of a deployment specification (spec 12.3): where the bundle is. What is wrong is said
 * in the words of CodeDeploy's agent; SHA256, Size and HttpsRevision are ours.
 * @module
 */
import { z } from "zod";
import { BundleUrl, HostBundleType, Sha256 } from "../domain/https_location.ts";

const S3_MEMBERS = "S3Revision in Deployment Spec must specify Bucket, Key and BundleType";
const GITHUB_MEMBERS =
  "GitHubRevision in Deployment Spec must specify Account, Repository and CommitId";
const HTTPS_MEMBERS = "HttpsRevision in Deployment Spec must specify Url, SHA256 and BundleType";

/** A text that must be there, and what is said when it is not. */
const present = (fault: string) => z.string(fault).min(1, fault);

/** One of the types a host unpacks; what is said depends on whether there is one at all. */
function bundleType(absent: string, wrong: string) {
  const { options } = HostBundleType;
  return z.enum(options, { error: ({ input }) => input === undefined ? absent : wrong });
}

export const S3Revision = z.object({
  Bucket: present(S3_MEMBERS),
  Key: present(S3_MEMBERS),
  BundleType: bundleType(S3_MEMBERS, "BundleType in S3Revision must be tar, tgz or zip"),
  Version: z.string().nullable().default(null),
  ETag: z.string().nullable().default(null),
  /** Hex SHA-256 and bytes of the bundle, when it lies in the server's own store. */
  SHA256: z.string().optional(),
  Size: z.number().int().optional(),
}, S3_MEMBERS);
export type S3Revision = z.infer<typeof S3Revision>;

export const GitHubRevision = z.object({
  Account: present(GITHUB_MEMBERS),
  Repository: present(GITHUB_MEMBERS),
  CommitId: present(GITHUB_MEMBERS),
  /** `tar`, which is the default, or `zip`; others fail the download, as in CodeDeploy's agent. */
  BundleType: z.string().nullish(),
  Anonymous: z.boolean().nullish(),
  OAuthToken: z.string().nullish(),
}, GITHUB_MEMBERS).refine(({ Anonymous, OAuthToken }) => Anonymous !== false || OAuthToken, {
  path: ["OAuthToken"],
  error: "GitHubRevision in Deployment Spec must specify Account, Repository, CommitId and " +
    "OAuthToken",
});
export type GitHubRevision = z.infer<typeof GitHubRevision>;

export const HttpsRevision = z.object({
  Url: BundleUrl,
  SHA256: Sha256,
  BundleType: bundleType(HTTPS_MEMBERS, "BundleType in HttpsRevision must be tar, tgz or zip"),
}, HTTPS_MEMBERS);
export type HttpsRevision = z.infer<typeof HttpsRevision>;

export const BundleRevision = z.discriminatedUnion("RevisionType", [
  z.object({ RevisionType: z.literal("S3"), S3Revision }),
  z.object({ RevisionType: z.literal("GitHub"), GitHubRevision }),
  z.object({ RevisionType: z.literal("HTTPS"), HttpsRevision }),
], {
  error({ input }) {
    if (input === undefined || input === null) return "Must specify a revison";
    const named = z.object({ RevisionType: z.string().min(1) }).safeParse(input).success;
    return named
      ? "Exactly one of S3Revision, GitHubRevision, or HttpsRevision must be specified"
      : "Must specify a revision source";
  },
});
export type BundleRevision = z.infer<typeof BundleRevision>;
