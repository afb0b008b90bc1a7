/** ListMultipartUploads and ListParts: what is under way. @module */
import { z } from "zod";
import { listParts, listUploads, type Upload } from "../../store/uploads.ts";
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
  rowsOf,
  take,
} from "./listing.ts";
import { uploadOf } from "./multipart.ts";
import type { Artifacts, S3Request } from "./operation.ts";
import { s3Document, xmlResponse } from "./s3_xml.ts";
import { checksumTags } from "./store_version.ts";

const OWNERS = {
  Initiator: { ID: OWNER, DisplayName: OWNER },
  Owner: { ID: OWNER, DisplayName: OWNER },
  StorageClass: "STANDARD",
};

const UploadsQuery = z.object({
  ...FOLDING,
  "max-uploads": Count,
  "key-marker": z.string().default(""),
  "upload-id-marker": z.string().default(""),
});

/** ListMultipartUploads. */
export function listMultipartUploads(artifacts: Artifacts, request: S3Request): Response {
  mustBeThere(artifacts, request);
  const query = readQuery(UploadsQuery, request.query);
  const { prefix, "key-marker": keyMarker, "upload-id-marker": idMarker } = query;
  const { bucket } = request;
  const start = idMarker === "" ? afterMarker(keyMarker, query) : keyMarker;
  const entries = fold<Upload>({ ...query, after: start }, ({ key, row }) => {
    const id = row?.uploadId ?? (key === start && idMarker !== "" ? idMarker : undefined);
    return listUploads(artifacts.store.read, {
      bucket,
      prefix,
      after: { key, id },
      limit: PAGE_LIMIT,
    });
  });
  const limit = Math.min(query["max-uploads"], PAGE_LIMIT);
  const { found, truncated } = take(entries, limit);
  const name = naming(query["encoding-type"]);
  const last = found.at(-1);
  return xmlResponse(s3Document("ListMultipartUploadsResult", {
    Bucket: bucket,
    KeyMarker: name(keyMarker),
    UploadIdMarker: idMarker,
    ...(truncated && last?.kind === "prefix" && { NextKeyMarker: name(last.prefix) }),
    ...(truncated && last?.kind === "row" && {
      NextKeyMarker: name(last.row.key),
      NextUploadIdMarker: last.row.uploadId,
    }),
    Prefix: name(prefix),
    ...(query.delimiter && { Delimiter: name(query.delimiter) }),
    ...(query["encoding-type"] && { EncodingType: query["encoding-type"] }),
    MaxUploads: limit,
    IsTruncated: truncated,
    Upload: rowsOf(found).map((upload) => ({
      Key: name(upload.key),
      UploadId: upload.uploadId,
      ...OWNERS,
      Initiated: new Date(upload.createTime).toISOString(),
      ...checksumOf(upload),
    })),
    CommonPrefixes: commonPrefixes(found, name),
  }));
}

const PartsQuery = z.object({
  uploadId: z.string(),
  "max-parts": Count,
  "part-number-marker": z.coerce.number().int().min(0).default(0),
});

/** ListParts. */
export function listUploadParts(artifacts: Artifacts, request: S3Request): Response {
  const upload = uploadOf(artifacts.store.read, request);
  const query = readQuery(PartsQuery, request.query);
  const limit = Math.min(query["max-parts"], PAGE_LIMIT);
  const rest = listParts(artifacts.store.read, upload.uploadId)
    .filter(({ partNumber }) => partNumber > query["part-number-marker"]);
  const parts = rest.slice(0, limit);
  const truncated = limit > 0 && rest.length > limit;
  return xmlResponse(s3Document("ListPartsResult", {
    Bucket: upload.bucket,
    Key: upload.key,
    UploadId: upload.uploadId,
    ...OWNERS,
    PartNumberMarker: query["part-number-marker"],
    ...(truncated && { NextPartNumberMarker: parts.at(-1)?.partNumber }),
    MaxParts: limit,
    IsTruncated: truncated,
    ...checksumOf(upload),
    Part: parts.map((part) => ({
      PartNumber: part.partNumber,
      LastModified: new Date(part.lastModified).toISOString(),
      ETag: `"${part.etag}"`,
      Size: part.size,
      ...checksumTags(part.checksums),
    })),
  }));
}

function checksumOf({ checksumAlgorithm, checksumType }: Upload): Record<string, string> {
  if (checksumAlgorithm === null || checksumType === null) return {};
  return { ChecksumAlgorithm: checksumAlgorithm.toUpperCase(), ChecksumType: checksumType };
}
