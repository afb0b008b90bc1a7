/**
 * Checks a request's AWS Signature Version 4, in the Authorization header or in the query of a
 * presigned URL. The signature that the request should carry is computed by the library that also
 * signs (`core/wire/sigv4.ts`), or for the plain requests of operations by `header_signature.ts`;
 * this file reads what the client claims and compares.
 * @module
 */
import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { DomainError } from "../domain/errors.ts";
import type { Caller } from "../domain/instance.ts";
import type { AccessKey } from "../store/access_keys.ts";
import { signable, type SignableRequest, signer, UNSIGNED_PAYLOAD } from "../wire/sigv4.ts";
import { type ChunkSigner, chunkSigner } from "./chunk_signature.ts";
import { isPlain, plainSignature } from "./header_signature.ts";
import { checkUsable } from "./session_token.ts";
import { readClaim, type SignatureClaim } from "./sigv4_claim.ts";

/** How far a client's clock may be off, in milliseconds (IAM user guide: five minutes). */
const CLOCK_TOLERANCE = 5 * 60 * 1000;

export const CONTENT_SHA256 = "x-amz-content-sha256";

export interface SignatureCheck {
  /** Signing names that the request may be scoped to. */
  services: readonly string[];
  findKey(accessKeyId: string): AccessKey | undefined;
  /** Milliseconds since the epoch. */
  now: number;
  /**
   * Hex SHA-256 of the body if it has been read. Without it the declared hash is believed and
   * answered, for the receiver of the body to verify.
   */
  bodySha256?: string;
}

export interface Signed {
  caller: Caller;
  /** The one of the check's services that the signature is scoped to. */
  service: string;
  /** Hex SHA-256 of the body, UNSIGNED-PAYLOAD, or STREAMING-… for a body signed in chunks. */
  contentSha256: string;
  /** Lower case; what of the request nobody can have changed on its way. */
  signedHeaders: readonly string[];
  /** For a body that goes on being signed chunk by chunk. */
  signChunk: ChunkSigner;
}

/** Who signed a request. Throws DomainError with the names that AWS has for each refusal. */
export async function verifySignature(request: Request, check: SignatureCheck): Promise<Signed> {
  const url = new URL(request.url);
  const claim = readClaim(request.headers, url);
  if (!check.services.includes(claim.service)) throw wrongService(claim, check.services);
  const key = check.findKey(claim.accessKeyId);
  if (!key) {
    throw new DomainError(
      "UnrecognizedClientException",
      "",
      `The access key id ${claim.accessKeyId} is not one of this server.`,
    );
  }
  checkUsable(key, request, url, check.now);
  checkTime(claim, check.now);
  const contentSha256 = payloadHash(request.headers, url, claim, check.bodySha256);
  const expected = await signatureOf(request, url, { claim, key, contentSha256 });
  if (!equal(expected, claim.signature)) {
    throw new DomainError(
      "InvalidSignatureException",
      "",
      "The request signature we calculated does not match the signature you provided. Check your " +
        "AWS Secret Access Key and signing method.",
    );
  }
  const { accessKeyId, role, arn } = key;
  return {
    caller: { accessKeyId, role, arn },
    service: claim.service,
    contentSha256,
    signedHeaders: claim.signedHeaders,
    signChunk: chunkSigner(claim, key.secretAccessKey),
  };
}

function checkTime(claim: SignatureClaim, now: number): void {
  const aheadMs = claim.signedAt - now;
  const lifetime = claim.expiresSeconds;
  if (aheadMs <= CLOCK_TOLERANCE && -aheadMs <= (lifetime ?? CLOCK_TOLERANCE / 1000) * 1000) return;
  const times = `the request's time is ${iso(claim.signedAt)}, the server's ${iso(now)}`;
  if (lifetime !== undefined && -aheadMs > lifetime * 1000) {
    const late = Math.round((-aheadMs - lifetime * 1000) / 1000);
    throw new DomainError(
      "InvalidSignatureException",
      "X-Amz-Expires",
      `The presigned URL was good for ${lifetime} seconds and expired ${late} seconds ago: ${times}.`,
    );
  }
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  throw skewed(
    `The clocks disagree by ${seconds} seconds, more than the ${CLOCK_TOLERANCE / 1000} that are ` +
      `allowed: ${times}. Set the client's clock.`,
  );
}

