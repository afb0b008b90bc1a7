/** PutObject: one request, one new version. @module */
import { decodeChunked } from "./aws_chunked.ts";
import {
  type ChecksumName,
  checksumsOf,
  type Claims,
  readClaims,
  type Sums,
  sumsFor,
  verifyClaims,
} from "./checksums.ts";
import type { Artifacts, S3Request } from "./operation.ts";
import { receive, type Received, requestBody } from "./receive.ts";
import { S3Error } from "./s3_error.ts";
import {
  checksumHeaders,
  describedBy,
  storeVersion,
  VERSION_RANDOM_BYTES,
  versionHeaders,
  writeCondition,
} from "./store_version.ts";

/** In the name of a file that is still arriving. */
export const INCOMING_RANDOM_BYTES = 16;

/** The most that one request may store (S3 user guide, "Uploading objects"); in bytes. */
const BODY_LIMIT_BYTES = 5 * 1024 ** 3;

/** PutObject. Answers only after the bytes and the row are on disk. */
export async function putObject(artifacts: Artifacts, request: S3Request): Promise<Response> {
  const { bucket, key, headers } = request;
  const condition = writeCondition(headers, { bucket, key });
  const described = { bucket, key, ...describedBy(headers) };
  const { received, claims } = await receiveBody(artifacts, request);
  const etag = md5Hex(received.sums);
  const checksums = checksumsOf(sumsFor(claims), received.sums);
  const random = artifacts.randomHex(VERSION_RANDOM_BYTES);
  const object = { ...described, etag, checksums, random };
  const version = await storeVersion(artifacts, received, object, condition);
  return new Response(null, {
    headers: { ...checksumHeaders(version), ...versionHeaders(version) },
  });
}

/**
 * Takes the body of a request into a file of its own and verifies all that was said of it; `names`
 * are sums to compute besides those that were sent. Throws the S3Error of the claim that is not
 * true; no file is left then.
 */
export async function receiveBody(
  artifacts: Artifacts,
  request: S3Request,
  names: readonly ChecksumName[] = [],
): Promise<{ received: Received; claims: Claims }> {
  const claims = readClaims(request.headers, request.contentSha256);
  if (claims.size !== undefined && claims.size > BODY_LIMIT_BYTES) {
    throw new S3Error(
      "EntityTooLarge",
      `The body has ${claims.size} bytes; one request takes 5 GiB. Upload the object in parts.`,
    );
  }
  const trailers = new Map<string, string>();
  const file = await artifacts.files.incoming(artifacts.randomHex(INCOMING_RANDOM_BYTES));
  const received = await receive(
    unframed(request, claims, trailers),
    file,
    [...sumsFor(claims), ...names],
    (sums) => verifyClaims(claims, trailers, sums),
  );
  return { received, claims };
}

/** The bytes that the client means, without what they are sent in. */
export function unframed(
  { raw, signChunk }: S3Request,
  { framing }: Claims,
  trailers: Map<string, string>,
): AsyncIterable<Uint8Array> {
  const body = requestBody(raw);
  switch (framing.kind) {
    case "none":
      return body;
    case "frames":
      return decodeChunked(body, trailers);
    case "signed frames":
      return decodeChunked(body, trailers, { sign: signChunk, trailers: framing.trailers });
  }
}

/** The ETag of bytes sent in one piece. */
export function md5Hex(sums: Sums): string {
  return sums.of.get("md5")?.toString("hex") ?? "";
}
