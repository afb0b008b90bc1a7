/**
 * Asks S3, or the server's own artifact store, which speaks S3 (spec 6.1), for a bundle: all of it,
 * or what is missing of it after a download that broke off.
 * @module
 */
import type { DeploymentSpecification } from "../wire/agent_protocol.ts";
import { signable, signHeaders, UNSIGNED_PAYLOAD } from "../wire/sigv4.ts";
import type { Identity } from "./identity.ts";

export type S3Revision = Extract<
  DeploymentSpecification["Revision"],
  { RevisionType: "S3" }
>["S3Revision"];

/** Where bundles are, and who asks for them. */
export interface BundleStore {
  s3Endpoint: string;
  identity: Identity;
}

/** How far an earlier answer came, and the strong entity tag of the object it was of. */
export interface Position {
  bytes: number;
  eTag: string;
}

/** "changed" when the store no longer has what the position is of, or does not know ranges. */
export type BundleAnswer =
  | { kind: "whole"; eTag: string; total: number | undefined; resumable: boolean; body: Body }
  | { kind: "rest"; body: Body }
  | { kind: "changed" };

type Body = ReadableStream<Uint8Array> | null;

/** The bundle cannot be had, or is not the one that was ordered. */
export class BundleError extends Error {
  override readonly name = "BundleError";
}

/** Where the bundle is, for people. */
export function bundleName({ Bucket, Key, Version }: S3Revision): string {
  return `s3://${Bucket}/${Key}${Version === null ? "" : ` version ${Version}`}`;
}

/**
 * Sends a GET for the bundle, from `position` on if there is one, and answers with a body that is
 * still to be read. Throws BundleError for a refusal that stands, another error for one that may pass.
 */
export async function requestBundle(
  revision: S3Revision,
  store: BundleStore,
  position: Position | undefined,
  signal: AbortSignal,
): Promise<BundleAnswer> {
  const url = bundleUrl(revision, store.s3Endpoint);
  const response = await fetch(url, { headers: await headersFor(url, store, position), signal });
  // The object is another or shorter one now. 416 comes from stores that do not know If-Match.
  if (position && [412, 416].includes(response.status)) {
    await response.body?.cancel();
    return { kind: "changed" };
  }
  if (!response.ok) throw refusal(revision, response.status, await response.text());
  if (response.status !== 206) return wholeOf(response);
  if (position && continues(response, position)) return { kind: "rest", body: response.body };
  await response.body?.cancel();
  if (position) return { kind: "changed" };
  throw new Error("the store answered a part of the bundle to a request for all of it");
}

async function headersFor(
  url: URL,
  { identity }: BundleStore,
  position: Position | undefined,
): Promise<Record<string, string>> {
  const headers = await signHeaders(
    signable("GET", url, {
      "x-amz-content-sha256": UNSIGNED_PAYLOAD,
      ...(position && { range: `bytes=${position.bytes}-`, "if-match": position.eTag }),
    }),
    await identity.credentials(),
    identity.region,
    "s3",
  );
  delete headers["host"]; // fetch sets it from the URL; the signature covers the same value
  return headers;
}

function wholeOf({ headers, body }: Response): BundleAnswer {
  const eTag = headers.get("etag") ?? "";
  const length = headers.get("content-length");
  // Ranges count the encoded bytes, but what is read here was decoded; and a weak tag says nothing
  // about single bytes (RFC 9110, 8.8.1 and 13.1.1).
  const asStored = !headers.has("content-encoding");
  const resumable = asStored && eTag.startsWith('"');
  const total = asStored && length !== null ? Number(length) : undefined;
  return { kind: "whole", eTag, total, resumable, body };
}

/** Whether a 206 holds the bytes that come next, of the same object. */
function continues({ headers }: Response, { bytes, eTag }: Position): boolean {
  const first = /^bytes (\d+)-/.exec(headers.get("content-range") ?? "")?.[1];
  return first === String(bytes) && (headers.get("etag") ?? eTag) === eTag;
}

/** A path-style S3 address; the key's slashes part the path, everything else is encoded. */
function bundleUrl({ Bucket, Key, Version }: S3Revision, endpoint: string): URL {
  const key = Key.split("/").map(encodeKeyPart).join("/");
  const url = new URL(`${endpoint.replace(/\/$/, "")}/${Bucket}/${key}`);
  if (Version !== null) url.searchParams.set("versionId", Version);
  return url;
}

function encodeKeyPart(part: string): string {
  const percent = (sign: string) => "%" + sign.charCodeAt(0).toString(16).toUpperCase();
  return encodeURIComponent(part).replace(/[!'()*]/g, percent);
}

function refusal(revision: S3Revision, status: number, body: string): Error {
  const code = /<Code>([^<]*)<\/Code>/.exec(body)?.[1] ?? `HTTP ${status}`;
  const said = /<Message>([^<]*)<\/Message>/.exec(body)?.[1] ?? body.slice(0, 200);
  const why = `${code}: ${plainText(said)}`;
  const message = `The bundle ${bundleName(revision)} cannot be downloaded: ${why}`;
  const passing = status >= 500 || status === 429;
  return passing ? new Error(message) : new BundleError(message);
}

/** The entities that XML itself defines (XML 1.0, section 4.6); each is replaced once. */
const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
};

function plainText(xml: string): string {
  return xml.replace(/&(?:amp|lt|gt|quot|apos);/g, (entity) => ENTITIES[entity] ?? entity);
}
