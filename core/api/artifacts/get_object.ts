/**
 * GetObject and HeadObject. Objects come from the console's origin, where a page that somebody
 * uploaded must not run: each is sent with a policy that takes its origin away.
 * @module
 */
import { stat } from "node:fs/promises";
import { fileBody } from "../../platform.ts";
import { findBucket } from "../../store/buckets.ts";
import type { Db } from "../../store/database.ts";
import {
  findVersion,
  isDeleteMarker,
  type ObjectAddress,
  type StoredObject,
} from "../../store/objects.ts";
import { judge, namesTag, preconditionFailed } from "./conditions.ts";
import type { Artifacts, S3Request } from "./operation.ts";
import { type ByteRange, byteRange } from "./range.ts";
import { S3Error } from "./s3_error.ts";
import { headerValue } from "./signed_headers.ts";
import { checksumHeaders, versionHeaders } from "./store_version.ts";

/** GetObject: a version, or one range of its bytes. */
export async function getObject(artifacts: Artifacts, request: S3Request): Promise<Response> {
  const version = readVersion(artifacts.store.read, addressOf(request));
  const answer = answerOf(version, request);
  if (answer.kind === "unchanged") return answer.response;
  const file = artifacts.files.content(version.sha256);
  await mustBeThere(file, version);
  const { start, end, status, headers } = answer;
  return new Response(fileBody(file, start, end), { status, headers });
}

/** HeadObject: what a GET would answer, without the bytes. */
export function headObject(artifacts: Artifacts, request: S3Request): Response {
  const version = readVersion(artifacts.store.read, addressOf(request));
  const answer = answerOf(version, request);
  if (answer.kind === "unchanged") return answer.response;
  const { status, headers } = answer;
  return new Response(null, { status, headers });
}

type Answer =
  | { kind: "unchanged"; response: Response }
  | { kind: "bytes"; start: number; end: number; status: number; headers: Record<string, string> };

/** Conditions, range and headers of a read. Throws PreconditionFailed, InvalidRange. */
function answerOf(version: StoredObject, request: S3Request): Answer {
  const response = unlessChanged(request.headers, version);
  if (response) return { kind: "unchanged", response };
  const range = ifRangeHolds(request.headers, version) ? request.headers.get("range") : null;
  const part = onePart(request, range, version.size) ?? byteRange(range, version.size);
  if (part === "unsatisfiable") {
    throw new S3Error(
      "InvalidRange",
      `Range is ${range}, but the object has ${version.size} bytes.`,
      { headers: { "content-range": `bytes */${version.size}` } },
    );
  }
  const { start, end } = part === "whole" ? { start: 0, end: version.size } : part;
  const headers = { ...objectHeaders(version, request), "content-length": String(end - start) };
  if (part === "whole") {
    return {
      ...{ kind: "bytes", start, end, status: 200 },
      headers: { ...headers, ...wholeHeaders(version, request) },
    };
  }
  const contentRange = `bytes ${start}-${end - 1}/${version.size}`;
  const whole = end - start === version.size ? wholeHeaders(version, request) : {};
  return {
    ...{ kind: "bytes", start, end, status: 206 },
    headers: { ...headers, ...whole, "content-range": contentRange },
  };
}

/**
 * What `partNumber` asks for. Where the parts of an upload ended is not kept, so the first part is
 * all there is; clients that read part by part take it so.
 */
function onePart({ query }: S3Request, range: string | null, size: number): ByteRange | undefined {
  const number = query.get("partNumber");
  if (number === null) return undefined;
  if (range !== null) {
    throw new S3Error("InvalidRequest", "Cannot specify both Range header and partNumber.");
  }
  if (number === "1") return size === 0 ? "whole" : { start: 0, end: size };
  throw new S3Error(
    "InvalidPartNumber",
    `partNumber is "${number}", but objects are read as one part here: 1 is all of it.`,
  );
}

/** What the URL names. */
export function addressOf({ bucket, key, query }: S3Request): ObjectAddress {
  const versionId = query.get("versionId");
  return { bucket, key, ...(versionId !== null && { versionId }) };
}

/** The version a read asks for. Throws NoSuchBucket, NoSuchKey, NoSuchVersion, MethodNotAllowed. */
export function readVersion(db: Db, at: ObjectAddress): StoredObject {
  const { bucket, key, versionId } = at;
  const version = findVersion(db, at);
  if (!version && !findBucket(db, bucket)) throw noSuchBucket(bucket);
  if (!version && versionId !== undefined) {
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
    if (versionId !== undefined) {
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

export function noSuchBucket(name: string): S3Error {
  return new S3Error(
    "NoSuchBucket",
    `There is no bucket "${name}"; the first object that is put into it makes it.`,
  );
}

/** The answer of 304 where nothing has changed. Throws the refusal of 412. */
function unlessChanged(headers: Headers, version: StoredObject): Response | undefined {
  const verdict = judge(headers, version, "if-");
  if (verdict.kind === "holds") return undefined;
  if (verdict.kind === "failed") throw preconditionFailed(headers, verdict.header, version);
  return new Response(null, { status: 304, headers: versionHeaders(version) });
}

function ifRangeHolds(headers: Headers, version: StoredObject): boolean {
  const tag = headers.get("if-range");
  return tag === null || namesTag(tag, version.etag);
}

/** Headers that a signed request may name its own value for, with `response-` before them. */
export const OVERRIDES = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
];

function objectHeaders(
  version: StoredObject,
  { query, role }: S3Request,
): Record<string, string> {
  const headers: Record<string, string> = {
    ...versionHeaders(version),
    "accept-ranges": "bytes",
    "content-disposition": attachment(version.key),
    "content-security-policy": "sandbox",
    "content-type": version.contentType ?? "binary/octet-stream",
    "last-modified": new Date(version.lastModified).toUTCString(),
    "x-content-type-options": "nosniff",
    ...version.headers,
  };
  for (const [name, value] of Object.entries(version.metadata)) {
    headers[`x-amz-meta-${name}`] = value;
  }
  for (const name of OVERRIDES) {
    const value = query.get(`response-${name}`);
    if (value !== null) headers[name] = headerValue(`response-${name}`, value);
  }
  // A host compares the bytes that are stored; told of an encoding, its HTTP would undo it first.
  if (role === "agent") delete headers["content-encoding"];
  return headers;
}

/** What only an answer with the whole object tells: SDKs would compare the sums with a part. */
function wholeHeaders(version: StoredObject, { headers }: S3Request): Record<string, string> {
  return headers.get("x-amz-checksum-mode")?.toUpperCase() === "ENABLED"
    ? checksumHeaders(version)
    : {};
}

/**
 * Objects are saved under their own name and not shown, unless their writer said otherwise. (Bun
 * would send the name of our file.)
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
