/**
 * Completing an upload takes as long as its bytes take to be read once more; a client that does not
 * wait for the answer asks again. The version that an upload became is known by its id, so the second
 * request gets the answer of the first (S3 API reference, CompleteMultipartUpload).
 * @module
 */
import { createHash } from "node:crypto";
import type { Db } from "../../store/database.ts";
import { findVersionMadeWith, type StoredObject } from "../../store/objects.ts";
import { multipartEtag } from "./composite.ts";
import type { S3Request } from "./operation.ts";
import { VERSION_RANDOM_BYTES } from "./store_version.ts";

/** What stands in the version id of an upload in place of random bytes; as hard to guess. */
export function versionMark(uploadId: string): string {
  return createHash("sha256").update(uploadId).digest("hex").slice(0, 2 * VERSION_RANDOM_BYTES);
}

/** The version that these parts of the upload have become already; undefined when they have not. */
export function completedBefore(
  db: Db,
  { bucket, key, query }: S3Request,
  etags: readonly string[],
): StoredObject | undefined {
  const mark = versionMark(query.get("uploadId") ?? "");
  const version = findVersionMadeWith(db, { bucket, key, random: mark });
  const same = version?.etag === multipartEtag(etags.map((etag) => ({ etag })));
  return same ? version : undefined;
}
