/** ListObjectVersions: every version and every delete marker, the newest of a key first. @module */
import { z } from "zod";
import { isDeleteMarker, listVersions, type StoredObject } from "../../store/objects.ts";
import { mustBeThere, OWNER } from "./bucket_operations.ts";
import {
  afterMarker,
  commonPrefixes,
  Count,
  fold,
  FOLDING,
  naming,
  PAGE_LIMIT,
  readQuery,
  take,
} from "./listing.ts";
import type { Artifacts, S3Request } from "./operation.ts";
import { S3Error } from "./s3_error.ts";
import { s3Document, xmlResponse } from "./s3_xml.ts";

const Query = z.object({
  ...FOLDING,
  "max-keys": Count,
  "key-marker": z.string().default(""),
  "version-id-marker": z.string().optional(),
});

/** ListObjectVersions. */
export function listObjectVersions(artifacts: Artifacts, request: S3Request): Response {
  mustBeThere(artifacts, request);
  const query = readQuery(Query, request.query);
  const marker = query["version-id-marker"] || undefined;
  if (marker !== undefined && query["key-marker"] === "") {
    throw new S3Error("InvalidArgument", "A version-id marker needs a key-marker beside it.");
  }
  const start = marker === undefined
    ? afterMarker(query["key-marker"], query)
    : query["key-marker"];
  const { bucket } = request;
  const { prefix } = query;
  const entries = fold<StoredObject>({ ...query, after: start }, ({ key, row }) => {
    const versionId = row?.versionId ?? (key === start ? marker : undefined);
    return listVersions(artifacts.store.read, {
      ...{ bucket, prefix, limit: PAGE_LIMIT },
      after: { key, versionId },
    });
  });
  const limit = Math.min(query["max-keys"], PAGE_LIMIT);
  const { found, truncated } = take(entries, limit);
  const name = naming(query["encoding-type"]);
  // The first of a key is its latest, unless the page goes on within the key.
  let previous = marker === undefined ? undefined : query["key-marker"];
  const rows = found.filter((entry) => entry.kind === "row").map(({ row }) => {
    const latest = row.key !== previous;
    previous = row.key;
    return { row, element: elementOf(row, name, latest) };
  });
  const last = found.at(-1);
  return xmlResponse(s3Document("ListVersionsResult", {
    Name: bucket,
    Prefix: name(prefix),
    KeyMarker: name(query["key-marker"]),
    VersionIdMarker: marker ?? "",
    ...(truncated && last?.kind === "prefix" && { NextKeyMarker: name(last.prefix) }),
    ...(truncated && last?.kind === "row" && {
      NextKeyMarker: name(last.row.key),
      NextVersionIdMarker: last.row.versionId,
    }),
    MaxKeys: limit,
    ...(query.delimiter && { Delimiter: name(query.delimiter) }),
    ...(query["encoding-type"] && { EncodingType: query["encoding-type"] }),
    IsTruncated: truncated,
    Version: rows.filter(({ row }) => !isDeleteMarker(row)).map(({ element }) => element),
    DeleteMarker: rows.filter(({ row }) => isDeleteMarker(row)).map(({ element }) => element),
    CommonPrefixes: commonPrefixes(found, name),
  }));
}

function elementOf(row: StoredObject, name: (key: string) => string, latest: boolean) {
  return {
    Key: name(row.key),
    VersionId: row.versionId,
    IsLatest: latest,
    LastModified: new Date(row.lastModified).toISOString(),
    ...(!isDeleteMarker(row) &&
      { ETag: `"${row.etag}"`, Size: row.size, StorageClass: "STANDARD" }),
    Owner: { ID: OWNER, DisplayName: OWNER },
  };
}
