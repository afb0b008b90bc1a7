/**
 * Multipart uploads: begun, filled with parts in any order, and aborted; `complete_upload.ts` makes a
 * version of them. Each part is on disk when it is answered. A part may be copied from an object.
 * @module
 */
import { rm } from "node:fs/promises";
import { z } from "zod";
import type { Db } from "../../store/database.ts";
import {
  deleteUpload,
  findUpload,
  insertUpload,
  listParts,
  putPart,
  type Upload,
  type UploadPart,
} from "../../store/uploads.ts";
import { moveDurably } from "./artifact_files.ts";
import { checksumsOf, sumsFor } from "./checksums.ts";
import { checksumOfUpload, uploadChecksum } from "./composite.ts";
import type { Artifacts, S3Request } from "./operation.ts";
import { md5Hex, receiveBody } from "./put_object.ts";
import type { Received } from "./receive.ts";
import { S3Error } from "./s3_error.ts";
import { s3Document, xmlResponse } from "./s3_xml.ts";
import { describedBy } from "./store_version.ts";
import { sweepUploads } from "./sweep.ts";

const UPLOAD_ID_BYTES = 16;

/** S3 user guide, "Amazon S3 multipart upload limits". */
export const PartNumber = z.coerce.number().int().min(1).max(10_000);

/** CreateMultipartUpload. */
export async function createUpload(artifacts: Artifacts, request: S3Request): Promise<Response> {
  const { bucket, key, headers } = request;
  const uploadId = artifacts.randomHex(UPLOAD_ID_BYTES);
  const checksum = uploadChecksum(headers);
  const upload = {
    ...{ uploadId, bucket, key, createTime: artifacts.now(), ...describedBy(headers) },
    ...{ checksumAlgorithm: checksum?.algorithm ?? null, checksumType: checksum?.type ?? null },
  };
  await artifacts.store.commit((tx) => insertUpload(tx, upload));
  // Here, and not only at a start: a server may run for years.
  for (const lost of await sweepUploads(artifacts.store, artifacts.now())) {
    await artifacts.files.removeUpload(lost);
  }
  const document = s3Document("InitiateMultipartUploadResult", {
    Bucket: bucket,
    Key: key,
    UploadId: uploadId,
  });
  return xmlResponse(document, {
    ...(checksum && {
      "x-amz-checksum-algorithm": checksum.algorithm.toUpperCase(),
      "x-amz-checksum-type": checksum.type,
    }),
  });
}

/** UploadPart; a part with a number that is there already takes its place. */
export async function uploadPart(artifacts: Artifacts, request: S3Request): Promise<Response> {
  const upload = uploadOf(artifacts.store.read, request);
  const partNumber = partNumberOf(request.query);
  const algorithm = checksumOfUpload(upload)?.algorithm;
  const names = algorithm === undefined ? [] : [algorithm];
  const { received, claims } = await receiveBody(artifacts, request, names);
  const checksums = checksumsOf([...sumsFor(claims), ...names], received.sums);
  const part = await keepPart(artifacts, request, { received, partNumber, checksums });
  const headers: Record<string, string> = { etag: `"${part.etag}"` };
  for (const [name, sum] of Object.entries(checksums)) headers[`x-amz-checksum-${name}`] = sum;
  return new Response(null, { headers });
}

/** Gives a part that has arrived its name and its row. */
export async function keepPart(
  artifacts: Artifacts,
  request: S3Request,
  arrived: { received: Received; partNumber: number; checksums: Record<string, string> },
): Promise<UploadPart> {
  const { received, partNumber, checksums } = arrived;
  const uploadId = request.query.get("uploadId") ?? "";
  const { size } = received.sums;
  const etag = md5Hex(received.sums);
  const lastModified = artifacts.now();
  const part: UploadPart = { uploadId, partNumber, etag, size, checksums, lastModified };
  const file = artifacts.files.part(part);
  try {
    await moveDurably(received.file, file);
    const former = await artifacts.store.commit((tx) => {
      uploadOf(tx, request);
      return putPart(tx, part);
    });
    if (former && former.etag !== part.etag) await rm(artifacts.files.part(former), FORCE);
    return part;
  } catch (error) {
    await rm(received.file, FORCE);
    if (!hasPart(artifacts.store.read, part)) await rm(file, FORCE);
    throw error;
  }
}

const FORCE = { force: true };

/** AbortMultipartUpload: takes the upload and its parts away. */
export async function abortUpload(artifacts: Artifacts, request: S3Request): Promise<Response> {
  const { uploadId } = await artifacts.store.commit((tx) => {
    const upload = uploadOf(tx, request);
    deleteUpload(tx, upload.uploadId);
    return upload;
  });
  await artifacts.files.removeUpload(uploadId);
  return new Response(null, { status: 204 });
}

/** The upload that a request names, begun for the same key. Throws NoSuchUpload. */
export function uploadOf(db: Db, { bucket, key, query }: S3Request): Upload {
  const uploadId = query.get("uploadId") ?? "";
  const upload = findUpload(db, { uploadId, bucket, key });
  if (upload) return upload;
  throw new S3Error(
    "NoSuchUpload",
    `No upload "${uploadId}" of the key "${key}" is under way: it was completed, aborted, or never ` +
      "begun for this key. Begin a new one.",
  );
}

export function partNumberOf(query: URLSearchParams): number {
  const number = PartNumber.safeParse(query.get("partNumber"));
  if (number.success) return number.data;
  const given = query.get("partNumber");
  throw new S3Error("InvalidArgument", `partNumber is "${given}"; it must be from 1 to 10000.`);
}

/** True when this very part was committed, by an earlier try of the same request. */
function hasPart(db: Db, part: UploadPart): boolean {
  return listParts(db, part.uploadId)
    .some(({ partNumber, etag }) => partNumber === part.partNumber && etag === part.etag);
}
