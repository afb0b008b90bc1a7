/**
 * Revisions as people write them: `s3://bucket/key?versionId=…&eTag=…` and `github:owner/repo@sha`.
 * @module
 */
import type { BundleType, RevisionLocation } from "../domain/revision.ts";
import { usageFailure } from "./failure.ts";

const BUNDLE_SUFFIXES: readonly (readonly [suffix: string, type: BundleType])[] = [
  [".tgz", "tgz"],
  [".tar.gz", "tgz"],
  [".tar", "tar"],
  [".zip", "zip"],
  [".yaml", "YAML"],
  [".yml", "YAML"],
  [".json", "JSON"],
];

/** The bundle type that a file name's ending says. */
export function bundleTypeOf(name: string): BundleType | undefined {
  const lower = name.toLowerCase();
  return BUNDLE_SUFFIXES.find(([suffix]) => lower.endsWith(suffix))?.[1];
}

/** Throws a usage failure that says what is wrong with the text. */
export function parseRevision(text: string): RevisionLocation {
  if (text.startsWith("s3://")) return s3Revision(text);
  const github = text.match(/^github:([^/@]+\/[^/@]+)@(.+)$/);
  if (!github) throw badRevision(text, "begins neither with s3:// nor with github:owner/repo@");
  const [, repository = "", commitId = ""] = github;
  if (!/^[0-9a-f]{40}$/i.test(commitId)) {
    throw badRevision(text, `${commitId} is not a commit's full SHA-1 of 40 digits`);
  }
  return { revisionType: "GitHub", gitHubLocation: { repository, commitId } };
}

function s3Revision(text: string): RevisionLocation {
  const [, bucket = "", key = "", query = ""] = text.match(/^s3:\/\/([^/?]*)\/?([^?]*)\??(.*)$/) ??
    [];
  if (bucket === "" || key === "") throw badRevision(text, "bucket or key is missing");
  const bundleType = bundleTypeOf(key);
  if (!bundleType) {
    const endings = BUNDLE_SUFFIXES.map(([suffix]) => suffix).join(" ");
    throw badRevision(text, `the key ends in none of ${endings}`);
  }
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys()) {
    if (name !== "versionId" && name !== "eTag") throw badRevision(text, `unknown ${name}=`);
  }
  const version = parameters.get("versionId");
  const eTag = parameters.get("eTag");
  return {
    revisionType: "S3",
    s3Location: { bucket, key, bundleType, ...(version && { version }), ...(eTag && { eTag }) },
  };
}

/** The revision as an argument for the shell; undefined for revisions that are text. */
export function revisionArgument(revision: RevisionLocation): string | undefined {
  if (revision.revisionType === "GitHub") {
    const { repository, commitId } = revision.gitHubLocation;
    return `github:${repository}@${commitId}`;
  }
  if (revision.revisionType !== "S3") return undefined;
  const { bucket, key, version, eTag } = revision.s3Location;
  const query = new URLSearchParams();
  if (version) query.set("versionId", version);
  if (eTag) query.set("eTag", eTag);
  return query.size === 0 ? `s3://${bucket}/${key}` : `'s3://${bucket}/${key}?${query}'`;
}

function badRevision(text: string, why: string) {
  return usageFailure(`--revision is not a revision: ${why}`, [`given: ${text}`], [
    "--revision 's3://BUCKET/KEY.tgz?eTag=…'",
    "--revision github:OWNER/REPO@SHA",
  ]);
}
