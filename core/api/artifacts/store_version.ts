/**
 * The last step of PutObject and CompleteMultipartUpload: bytes that are on disk become a version,
 * and the answer says which.
 * @module
 */
import { Buffer } from "node:buffer";
import type { Tx } from "../../store/group_commit.ts";
import {
  findObject,
  insertObject,
  type NewObject,
  type StoredObject,
} from "../../store/objects.ts";
import type { Artifacts } from "./operation.ts";
import type { ChecksumType } from "./checksums.ts";
import type { Received } from "./receive.ts";
import { S3Error } from "./s3_error.ts";

/** With the twelve digits of its number, a version id has 32. */
export const VERSION_RANDOM_BYTES = 10;

/** What a client gives an object besides its bytes. */
export type Described = Pick<
  NewObject,
  "bucket" | "key" | "contentType" | "metadata" | "headers" | "checksums"
>;

/**
 * Names the file by its content and writes the row; `random` (hex) goes into the version id. `check`
 * runs inside the commit, where nobody can come in between, and refuses by throwing; then nothing is
 * stored.
 */
export function storeVersion(
  artifacts: Artifacts,
  received: Received,
  described: Described & { etag: string; random: string },
  check: (tx: Tx) => void,
): Promise<StoredObject> {
  const sha256 = received.sums.of.get("sha256")?.toString("hex") ?? "";
  const size = received.sums.size;
  const { random, ...object } = described;
  return artifacts.files.place(received.file, sha256, () =>
    artifacts.store.commit((tx) => {
      check(tx);
      const lastModified = artifacts.now();
      return insertObject(tx, { ...object, sha256, size, lastModified }, random);
    }));
}

/** Headers that say which version a write made, or a read answers. */
export function versionHeaders(version: StoredObject): Record<string, string> {
  return { etag: `"${version.etag}"`, "x-amz-version-id": version.versionId };
}

/** The sums of a version, by their names, and of what they are. */
export function checksumMembers(
  { checksums, sha256 }: StoredObject,
): { sums: Record<string, string>; type: ChecksumType } {
  const none = Object.keys(checksums).length === 0;
  const sums = none ? { sha256: Buffer.from(sha256, "hex").toString("base64") } : checksums;
  const composite = Object.values(sums).some((sum) => sum.includes("-"));
  return { sums, type: composite ? "COMPOSITE" : "FULL_OBJECT" };
}

/** The same as headers: what the client sent, or our own where it sent nothing. */
export function checksumHeaders(version: StoredObject): Record<string, string> {
  const { sums, type } = checksumMembers(version);
  const headers: Record<string, string> = { "x-amz-checksum-type": type };
  for (const [name, sum] of Object.entries(sums)) headers[`x-amz-checksum-${name}`] = sum;
  return headers;
}

/** The same as members of a document: `ChecksumSHA256` … */
export function checksumElements(version: StoredObject): Record<string, string> {
  const { sums, type } = checksumMembers(version);
  return { ...checksumTags(sums), ChecksumType: type };
}

/** Sums by the names that documents have for them. */
export function checksumTags(sums: Record<string, string>): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const [name, sum] of Object.entries(sums)) tags[`Checksum${name.toUpperCase()}`] = sum;
  return tags;
}

/** What HTTP is told with the bytes, kept as it came (S3 user guide, "System-defined metadata"). */
const KEPT_HEADERS = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
];

/** A Content-Encoding without `aws-chunked`, which speaks of the way and not of the object. */
function withoutFraming(encoding = ""): string {
  return encoding.split(",").map((name) => name.trim())
    .filter((name) => name !== "" && name !== "aws-chunked").join(", ");
}

/** Content type, kept headers and `x-amz-meta-*` of a request that creates an object. */
export function describedBy(
  headers: Headers,
): Pick<Described, "contentType" | "metadata" | "headers"> {
  const metadata: Record<string, string> = {};
  const kept: Record<string, string> = {};
  for (const [name, value] of headers) {
    if (name.startsWith("x-amz-meta-")) metadata[name.slice("x-amz-meta-".length)] = value;
    if (KEPT_HEADERS.includes(name)) kept[name] = value;
  }
  const encoding = withoutFraming(kept["content-encoding"]);
  if (encoding === "") delete kept["content-encoding"];
  else kept["content-encoding"] = encoding;
  return { contentType: headers.get("content-type"), metadata, headers: kept };
}

/**
 * If-None-Match and If-Match of a write (S3 user guide, "Conditional writes"), as a check for
 * `storeVersion`. Throws NotImplemented for a condition S3 does not have either.
 */
export function writeCondition(
  headers: Headers,
  at: { bucket: string; key: string },
): (tx: Tx) => void {
  const noneMatch = headers.get("if-none-match");
  const match = headers.get("if-match");
  if (noneMatch !== null && noneMatch !== "*") {
    throw new S3Error("NotImplemented", 'A write takes no If-None-Match but "*".');
  }
  return (tx) => {
    if (noneMatch === null && match === null) return;
    const current = findObject(tx, at);
    if (noneMatch !== null && current) {
      throw new S3Error(
        "PreconditionFailed",
        `The key exists already, as version ${current.versionId}, and If-None-Match is "*".`,
      );
    }
    if (match === null) return;
    if (!current) throw new S3Error("NoSuchKey", "If-Match is given, but the key does not exist.");
    if (match.replaceAll('"', "") !== current.etag) {
      throw new S3Error(
        "PreconditionFailed",
        `If-Match is ${match}, but the current version has "${current.etag}".`,
      );
    }
  };
}
