/** ListObjectsV2: the keys of a bucket, folded at a delimiter. @module */
import { Buffer } from "node:buffer";
import { z } from "zod";
import { listObjects, type StoredObject } from "../../store/objects.ts";
import type { Artifacts, S3Request } from "./operation.ts";
import { S3Error } from "./s3_error.ts";
import { s3Document, xmlResponse } from "./s3_xml.ts";

/** Rows read at a time, and the most entries of one answer (S3 API reference). */
const PAGE_LIMIT = 1000;

/** Sorts after every character a key can go on with. */
const LAST_CHARACTER = "\u{10ffff}";

const Query = z.object({
  prefix: z.string().default(""),
  delimiter: z.string().default(""),
  "max-keys": z.coerce.number().int().min(0).default(PAGE_LIMIT),
  "start-after": z.string().default(""),
  "continuation-token": z.string().optional(),
  "encoding-type": z.literal("url").optional(),
});
type Query = z.infer<typeof Query>;

/** An object, or all keys that go on alike up to the delimiter; `resume` sorts with its last key. */
type Entry =
  | { kind: "object"; object: StoredObject; resume: string }
  | { kind: "prefix"; prefix: string; resume: string };

/** ListObjectsV2. */
export function listObjectsV2(artifacts: Artifacts, request: S3Request): Response {
  const query = parseQuery(request.query);
  const limit = Math.min(query["max-keys"], PAGE_LIMIT);
  const token = query["continuation-token"];
  const after = token === undefined ? query["start-after"] : fromToken(token);
  const found: Entry[] = [];
  let truncated = false;
  for (const entry of limit === 0 ? [] : entries(artifacts, request.bucket, query, after)) {
    truncated = found.length === limit;
    if (truncated) break;
    found.push(entry);
  }
  const last = found.at(-1);
  const name = query["encoding-type"] ? urlEncoded : (key: string) => key;
  return xmlResponse(s3Document("ListBucketResult", {
    Name: request.bucket,
    Prefix: name(query.prefix),
    ...(query.delimiter && { Delimiter: name(query.delimiter) }),
    ...(query["encoding-type"] && { EncodingType: query["encoding-type"] }),
    ...(token !== undefined && { ContinuationToken: token }),
    MaxKeys: query["max-keys"],
    KeyCount: found.length,
    IsTruncated: truncated,
    ...(truncated && last && { NextContinuationToken: toToken(last.resume) }),
    Contents: found.filter((entry) => entry.kind === "object").map(({ object }) => ({
      Key: name(object.key),
      LastModified: new Date(object.lastModified).toISOString(),
      ETag: `"${object.etag}"`,
      Size: object.size,
      StorageClass: "STANDARD",
    })),
    CommonPrefixes: found.filter((entry) => entry.kind === "prefix")
      .map(({ prefix }) => ({ Prefix: name(prefix) })),
  }));
}

function* entries(
  artifacts: Artifacts,
  bucket: string,
  { prefix, delimiter }: Query,
  start: string,
): Generator<Entry> {
  let after = start;
  for (;;) {
    const page = { bucket, prefix, after, limit: PAGE_LIMIT };
    const rows = listObjects(artifacts.store.read, page);
    let folded: string | undefined;
    for (const object of rows) {
      if (folded !== undefined && object.key.startsWith(folded)) continue;
      const end = delimiter === "" ? -1 : object.key.indexOf(delimiter, prefix.length);
      folded = end < 0 ? undefined : object.key.slice(0, end + delimiter.length);
      after = folded === undefined ? object.key : folded + LAST_CHARACTER;
      if (folded === undefined) yield { kind: "object", object, resume: after };
      else yield { kind: "prefix", prefix: folded, resume: after };
    }
    if (rows.length < PAGE_LIMIT) return;
  }
}

function parseQuery(query: URLSearchParams): Query {
  const parsed = Query.safeParse(Object.fromEntries(query));
  if (parsed.success) return parsed.data;
  throw new S3Error("InvalidArgument", z.prettifyError(parsed.error));
}

function toToken(resume: string): string {
  return Buffer.from(resume).toString("base64url");
}

function fromToken(token: string): string {
  return Buffer.from(token, "base64url").toString("utf8");
}

function urlEncoded(key: string): string {
  return encodeURIComponent(key).replaceAll("%2F", "/");
}
