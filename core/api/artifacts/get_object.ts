/** GetObject and HeadObject. @module */
import { stat } from "node:fs/promises";
import { fileBody } from "../../platform.ts";
import { findVersion, isDeleteMarker, type StoredObject } from "../../store/objects.ts";
import type { Artifacts, S3Request } from "./operation.ts";
import { byteRange } from "./range.ts";
import { S3Error } from "./s3_error.ts";
import { versionHeaders } from "./store_version.ts";

/** GetObject: a version, or one range of its bytes. */
export async function getObject(artifacts: Artifacts, request: S3Request): Promise<Response> {
  const { headers } = request.raw;
  const version = readVersion(artifacts, request);
  const refused = readCondition(headers, version);
  if (refused) return refused;
  const range = ifRangeHolds(headers, version) ? headers.get("range") : null;
  const part = byteRange(range, version.size);
  if (part === "unsatisfiable") {
    throw new S3Error(
      "InvalidRange",
      `Range is ${range}, but the object has ${version.size} bytes.`,
      { headers: { "content-range": `bytes */${version.size}` } },
    );
  }
  const file = artifacts.files.content(version.sha256);
  await mustBeThere(file, version);
  const { start, end } = part === "whole" ? { start: 0, end: version.size } : part;
  const answer = objectHeaders(version, end - start);
  if (part !== "whole") {
    answer["content-range"] = `bytes ${start}-${end - 1}/${version.size}`;
    // Sums are of the whole object; SDKs would compare them with the part.
    delete answer["x-amz-checksum-sha256"];
    delete answer["x-amz-checksum-type"];
  }
  return new Response(fileBody(file, start, end), {
    status: part === "whole" ? 200 : 206,
    headers: answer,
  });
}

/** HeadObject: the headers of a GET of the whole version. */
export function headObject(artifacts: Artifacts, request: S3Request): Response {
  const version = readVersion(artifacts, request);
  const refused = readCondition(request.raw.headers, version);
  return refused ?? new Response(null, { headers: objectHeaders(version, version.size) });
}

/** The version a read asks for. Throws NoSuchKey, NoSuchVersion, MethodNotAllowed. */
function readVersion(artifacts: Artifacts, { bucket, key, query }: S3Request): StoredObject {
  const versionId = query.get("versionId");
  const at = { bucket, key, ...(versionId !== null && { versionId }) };
  const version = findVersion(artifacts.store.read, at);
  if (!version && versionId !== null) {
    throw new S3Error(
      "NoSuchVersion",
      `The key "${key}" in the bucket "${bucket}" has no version "${versionId}".`,
    );
  }
  if (!version) {
    throw new S3Error("NoSuchKey", `The bucket "${bucket}" has no key "${key}".`);
  }
  if (isDeleteMarker(version)) {
    const headers = { "x-amz-delete-marker": "true", "x-amz-version-id": version.versionId };
    if (versionId !== null) {
      throw new S3Error(
        "MethodNotAllowed",
        `Version "${versionId}" is a delete marker; it has no content to read.`,
        { headers: { ...headers, allow: "DELETE" } },
      );
    }
    throw new S3Error(
      "NoSuchKey",
      `The key "${key}" in the bucket "${bucket}" has been deleted; older versions of it can still ` +
        "be read by their versionId.",
      { headers },
    );
  }
  return version;
}

/** The answer of 304, or the refusal of 412, when a condition of the read does not hold. */
function readCondition(headers: Headers, version: StoredObject): Response | undefined {
  const match = headers.get("if-match");
  if (match !== null && !names(match, version.etag)) {
    throw new S3Error(
      "PreconditionFailed",
      `If-Match is ${match}, but the object has "${version.etag}".`,
    );
  }
  const noneMatch = headers.get("if-none-match");
  if (noneMatch === null || !names(noneMatch, version.etag)) return undefined;
  return new Response(null, { status: 304, headers: versionHeaders(version) });
}

/** True when a list of entity tags (quoted or not, as clients differ) has this one, or is "*". */
function names(list: string, etag: string): boolean {
  const tags = list.split(",").map((tag) => tag.trim().replace(/^W\//, "").replaceAll('"', ""));
  return tags.includes("*") || tags.includes(etag);
}

function ifRangeHolds(headers: Headers, version: StoredObject): boolean {
  const tag = headers.get("if-range");
  return tag === null || names(tag, version.etag);
}

function objectHeaders(version: StoredObject, length: number): Record<string, string> {
  const headers: Record<string, string> = {
    ...versionHeaders(version),
    "accept-ranges": "bytes",
    "content-disposition": attachment(version.key),
    "content-length": String(length),
    "content-type": version.contentType ?? "binary/octet-stream",
    "last-modified": new Date(version.lastModified).toUTCString(),
  };
  for (const [name, value] of Object.entries(version.metadata)) {
    headers[`x-amz-meta-${name}`] = value;
  }
  return headers;
}

/**
 * Objects are saved under their own name and never shown: they come from the console's origin, where
 * a page somebody uploaded must not run. (Bun would send the file's name otherwise.)
 */
function attachment(key: string): string {
  const name = key.slice(key.lastIndexOf("/") + 1);
  const encoded = encodeURIComponent(name)
    .replaceAll(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
  return `attachment; filename*=UTF-8''${encoded}`;
}

/** Refuses before the first byte of the answer, when a refusal can still be said. */
async function mustBeThere(file: string, version: StoredObject): Promise<void> {
  const found = await stat(file).catch((cause) => {
    throw new Error(`content ${version.sha256} of version ${version.versionId} is not on disk`, {
      cause,
    });
  });
  if (found.size === version.size) return;
  throw new Error(`${file} has ${found.size} bytes where ${version.size} were stored`);
}