/** The field tells this refusal from that of a wrong signature, for those that answer in other words. */
function skewed(message: string): DomainError {
  return new DomainError("InvalidSignatureException", "X-Amz-Date", message);
}

function payloadHash(
  headers: Headers,
  url: URL,
  claim: SignatureClaim,
  bodySha256: string | undefined,
): string {
  const declared = headers.get(CONTENT_SHA256) ?? url.searchParams.get("X-Amz-Content-Sha256");
  if (bodySha256 !== undefined) {
    if (declared === null || declared === bodySha256) return bodySha256;
    throw new DomainError(
      "InvalidSignatureException",
      CONTENT_SHA256,
      `The body's SHA-256 is ${bodySha256}, not that of ${CONTENT_SHA256}.`,
    );
  }
  if (declared !== null) return declared;
  if (claim.kind === "presigned") return UNSIGNED_PAYLOAD;
  throw new DomainError(
    "InvalidInputException",
    CONTENT_SHA256,
    `The header ${CONTENT_SHA256} is missing; it says what was signed of the body.`,
  );
}

/** The signature that a request with these headers must carry under the key's secret. */
async function signatureOf(
  request: Request,
  url: URL,
  with_: { claim: SignatureClaim; key: AccessKey; contentSha256: string },
): Promise<string> {
  const { claim, key, contentSha256 } = with_;
  if (isPlain(url, claim)) {
    const { secretAccessKey } = key;
    return plainSignature(request, url.host, { claim, secretAccessKey, contentSha256 });
  }
  const toSign = claimedRequest(request, url, claim);
  // The library takes the hash from this header; it is signed itself only if the client says so.
  toSign.headers[CONTENT_SHA256] = contentSha256;
  const { accessKeyId, secretAccessKey } = key;
  const sign = signer({ accessKeyId, secretAccessKey }, claim.region, claim.service);
  const options = {
    signingDate: new Date(claim.signedAt),
    signableHeaders: new Set(claim.signedHeaders),
    unsignableHeaders: new Set([CONTENT_SHA256, "x-amz-date"]),
  };
  if (claim.kind === "header") {
    const { headers } = await sign.sign(toSign, options);
    return /Signature=([0-9a-f]+)$/.exec(headers["authorization"] ?? "")?.[1] ?? "";
  }
  const { query } = await sign.presign(toSign, {
    ...options,
    expiresIn: claim.expiresSeconds,
    unhoistableHeaders: new Set(Object.keys(toSign.headers)),
  });
  return String(query?.["X-Amz-Signature"] ?? "");
}

/** The request as the client signed it: the headers it lists, the query without what signing adds. */
function claimedRequest(request: Request, url: URL, claim: SignatureClaim): SignableRequest {
  const headers: Record<string, string> = {};
  for (const name of claim.signedHeaders) {
    const value = request.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  const toSign = signable(request.method, url, headers);
  delete toSign.query["X-Amz-Signature"];
  // A proxy may have been asked for another name than the one the URL was made of.
  toSign.headers["host"] = request.headers.get("host") ?? url.host;
  return toSign;
}

function wrongService({ service }: SignatureClaim, services: readonly string[]): DomainError {
  const message = `Credential should be scoped to correct service: '${services.join("' or '")}', ` +
    `not '${service}'.`;
  return new DomainError("InvalidSignatureException", "", message);
}

function equal(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length > 0 && one.length === other.length && timingSafeEqual(one, other);
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}
