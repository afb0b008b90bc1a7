/**
 * A bundle in S3, or in the server's own artifact store, which speaks S3 (spec 6.1): GetObject, signed.
 * @module
 */
import type { S3Revision } from "../wire/bundle_revision.ts";
import { signable, signHeaders, UNSIGNED_PAYLOAD } from "../wire/sigv4.ts";
import {
  answerOf,
  BundleError,
  type BundleOrigin,
  type Fetch,
  headersAt,
  isPassing,
  type Position,
} from "./bundle_request.ts";
import type { Identity } from "./identity.ts";

/** Where bundles are, and who asks for them. */
export interface BundleStore {
  s3Endpoint: string;
  identity: Pick<Identity, "region" | "credentials">;
}

/** Milliseconds between attempts. */
const RETRY_AFTER = [500, 2_000, 8_000];

export function s3Origin(revision: S3Revision, store: BundleStore, fetch: Fetch): BundleOrigin {
  const { BundleType, ETag, SHA256, Size } = revision;
  const url = bundleUrl(revision, new URL(store.s3Endpoint));
  const name = bundleName(revision);
  return {
    name,
    from: url.origin,
    bundleType: BundleType,
    expected: {
      ...(ETag !== null && { eTag: ETag }),
      ...(SHA256 !== undefined && { sha256: SHA256 }),
      ...(Size !== undefined && { size: Size }),
    },
    retryAfter: RETRY_AFTER,
    async request(position, signal) {
      const headers = await headersFor(url, store, position);
      const response = await fetch(url, { headers, redirect: "manual", signal });
      return await answerOf(response, position, (answer) => refusal(name, answer));
    },
  };
}

/** Where the bundle is, for people. */
function bundleName({ Bucket, Key, Version }: S3Revision): string {
  return `s3://${Bucket}/${Key}${Version === null ? "" : ` version ${Version}`}`;
}

async function headersFor(
  url: URL,
  { identity }: BundleStore,
  position: Position | undefined,
): Promise<Record<string, string>> {
  const headers = await signHeaders(
    signable("GET", url, { "x-amz-content-sha256": UNSIGNED_PAYLOAD, ...headersAt(position) }),
    await identity.credentials(),
    identity.region,
    "s3",
  );
  delete headers["host"]; // fetch sets it from the URL; the signature covers the same value
  return headers;
}

/**
 * The address of an object. Amazon has each bucket at a host of its own, unless the bucket's name
 * does not fit its certificate; elsewhere the bucket begins the path. The key's slashes part the path,
 * everything else is encoded.
 */
function bundleUrl({ Bucket, Key, Version }: S3Revision, endpoint: URL): URL {
  const key = Key.split("/").map(encodeKeyPart).join("/");
  const ownHost = isAmazon(endpoint.hostname) && /^[a-z0-9-]{3,63}$/.test(Bucket);
  const base = endpoint.pathname.replace(/\/$/, "");
  const url = ownHost
    ? new URL(`${endpoint.protocol}//${Bucket}.${endpoint.host}${base}/${key}`)
    : new URL(`${endpoint.origin}${base}/${Bucket}/${key}`);
  if (Version !== null) url.searchParams.set("versionId", Version);
  return url;
}

/** `s3.<region>.<domain>` or `s3-fips.<region>.<domain>`. */
function isAmazon(hostname: string): boolean {
  return /^s3(-fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|sc2s\.sgov\.gov|c2s\.ic\.gov)$/
    .test(hostname);
}

function encodeKeyPart(part: string): string {
  const percent = (sign: string) => "%" + sign.charCodeAt(0).toString(16).toUpperCase();
  return encodeURIComponent(part).replace(/[!'()*]/g, percent);
}

async function refusal(name: string, response: Response): Promise<Error> {
  const body = await response.text();
  const code = /<Code>([^<]*)<\/Code>/.exec(body)?.[1] ?? `HTTP ${response.status}`;
  // A signature is for one host, so another one cannot be asked with it.
  const elsewhere = response.headers.get("location");
  const redirect = elsewhere === null ? undefined : `it redirects to ${elsewhere}`;
  const said = /<Message>([^<]*)<\/Message>/.exec(body)?.[1] ?? redirect ?? body.slice(0, 200);
  const message = `The bundle ${name} cannot be downloaded: ${code}: ${plainText(said)}`;
  return isPassing(response.status) ? new Error(message) : new BundleError(message);
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
