/**
 * What an S3 URL names. Bucket and key are percent-decoded exactly once, and are nothing but text
 * from there on: no file path is ever made of them.
 * @module
 */
import { Buffer } from "node:buffer";
import { S3Error } from "./s3_error.ts";

/**
 * `key` is empty when the request is about the bucket itself, `bucket` too when it is about all of
 * them.
 */
export interface Address {
  bucket: string;
  key: string;
  query: URLSearchParams;
}

/** S3 user guide, "Bucket naming rules". */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** S3 user guide, "Naming Amazon S3 objects". */
const KEY_LIMIT_BYTES = 1024;

/**
 * Reads `/bucket/key?query`, or `/key?query` where the host has named the bucket. Throws InvalidURI,
 * InvalidBucketName, KeyTooLongError.
 */
export function parseAddress(url: URL, hostBucket?: string): Address {
  const { pathname, searchParams: query } = url;
  if (hostBucket === undefined && pathname === "/") return { bucket: "", key: "", query };
  if (hostBucket !== undefined) {
    return { ...checked(hostBucket, decode(pathname.slice(1))), query };
  }
  const end = pathname.indexOf("/", 1);
  const bucket = decode(end < 0 ? pathname.slice(1) : pathname.slice(1, end));
  return { ...checked(bucket, end < 0 ? "" : decode(pathname.slice(end + 1))), query };
}

/** What `x-amz-copy-source` names: `[/]bucket/key[?versionId=ID]`, percent-encoded. */
export function parseCopySource(
  header: string,
): { bucket: string; key: string; versionId?: string } {
  const [, path = "", version] = /^\/?(.*?)(?:\?versionId=(.*))?$/s.exec(header) ?? [];
  const name = decode(path);
  const end = name.indexOf("/");
  if (end < 1 || end === name.length - 1) {
    throw new S3Error(
      "InvalidArgument",
      `x-amz-copy-source is "${header}"; it must be BUCKET/KEY, with ?versionId=ID for one version.`,
    );
  }
  const at = checked(name.slice(0, end), name.slice(end + 1));
  return { ...at, ...(version !== undefined && { versionId: decode(version) }) };
}

/** Throws unless both can be names. */
export function checked(bucket: string, key: string): { bucket: string; key: string } {
  if (!BUCKET.test(bucket)) {
    throw new S3Error(
      "InvalidBucketName",
      `"${bucket}" is not a bucket name: 3 to 63 lower-case letters, digits, dots and hyphens, ` +
        "with a letter or digit at both ends.",
    );
  }
  const bytes = Buffer.byteLength(key);
  if (bytes > KEY_LIMIT_BYTES) {
    throw new S3Error("KeyTooLongError", `The key has ${bytes} bytes; at most 1024 are allowed.`);
  }
  if (key.includes("\0")) {
    throw new S3Error("InvalidURI", "The key holds a zero byte; choose a key without.");
  }
  return { bucket, key };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new S3Error("InvalidURI", `"${text}" is not percent-encoded UTF-8.`, { cause });
  }
}
