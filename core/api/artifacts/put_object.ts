/** PutObject: one request, one new version. @module */
import { decodeChunked } from "./aws_chunked.ts";
import {
  checksumHeaders,
  type Claims,
  readClaims,
  type Sums,
  sumsFor,
  verifyClaims,
} from "./checksums.ts";
import type { Artifacts, S3Request } from "./operation.ts";
import { receive, type Received, requestBody } from "./receive.ts";
import { describedBy, storeVersion, versionHeaders, writeCondition } from "./store_version.ts";

/** In the name of a file that is still arriving. */
export const INCOMING_RANDOM_BYTES = 16;

/** PutObject. Answers only after the bytes and the row are on disk. */
export async function putObject(artifacts: Artifacts, request: S3Request): Promise<Response> {
  const { bucket, key, raw: { headers } } = request;
  const condition = writeCondition(headers, { bucket, key });
  const { received, claims } = await receiveBody(artifacts, request);
  const etag = md5Hex(received.sums);
  const described = { bucket, key, etag, ...describedBy(headers), checksums: {} };
  const version = await storeVersion(artifacts, received, described, condition);
  return new Response(null, {
    headers: { ...checksumHeaders(claims, received.sums), ...versionHeaders(version) },
  });
}

/**
 * Takes the body of a request into a file of its own and verifies all that was said of it. Throws
 * the S3Error of the claim that is not true; no file is left then.
 */
export async function receiveBody(
  artifacts: Artifacts,
  { raw, contentSha256 }: S3Request,
): Promise<{ received: Received; claims: Claims }> {
  const claims = readClaims(raw.headers, contentSha256);
  const trailers = new Map<string, string>();
  const body = requestBody(raw);
  const source = claims.framed ? decodeChunked(body, trailers) : body;
  const file = await artifacts.files.incoming(artifacts.randomHex(INCOMING_RANDOM_BYTES));
  const received = await receive(
    source,
    file,
    sumsFor(claims),
    (sums) => verifyClaims(claims, trailers, sums),
  );
  return { received, claims };
}

/** The ETag of bytes sent in one piece. */
export function md5Hex(sums: Sums): string {
  return sums.of.get("md5")?.toString("hex") ?? "";
}
