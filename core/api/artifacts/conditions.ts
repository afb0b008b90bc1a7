/**
 * Conditions of a read, and of the source of a copy: If-Match, If-None-Match, If-Modified-Since,
 * If-Unmodified-Since (RFC 9110, 13.2.2; S3 API reference, GetObject and CopyObject). An entity tag
 * is stronger than a time: where both are given, the time is not looked at.
 * @module
 */
import type { StoredObject } from "../../store/objects.ts";
import { S3Error } from "./s3_error.ts";

/** What to do: go on, answer 304, or refuse with 412 because of `header`. */
export type Verdict = { kind: "holds" } | { kind: "unchanged" | "failed"; header: string };

/** Of which headers: `if-…`, or `x-amz-copy-source-if-…` for a copy. */
export type Prefix = "if-" | "x-amz-copy-source-if-";

/** Looks at the conditions in the order of the RFC. */
export function judge(headers: Headers, version: StoredObject, prefix: Prefix): Verdict {
  const match = headers.get(`${prefix}match`);
  const unmodified = timeOf(headers, `${prefix}unmodified-since`);
  const noneMatch = headers.get(`${prefix}none-match`);
  const modified = timeOf(headers, `${prefix}modified-since`);
  // A time in HTTP has no milliseconds.
  const changedAt = Math.floor(version.lastModified / 1000) * 1000;
  if (match !== null) {
    if (!namesTag(match, version.etag)) return { kind: "failed", header: `${prefix}match` };
  } else if (unmodified !== undefined && changedAt > unmodified) {
    return { kind: "failed", header: `${prefix}unmodified-since` };
  }
  if (noneMatch !== null) {
    if (namesTag(noneMatch, version.etag)) {
      return { kind: "unchanged", header: `${prefix}none-match` };
    }
  } else if (modified !== undefined && changedAt <= modified) {
    return { kind: "unchanged", header: `${prefix}modified-since` };
  }
  return { kind: "holds" };
}

/** The refusal of 412. */
export function preconditionFailed(
  headers: Headers,
  header: string,
  { etag, lastModified }: StoredObject,
): S3Error {
  return new S3Error(
    "PreconditionFailed",
    `${header} is ${headers.get(header)}, but the object has "${etag}" and was written at ` +
      `${new Date(lastModified).toUTCString()}.`,
  );
}

/** True when a list of entity tags (quoted or not, as clients differ) has this one, or is "*". */
export function namesTag(list: string, etag: string): boolean {
  const tags = list.split(",").map((tag) => tag.trim().replace(/^W\//, "").replaceAll('"', ""));
  return tags.includes("*") || tags.includes(etag);
}

/** Milliseconds since the epoch; undefined, as HTTP wants it, when it is no time. */
function timeOf(headers: Headers, name: string): number | undefined {
  const time = Date.parse(headers.get(name) ?? "");
  return Number.isNaN(time) ? undefined : time;
}
