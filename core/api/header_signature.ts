/**
 * The signature that a request to the address of the operations must carry (AWS Signature Version 4,
 * "Create a signed AWS API request"). Its path and query are always the same, so that what the
 * library does for any request costs several times what is needed; a test holds both against each
 * other. Other requests are left to the library.
 * @module
 */
import { type Buffer } from "node:buffer";
import { createHash, createHmac } from "node:crypto";
import type { SignatureClaim } from "./sigv4_claim.ts";

/** Keys that are kept: one a day, region and service of each secret in use; more than a large fleet. */
const KEPT = 20_000;
const keys = new Map<string, Buffer>();

/** Whether a request goes to the address of the operations, and nothing else of its URL is signed. */
export function isPlain(url: URL, { kind }: SignatureClaim): boolean {
  return kind === "header" && url.pathname === "/" && url.search === "";
}

/** The signature in hex, by the names of the claim; a header that is not there is not signed. */
export function plainSignature(
  { method, headers }: { method: string; headers: Headers },
  host: string,
  { claim, secretAccessKey, contentSha256 }: {
    claim: SignatureClaim;
    secretAccessKey: string;
    contentSha256: string;
  },
): string {
  const names: string[] = [];
  let lines = "";
  for (const name of [...new Set(claim.signedHeaders)].sort()) {
    const value = name === "host" ? headers.get(name) ?? host : headers.get(name);
    if (value === null) continue;
    names.push(name);
    // Of white space only these two may stand in a header and are made one.
    lines += `${name}:${value.replace(/[ \t]+/g, " ").replace(/^ | $/g, "")}\n`;
  }
  const canonical = `${method}\n/\n\n${lines}\n${names.join(";")}\n${contentSha256}`;
  // The claim was read from this header, so it has the form of a time.
  const time = headers.get("x-amz-date") ?? "";
  const scope = `${time.slice(0, 8)}/${claim.region}/${claim.service}/aws4_request`;
  const hash = createHash("sha256").update(canonical).digest("hex");
  return createHmac("sha256", signingKey(secretAccessKey, scope))
    .update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash}`).digest("hex");
}

/** Derived from the secret once a scope: four of the five HMACs of a signature. */
function signingKey(secretAccessKey: string, scope: string): Buffer {
  const name = `${secretAccessKey}\n${scope}`;
  const kept = keys.get(name);
  if (kept) return kept;
  let key: Buffer | string = `AWS4${secretAccessKey}`;
  for (const part of scope.split("/")) key = createHmac("sha256", key).update(part).digest();
  const [oldest] = keys.keys();
  if (keys.size >= KEPT && oldest !== undefined) keys.delete(oldest);
  // because the loop above has run at least once
  const derived = key as Buffer;
  keys.set(name, derived);
  return derived;
}
