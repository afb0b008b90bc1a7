/**
 * Revisions as people write them: `s3://bucket/key?versionId=…&eTag=…`, `github:owner/repo@sha` and
 * `https://host/app.tgz#sha256=…`, with `&type=zip` where the address does not end like its type.
 * @module
 */
import { HttpsLocation } from "../domain/https_location.ts";
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
  const read = readRevision(text);
  if (typeof read !== "string") return read;
  throw usageFailure(`--revision is not a revision: ${read}`, [`given: ${text}`], [
    "--revision 's3://BUCKET/KEY.tgz?eTag=…'",
    "--revision github:OWNER/REPO@SHA",
    "--revision 'https://HOST/APP.tgz#sha256=…'",
  ]);
}

/** The revision, or what is wrong with the text. */
export function readRevision(text: string): RevisionLocation | string {
  if (text.startsWith("s3://")) return s3Revision(text);
  if (/^https?:\/\//.test(text)) return httpsRevision(text);
  const github = text.match(/^github:([^/@]+\/[^/@]+)@(.+)$/);
  if (!github) return "begins with none of s3:// github:owner/repo@ https://";
  const [, repository = "", commitId = ""] = github;
  if (!/^[0-9a-f]{40}$/i.test(commitId)) {
    return `${commitId} is not a commit's full SHA-1 of 40 digits`;
  }
  return { revisionType: "GitHub", gitHubLocation: { repository, commitId } };
}

function s3Revision(text: string): RevisionLocation | string {
  const [, bucket = "", key = "", query = ""] = text.match(/^s3:\/\/([^/?]*)\/?([^?]*)\??(.*)$/) ??
    [];
  if (bucket === "" || key === "") return "bucket or key is missing";
  const bundleType = bundleTypeOf(key);
  if (!bundleType) {
    const endings = BUNDLE_SUFFIXES.map(([suffix]) => suffix).join(" ");
    return `the key ends in none of ${endings}`;
  }
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys()) {
    if (name !== "versionId" && name !== "eTag") return `unknown ${name}=`;
  }
  const version = parameters.get("versionId");
  const eTag = parameters.get("eTag");
  return {
    revisionType: "S3",
    s3Location: { bucket, key, bundleType, ...(version && { version }), ...(eTag && { eTag }) },
  };
}

function httpsRevision(text: string): RevisionLocation | string {
  const [url = "", fragment = ""] = text.split("#", 2);
  const parameters = new URLSearchParams(fragment);
  for (const name of parameters.keys()) {
    if (name !== "sha256" && name !== "type") return `unknown ${name}= after #`;
  }
  const sha256 = parameters.get("sha256");
  if (sha256 === null) return "its hash is missing: #sha256= and 64 hex digits";
  const path = URL.canParse(url) ? new URL(url).pathname : "";
  const bundleType = parameters.get("type") ?? bundleTypeOf(path);
  if (bundleType === undefined) {
    return "the address ends in none of .tgz .tar.gz .tar .zip; add &type=tgz";
  }
  const location = HttpsLocation.safeParse({ url, sha256, bundleType });
  if (location.success) return { revisionType: "HTTPS", httpsLocation: location.data };
  const [issue] = location.error.issues;
  return `${issue?.path.join(".")} must be ${issue?.message}`;
}

/** The revision as an argument for the shell; undefined for revisions that are text. */
export function revisionArgument(revision: RevisionLocation): string | undefined {
  if (revision.revisionType === "GitHub") {
    const { repository, commitId } = revision.gitHubLocation;
    return `github:${repository}@${commitId}`;
  }
  if (revision.revisionType === "HTTPS") return httpsArgument(revision.httpsLocation);
  if (revision.revisionType !== "S3") return undefined;
  const { bucket, key, version, eTag } = revision.s3Location;
  const query = new URLSearchParams();
  if (version) query.set("versionId", version);
  if (eTag) query.set("eTag", eTag);
  return query.size === 0 ? `s3://${bucket}/${key}` : `'s3://${bucket}/${key}?${query}'`;
}

function httpsArgument({ url, sha256, bundleType }: HttpsLocation): string {
  const shown = bundleTypeOf(new URL(url).pathname) === bundleType;
  const text = `${url}#sha256=${sha256}${shown ? "" : `&type=${bundleType}`}`;
  return `'${text.replaceAll("'", "%27")}'`;
}
