/** DeleteObject: hides a key, or removes one version of it for good. @module */
import { deleteVersion, insertDeleteMarker, isDeleteMarker } from "../../store/objects.ts";
import type { Artifacts, S3Request } from "./operation.ts";

const VERSION_RANDOM_BYTES = 10;

/**
 * DeleteObject. Without `versionId` a delete marker is written, whether the key exists or not; with
 * it that version goes, and its bytes when no other has the same. Deleting what is not there
 * succeeds, as with S3.
 */
export async function deleteObject(artifacts: Artifacts, request: S3Request): Promise<Response> {
  const { bucket, key, query } = request;
  const versionId = query.get("versionId");
  if (versionId === null) {
    const at = artifacts.now();
    const random = artifacts.randomHex(VERSION_RANDOM_BYTES);
    const marker = await artifacts.store.commit((tx) =>
      insertDeleteMarker(tx, { bucket, key, at }, random)
    );
    return deleted(marker.versionId, { "x-amz-delete-marker": "true" });
  }
  const gone = await artifacts.store.commit((tx) => deleteVersion(tx, { bucket, key, versionId }));
  if (!gone || !isDeleteMarker(gone)) {
    if (gone) artifacts.files.removeUnreferenced(gone.sha256);
    return deleted(versionId, {});
  }
  return deleted(versionId, { "x-amz-delete-marker": "true" });
}

function deleted(versionId: string, headers: Record<string, string>): Response {
  return new Response(null, {
    status: 204,
    headers: { "x-amz-version-id": versionId, ...headers },
  });
}
