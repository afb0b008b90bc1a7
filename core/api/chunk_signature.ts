/**
 * Signatures of a body that is signed chunk by chunk: each covers its chunk and the signature before
 * it, the first of them that of the request itself (S3 API reference, "Signature calculations:
 * transferring payload in multiple chunks", with and without trailing headers).
 * @module
 */
import { signer } from "../wire/sigv4.ts";
import type { SignatureClaim } from "./sigv4_claim.ts";

/** Of a body that has no header of its own for the chunk: the hash of nothing. */
const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** What is signed, and the hex SHA-256 of its bytes. */
export type ChunkPart = { kind: "PAYLOAD" | "TRAILER"; sha256: string };

/** The signature, in hex, that the next part of the body must carry; asked for in their order. */
export type ChunkSigner = (part: ChunkPart) => Promise<string>;

/** Begins the chain at a request whose own signature has been verified. */
export function chunkSigner(claim: SignatureClaim, secretAccessKey: string): ChunkSigner {
  const { accessKeyId, region, service } = claim;
  const signingDate = new Date(claim.signedAt);
  let previous = claim.signature;
  // All is made when a part comes: most requests have none.
  return async ({ kind, sha256 }) => {
    const time = signingDate.toISOString().replaceAll(/[-:]|\.\d+/g, "");
    const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
    const sign = signer({ accessKeyId, secretAccessKey }, region, service);
    const headers = kind === "PAYLOAD" ? [EMPTY_SHA256] : [];
    const text = [`AWS4-HMAC-SHA256-${kind}`, time, scope, previous, ...headers, sha256].join("\n");
    previous = await sign.sign(text, { signingDate });
    return previous;
  };
}
