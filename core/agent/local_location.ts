/**
 * A bundle that a local run fetches, as a person names it: an object of S3, a repository of GitHub, or
 * a web address with its SHA-256 (spec 12.5; the last is ours).
 * @module
 */
import { HttpsLocation } from "../domain/https_location.ts";
import type { BundleRevision } from "../wire/bundle_revision.ts";
import { archiveTypeOf, type LocalBundleType, noBundle } from "./local_bundle.ts";

export interface FetchedBundle {
  /** As the person named it. */
  path: string;
  type: "tar" | "tgz" | "zip";
  revision: BundleRevision;
}

const GITHUB_PAGE = /^https:\/\/github\.com\/([^/?#]+)\/([^/?#]+?)(?:\.git)?\/?$/i;
const GITHUB_ARCHIVE =
  /^https:\/\/api\.github\.com\/repos\/([^/?#]+)\/([^/?#]+)\/(tarball|zipball)(?:\/([^?#]+))?$/i;

/** The bundle at an address; undefined for a path of this machine. Throws AgentFailure. */
export function fetchedBundle(
  location: string,
  type: LocalBundleType | undefined,
): FetchedBundle | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(location)?.[1]?.toLowerCase();
  if (scheme === undefined) return undefined;
  if (type === "directory") {
    throw noBundle(`${location} is no directory of this machine`, "leave --type out");
  }
  if (scheme === "s3") return s3Bundle(location, type);
  if (scheme === "https" || scheme === "http") {
    return githubBundle(location, type) ?? webBundle(location, scheme, type);
  }
  throw noBundle(
    `${scheme}:// is none of s3:// and https://`,
    "fetch it yourself, then give the file's path",
  );
}

function s3Bundle(location: string, type: FetchedBundle["type"] | undefined): FetchedBundle {
  const [, Bucket = "", Key = "", query = ""] =
    /^s3:\/\/([^/?]*)\/?([^?]*)\??(.*)$/i.exec(location) ?? [];
  const form = "give s3://BUCKET/KEY.tgz?versionId=VERSION&etag=ETAG, the last two if you like";
  if (Bucket === "" || Key === "") throw noBundle(`${location} lacks a bucket or a key`, form);
  const said = new Map([...new URLSearchParams(query)].map(([k, v]) => [k.toLowerCase(), v]));
  const unknown = [...said.keys()].find((name) => name !== "versionid" && name !== "etag");
  if (unknown !== undefined) throw noBundle(`${location} has an unknown ${unknown}=`, form);
  const BundleType = type ?? archiveTypeOf(Key) ?? unclear(location);
  const [Version, ETag] = [said.get("versionid") || null, said.get("etag") || null];
  return {
    path: location,
    type: BundleType,
    revision: { RevisionType: "S3", S3Revision: { Bucket, Key, BundleType, Version, ETag } },
  };
}

/** A repository's page means its newest commit, as for CodeDeploy's `codedeploy-local`. */
function githubBundle(
  location: string,
  type: FetchedBundle["type"] | undefined,
): FetchedBundle | undefined {
  const [, Account, Repository, format, CommitId = "HEAD"] =
    (GITHUB_ARCHIVE.exec(location) ?? GITHUB_PAGE.exec(location)) ?? [];
  if (Account === undefined || Repository === undefined) return undefined;
  const isZip = format === undefined ? type === "zip" : format.toLowerCase() === "zipball";
  if (format !== undefined && type !== undefined && isZip !== (type === "zip")) {
    throw noBundle(`${location} is a ${format}, and --type says ${type}`, "leave --type out");
  }
  const BundleType = isZip ? "zip" : "tar";
  const GitHubRevision = { Account, Repository, CommitId, BundleType };
  return {
    path: location,
    type: BundleType,
    revision: { RevisionType: "GitHub", GitHubRevision },
  };
}

function webBundle(
  location: string,
  scheme: "http" | "https",
  type: FetchedBundle["type"] | undefined,
): FetchedBundle {
  const [url = "", fragment = ""] = location.split("#", 2);
  const said = new URLSearchParams(fragment);
  const path = URL.canParse(url) ? new URL(url).pathname : "";
  const given = said.get("type") ?? type ?? archiveTypeOf(path) ?? unclear(location);
  const sha256 = said.get("sha256");
  const parsed = HttpsLocation.safeParse({ url, sha256: sha256 ?? "", bundleType: given });
  if (parsed.success) {
    const { url: Url, sha256: SHA256, bundleType: BundleType } = parsed.data;
    const HttpsRevision = { Url, SHA256, BundleType };
    return { path: url, type: BundleType, revision: { RevisionType: "HTTPS", HttpsRevision } };
  }
  const [issue] = parsed.error.issues;
  if (issue?.path[0] === "url" && scheme === "http") {
    throw noBundle(
      `${url} is http, which anybody on the way can change`,
      "give its https:// address, or fetch it yourself and give the file's path",
    );
  }
  if (sha256 === null) {
    throw noBundle(
      `${url} comes without its hash`,
      `curl -fsSL '${url}' | sha256sum      then add it to the address: #sha256=…`,
    );
  }
  throw noBundle(`${issue?.path.join(".")} is not ${issue?.message}`, "correct the address");
}

function unclear(location: string): never {
  throw noBundle(
    `${location} ends in none of .tgz .tar.gz .tar .zip`,
    "say what it is: --type tgz",
  );
}
