/**
 * CopyObject and UploadPartCopy. A copy is a row that names the same bytes; nothing is read but for a
 * part, which has to be a file of its own.
 * @module
 */
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { findVersion, insertObject, type StoredObject } from "../../store/objects.ts";
import { parseCopySource } from "./address.ts";
import { checksumsOf } from "./checksums.ts";
import { checksumOfUpload } from "./composite.ts";
import { judge, preconditionFailed } from "./conditions.ts";
import { readVersion } from "./get_object.ts";
import { keepPart, partNumberOf, uploadOf } from "./multipart.ts";
import type { Artifacts, S3Request } from "./operation.ts";
import { INCOMING_RANDOM_BYTES } from "./put_object.ts";
import { receive } from "./receive.ts";
import { S3Error } from "./s3_error.ts";
import { s3Document, xmlResponse } from "./s3_xml.ts";
import {
  checksumElements,
  checksumTags,
  describedBy,
  VERSION_RANDOM_BYTES,
  versionHeaders,
  writeCondition,
} from "./store_version.ts";

/** CopyObject. The ETag and the sums stay those of the source, as the bytes are the same. */
export async function copyObject(artifacts: Artifacts, request: S3Request): Promise<Response> {
  const { bucket, key, headers } = request;
  const from = parseCopySource(headers.get("x-amz-copy-source") ?? "");
  const replaces = directive(headers);
  if (!replaces && from.bucket === bucket && from.key === key && from.versionId === undefined) {
    throw new S3Error(
      "InvalidRequest",
      "This copy request is illegal because it is trying to copy an object to itself without " +
        "changing the object's metadata: name another key, or x-amz-metadata-directive: REPLACE.",
    );
  }
  const condition = writeCondition(headers, { bucket, key });
  const random = artifacts.randomHex(VERSION_RANDOM_BYTES);
  const { source, copy } = await artifacts.store.commit((tx) => {
    // Inside the commit, so that the bytes cannot be deleted between the look and the row.
    const source = readVersion(tx, from);
    mustHold(headers, source);
    condition(tx);
    const { etag, sha256, size, checksums, ...rest } = source;
    const described = replaces ? describedBy(headers) : {
      contentType: rest.contentType,
      metadata: rest.metadata,
      headers: rest.headers,
    };
    const bytes = { etag, sha256, size, checksums };
    const object = { bucket, key, ...described, ...bytes, lastModified: artifacts.now() };
    return { source, copy: insertObject(tx, object, random) };
  });
  const document = s3Document("CopyObjectResult", {
    LastModified: new Date(copy.lastModified).toISOString(),
    ETag: `"${copy.etag}"`,
    ...checksumElements(copy),
  });
  const { "x-amz-version-id": versionId = "" } = versionHeaders(copy);
  return xmlResponse(document, {
    "x-amz-version-id": versionId,
    "x-amz-copy-source-version-id": source.versionId,
  });
}

/** UploadPartCopy: a part out of an object, or out of a range of it. */
export async function copyPart(artifacts: Artifacts, request: S3Request): Promise<Response> {
  const { headers, query } = request;
  const upload = uploadOf(artifacts.store.read, request);
  const partNumber = partNumberOf(query);
  const from = parseCopySource(headers.get("x-amz-copy-source") ?? "");
  const source = readVersion(artifacts.store.read, from);
  mustHold(headers, source);
  const { start, end } = rangeOf(headers, source);
  const algorithm = checksumOfUpload(upload)?.algorithm;
  const names = algorithm === undefined ? [] : [algorithm];
  const file = await artifacts.files.incoming(artifacts.randomHex(INCOMING_RANDOM_BYTES));
  const content = artifacts.files.content(source.sha256);
  // A stream cannot be asked for no bytes.
  const bytes = end === start
    ? Readable.from([])
    : createReadStream(content, { start, end: end - 1 });
  const received = await receive(bytes, file, names, ({ size }) => {
    // Somebody may delete the source meanwhile; a part that is cut short is no part.
    const gone = size !== end - start || !findVersion(artifacts.store.read, versionOf(source));
    if (gone) throw new S3Error("NoSuchKey", "The source was deleted while it was copied.");
  });
  const checksums = checksumsOf(names, received.sums);
  const part = await keepPart(artifacts, request, { received, partNumber, checksums });
  const document = s3Document("CopyPartResult", {
    LastModified: new Date(part.lastModified).toISOString(),
    ETag: `"${part.etag}"`,
    ...checksumTags(checksums),
  });
  return xmlResponse(document, { "x-amz-copy-source-version-id": source.versionId });
}

function versionOf({ bucket, key, versionId }: StoredObject) {
  return { bucket, key, versionId };
}

/** True for REPLACE. Throws InvalidArgument for what is neither that nor COPY. */
function directive(headers: Headers): boolean {
  const given = headers.get("x-amz-metadata-directive") ?? "COPY";
  if (given === "COPY" || given === "REPLACE") return given === "REPLACE";
  throw new S3Error(
    "InvalidArgument",
    `x-amz-metadata-directive is "${given}"; it must be COPY or REPLACE.`,
  );
}

/** Throws PreconditionFailed when a condition on the source does not hold. */
function mustHold(headers: Headers, source: StoredObject): void {
  const verdict = judge(headers, source, "x-amz-copy-source-if-");
  if (verdict.kind !== "holds") throw preconditionFailed(headers, verdict.header, source);
}

/** Of x-amz-copy-source-range, `bytes=FIRST-LAST`, which unlike Range must lie inside. */
function rangeOf(headers: Headers, { size }: StoredObject): { start: number; end: number } {
  const given = headers.get("x-amz-copy-source-range");
  if (given === null) return { start: 0, end: size };
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(given) ?? [];
  if (Number(first) <= Number(last) && Number(last) < size) {
    return { start: Number(first), end: Number(last) + 1 };
  }
  throw new S3Error(
    "InvalidArgument",
    `x-amz-copy-source-range is "${given}"; it must be bytes=FIRST-LAST within the ${size} bytes ` +
      "of the source.",
  );
}
