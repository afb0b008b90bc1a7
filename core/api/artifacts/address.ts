/**
 * What a path-style S3 URL names. Bucket and key are percent-decoded exactly once, and are nothing
 * but text from there on: no file path is ever made of them.
 * @module
 */
import { Buffer } from "node:buffer";
import { S3Error } from "./s3_error.ts";

/** `key` is empty when the request is about the bucket itself. */
export interface Address {
  bucket: string;
  key: string;
  query: URLSearchParams;
}

/** S3 user guide, "Bucket naming rules". */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** S3 user guide, "Naming Amazon S3 objects". */
const KEY_LIMIT_BYTES = 1024;

/** Reads `/bucket/key?query`. Throws InvalidURI, InvalidBucketName, KeyTooLongError. */
export function parseAddress(url: string): Address {
  const { pathname, searchParams: query } = new URL(url);
  const end = pathname.indexOf("/", 1);
  const bucket = decode(end < 0 ? pathname.slice(1) : pathname.slice(1, end));
  const key = end < 0 ? "" : decode(pathname.slice(end + 1));
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
  return { bucket, key, query };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new S3Error("InvalidURI", `"${text}" is not percent-encoded UTF-8.`, { cause });
  }
}
