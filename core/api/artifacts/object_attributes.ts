/** GetObjectAttributes: what is known of a version, without its bytes. @module */
import { addressOf, readVersion } from "./get_object.ts";
import type { Artifacts, S3Request } from "./operation.ts";
import { S3Error } from "./s3_error.ts";
import { s3Document, xmlResponse } from "./s3_xml.ts";
import { checksumElements } from "./store_version.ts";

/** GetObjectAttributes. Of parts only their number is kept. */
export function getObjectAttributes(artifacts: Artifacts, request: S3Request): Response {
  const wanted = (request.headers.get("x-amz-object-attributes") ?? "").split(",")
    .map((name) => name.trim()).filter((name) => name !== "");
  const version = readVersion(artifacts.store.read, addressOf(request));
  const parts = /-(\d+)$/.exec(version.etag)?.[1];
  const known: Record<string, unknown> = {
    ETag: version.etag,
    Checksum: checksumElements(version),
    ObjectParts: parts === undefined ? undefined : { PartsCount: Number(parts) },
    StorageClass: "STANDARD",
    ObjectSize: version.size,
  };
  const unknown = wanted.find((name) => !(name in known));
  if (wanted.length === 0 || unknown !== undefined) {
    throw new S3Error(
      "InvalidArgument",
      `x-amz-object-attributes must name some of ${Object.keys(known).join(", ")}` +
        (unknown === undefined ? "." : `, not "${unknown}".`),
    );
  }
  const asked = Object.entries(known).filter(([name, value]) =>
    wanted.includes(name) && value !== undefined
  );
  return xmlResponse(s3Document("GetObjectAttributesResponse", Object.fromEntries(asked)), {
    "last-modified": new Date(version.lastModified).toUTCString(),
    "x-amz-version-id": version.versionId,
  });
}
