/** ListObjectsV2 and ListObjects: the keys of a bucket, folded at a delimiter. @module */
import { Buffer } from "node:buffer";
import { z } from "zod";
import { listObjects, type StoredObject } from "../../store/objects.ts";
import { mustBeThere, OWNER } from "./bucket_operations.ts";
import {
  afterMarker,
  commonPrefixes,
  Count,
  type Entry,
  fold,
  FOLDING,
  naming,
  PAGE_LIMIT,
  readQuery,
  rowsOf,
  take,
} from "./listing.ts";
import type { Artifacts, S3Request } from "./operation.ts";
import { s3Document, xmlResponse } from "./s3_xml.ts";

const QueryV2 = z.object({
  ...FOLDING,
  "max-keys": Count,
  "start-after": z.string().default(""),
  "continuation-token": z.string().optional(),
  "fetch-owner": z.enum(["true", "false"]).optional(),
});

const QueryV1 = z.object({ ...FOLDING, "max-keys": Count, marker: z.string().default("") });

/** ListObjectsV2. */
export function listObjectsV2(artifacts: Artifacts, request: S3Request): Response {
  mustBeThere(artifacts, request);
  const query = readQuery(QueryV2, request.query);
  const token = query["continuation-token"];
  const after = token === undefined ? query["start-after"] : fromToken(token);
  const { found, truncated } = listed(artifacts, request.bucket, { ...query, after });
  const last = found.at(-1);
  const name = naming(query["encoding-type"]);
  return xmlResponse(s3Document("ListBucketResult", {
    Name: request.bucket,
    Prefix: name(query.prefix),
    ...(query["start-after"] && { StartAfter: name(query["start-after"]) }),
    ...(query.delimiter && { Delimiter: name(query.delimiter) }),
    ...(query["encoding-type"] && { EncodingType: query["encoding-type"] }),
    ...(token !== undefined && { ContinuationToken: token }),
    MaxKeys: Math.min(query["max-keys"], PAGE_LIMIT),
    KeyCount: found.length,
    IsTruncated: truncated,
    ...(truncated && last && { NextContinuationToken: toToken(last.resume) }),
    Contents: rowsOf(found).map((row) => contentOf(row, name, query["fetch-owner"] === "true")),
    CommonPrefixes: commonPrefixes(found, name),
  }));
}

/** ListObjects, the first version, which some tools still call. */
export function listObjectsV1(artifacts: Artifacts, request: S3Request): Response {
  mustBeThere(artifacts, request);
  const query = readQuery(QueryV1, request.query);
  const after = afterMarker(query.marker, query);
  const { found, truncated } = listed(artifacts, request.bucket, { ...query, after });
  const last = found.at(-1);
  const name = naming(query["encoding-type"]);
  const next = last?.kind === "prefix" ? last.prefix : last?.row.key;
  return xmlResponse(s3Document("ListBucketResult", {
    Name: request.bucket,
    Prefix: name(query.prefix),
    Marker: name(query.marker),
    ...(query.delimiter && { Delimiter: name(query.delimiter) }),
    ...(query["encoding-type"] && { EncodingType: query["encoding-type"] }),
    MaxKeys: Math.min(query["max-keys"], PAGE_LIMIT),
    IsTruncated: truncated,
    // S3 sends it with a delimiter only; others take the last key, which is the same.
    ...(truncated && query.delimiter && next !== undefined && { NextMarker: name(next) }),
    Contents: rowsOf(found).map((row) => contentOf(row, name, true)),
    CommonPrefixes: commonPrefixes(found, name),
  }));
}

function listed(
  artifacts: Artifacts,
  bucket: string,
  query: { prefix: string; delimiter: string; after: string; "max-keys": number },
): { found: Entry<StoredObject>[]; truncated: boolean } {
  const { prefix } = query;
  const entries = fold<StoredObject>(
    query,
    ({ key: after }) =>
      listObjects(artifacts.store.read, { bucket, prefix, after, limit: PAGE_LIMIT }),
  );
  return take(entries, Math.min(query["max-keys"], PAGE_LIMIT));
}

function contentOf(row: StoredObject, name: (key: string) => string, owner: boolean) {
  return {
    Key: name(row.key),
    LastModified: new Date(row.lastModified).toISOString(),
    ETag: `"${row.etag}"`,
    Size: row.size,
    StorageClass: "STANDARD",
    ...(owner && { Owner: { ID: OWNER, DisplayName: OWNER } }),
  };
}

function toToken(resume: string): string {
  return Buffer.from(resume).toString("base64url");
}

function fromToken(token: string): string {
  return Buffer.from(token, "base64url").toString("utf8");
}
