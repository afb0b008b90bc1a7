/**
 * The signature that a request to the address of the operations must carry (AWS Signature Version 4,
 * "Create a signed AWS API request"). Its path and query are always the same, so that what the
 * library does for any request costs several times what is needed; a test holds both against each
 * other. Other requests are left to the library.
 * @module
 */
import { type Buffer } from "node:buffer";
import { createHmac, hash } from "node:crypto";
import type { SignatureClaim } from "./sigv4_claim.ts";

/** Secrets whose keys are kept; more than the hosts of a large fleet. */
const KEPT = 20_000;
/** Keys of a secret: one a day, region and service. */
const KEPT_OF_ONE = 8;
const keys = new Map<string, Map<string, Buffer>>();

/** By the lists that claims have: most requests share one. */
const sortedNames = new WeakMap<readonly string[], string[]>();

/** Of white space only these two may stand in a header; here they would have to be made one. */
const WHITE_SPACE = /\t| {2}|^ | $/;

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
  for (const name of namesOf(claim)) {
    const value = name === "host" ? headers.get(name) ?? host : headers.get(name);
    if (value === null) continue;
    names.push(name);
    lines += `${name}:${WHITE_SPACE.test(value) ? trimmed(value) : value}\n`;
  }
  const canonical = `${method}\n/\n\n${lines}\n${names.join(";")}\n${contentSha256}`;
  // The claim was read from this header, so it has the form of a time.
  const time = headers.get("x-amz-date") ?? "";
  const scope = `${time.slice(0, 8)}/${claim.region}/${claim.service}/aws4_request`;
  return createHmac("sha256", signingKey(secretAccessKey, scope))
    .update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash("sha256", canonical)}`).digest("hex");
}

function namesOf({ signedHeaders }: SignatureClaim): readonly string[] {
  let names = sortedNames.get(signedHeaders);
  if (!names) sortedNames.set(signedHeaders, names = [...new Set(signedHeaders)].sort());
  return names;
}

function trimmed(value: string): string {
  return value.replace(/[ \t]+/g, " ").replace(/^ | $/g, "");
}

/** Derived from the secret once a scope: four of the five HMACs of a signature. */
function signingKey(secretAccessKey: string, scope: string): Buffer {
  let ofSecret = keys.get(secretAccessKey);
  const kept = ofSecret?.get(scope);
  if (kept) return kept;
  if (!ofSecret) {
    const [oldest] = keys.keys();
    if (keys.size >= KEPT && oldest !== undefined) keys.delete(oldest);
    keys.set(secretAccessKey, ofSecret = new Map());
  }
  let key: Buffer | string = `AWS4${secretAccessKey}`;
  for (const part of scope.split("/")) key = createHmac("sha256", key).update(part).digest();
  const [first] = ofSecret.keys();
  if (ofSecret.size >= KEPT_OF_ONE && first !== undefined) ofSecret.delete(first);
  // because the loop above has run at least once
  const derived = key as Buffer;
  ofSecret.set(scope, derived);
  return derived;
}
