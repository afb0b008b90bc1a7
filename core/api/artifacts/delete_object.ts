/**
 * DeleteObject and DeleteObjects: hide keys behind delete markers, or remove versions for good.
 * @module
 */
import { z } from "zod";
import type { Tx } from "../../store/group_commit.ts";
import {
  deleteVersion,
  insertDeleteMarker,
  isDeleteMarker,
  type ObjectAddress,
} from "../../store/objects.ts";
import { checked } from "./address.ts";
import { mustBeThere } from "./bucket_operations.ts";
import { addressOf } from "./get_object.ts";
import type { Artifacts, S3Request } from "./operation.ts";
import { readDocument } from "./request_text.ts";
import { asS3Error, S3Error } from "./s3_error.ts";
import { s3Document, xmlResponse } from "./s3_xml.ts";
import { VERSION_RANDOM_BYTES } from "./store_version.ts";

/** `versionId` is that of the marker or of what is gone; `sha256` what it had, if it had bytes. */
interface Deleted {
  versionId: string;
  marker: boolean;
  sha256?: string;
}

/**
 * DeleteObject. Without `versionId` a delete marker is written, whether the key exists or not; with
 * it that version goes, and its bytes when no other has the same. Deleting what is not there
 * succeeds, as with S3.
 */
export async function deleteObject(artifacts: Artifacts, request: S3Request): Promise<Response> {
  mustBeThere(artifacts, request);
  const at = addressOf(request);
  const deleted = await artifacts.store.commit((tx) => remove(artifacts, tx, at));
  free(artifacts, [deleted]);
  return new Response(null, {
    status: 204,
    headers: {
      "x-amz-version-id": deleted.versionId,
      ...(deleted.marker && { "x-amz-delete-marker": "true" }),
    },
  });
}

function remove(artifacts: Artifacts, tx: Tx, at: ObjectAddress): Deleted {
  const { bucket, key, versionId } = at;
  if (versionId === undefined) {
    const random = artifacts.randomHex(VERSION_RANDOM_BYTES);
    const marker = insertDeleteMarker(tx, { bucket, key, at: artifacts.now() }, random);
    return { versionId: marker.versionId, marker: true };
  }
  const gone = deleteVersion(tx, { bucket, key, versionId });
  if (!gone) return { versionId, marker: false };
  return isDeleteMarker(gone)
    ? { versionId, marker: true }
    : { versionId, marker: false, sha256: gone.sha256 };
}

function free({ files }: Artifacts, deleted: readonly Deleted[]): void {
  for (const { sha256 } of deleted) if (sha256 !== undefined) files.removeUnreferenced(sha256);
}

/** S3 API reference, DeleteObjects. */
const KEYS_MAX = 1000;

const Listed = z.object({ Key: z.string(), VersionId: z.string().optional() });
type Listed = z.infer<typeof Listed>;
const List = z.object({
  Delete: z.object({
    Object: z.union([z.array(Listed), Listed.transform((one) => [one])]),
    Quiet: z.string().optional(),
  }),
});

/** DeleteObjects: all that can be deleted is, in one commit; the rest is named with its reason. */
export async function deleteObjects(artifacts: Artifacts, request: S3Request): Promise<Response> {
  mustBeThere(artifacts, request);
  const { Delete: { Object: listed, Quiet } } = await readDocument(request, {
    schema: List,
    what: "The body must be a Delete with at least one Object that has a Key",
  });
  if (listed.length > KEYS_MAX) {
    throw new S3Error("MalformedXML", `${listed.length} keys are listed; one request takes 1000.`);
  }
  const { bucket } = request;
  const errors: Record<string, string>[] = [];
  const sound = listed.filter((one) => {
    const fault = faultOf(bucket, one);
    if (fault) errors.push({ Key: one.Key, Code: fault.code, Message: fault.message });
    return !fault;
  });
  const deleted = await artifacts.store.commit((tx) =>
    sound.map(({ Key: key, VersionId }) =>
      remove(artifacts, tx, {
        bucket,
        key,
        ...(VersionId !== undefined && { versionId: VersionId }),
      })
    )
  );
  free(artifacts, deleted);
  const quiet = Quiet?.trim() === "true";
  return xmlResponse(s3Document("DeleteResult", {
    Deleted: quiet ? [] : sound.map(({ Key, VersionId }, index) => ({
      Key,
      ...(VersionId !== undefined && { VersionId }),
      ...(deleted[index]?.marker && {
        DeleteMarker: true,
        DeleteMarkerVersionId: deleted[index].versionId,
      }),
    })),
    Error: errors,
  }));
}

function faultOf(bucket: string, { Key }: Listed): S3Error | undefined {
  try {
    checked(bucket, Key);
    return Key === "" ? new S3Error("InvalidArgument", "The key is empty.") : undefined;
  } catch (error) {
    const refused = asS3Error(error);
    if (refused) return refused;
    throw error;
  }
}
