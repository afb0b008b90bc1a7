/**
 * AWS Signature Version 4, computed by `@smithy/signature-v4`: signing for the client side, and the
 * signature a request must carry for the verifying side. Nothing of the arithmetic is ours.
 * @module
 */
import { createHash, createHmac } from "node:crypto";
import type { Hash } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** What is signed; header names in lower case, query values decoded. */
export interface SignableRequest {
  method: string;
  protocol: string;
  hostname: string;
  port?: number;
  /** Percent-encoded path without the query. */
  path: string;
  query: Record<string, string | string[]>;
  headers: Record<string, string>;
  body?: string | Uint8Array;
}

export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

/** Node's hash behind the interface that the library asks for. */
class Sha256 {
  #hash: Hash | ReturnType<typeof createHmac>;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytes(secret));
  }
  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytes(chunk));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }
  reset(): void {
    this.#hash = createHash("sha256");
  }
}

function bytes(chunk: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof chunk === "string") return chunk;
  if (ArrayBuffer.isView(chunk)) {
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  return new Uint8Array(chunk);
}

/** A signer for one service of one region. S3 paths are signed as they are, others encoded again. */
export function signer(credentials: Credentials, region: string, service: string): SignatureV4 {
  return new SignatureV4({
    credentials,
    region,
    service,
    sha256: Sha256,
    uriEscapePath: service !== "s3",
    applyChecksum: service === "s3",
  });
}

/** Signs in the Authorization header; answers all headers to send. */
export async function signHeaders(
  request: SignableRequest,
  credentials: Credentials,
  region: string,
  service: string,
): Promise<Record<string, string>> {
  const signed = await signer(credentials, region, service).sign(request);
  return signed.headers;
}

/** A signable form of a URL; `host` is put among the headers, as every signature must cover it. */
export function signable(
  method: string,
  url: URL,
  headers: Record<string, string>,
  body?: string | Uint8Array,
): SignableRequest {
  // Without a prototype: one called `__proto__` would be left out, and could be added after signing.
  const query: Record<string, string | string[]> = Object.create(null);
  for (const name of new Set(url.searchParams.keys())) {
    const values = url.searchParams.getAll(name);
    query[name] = values.length === 1 ? values[0]! : values;
  }
  return {
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query,
    headers: { ...headers, host: url.host },
    ...(url.port && { port: Number(url.port) }),
    ...(body !== undefined && { body }),
  };
}
