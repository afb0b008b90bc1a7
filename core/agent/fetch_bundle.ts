/**
 * Fetches a revision's bundle from S3 or the server's own artifact store, which speaks S3 (spec 6.1),
 * and compares what came with what the order says: a bundle that differs is never unpacked.
 * @module
 */
import { createHash } from "node:crypto";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { clearTimeout, setTimeout } from "node:timers";
import type { DeploymentSpecification } from "../wire/agent_protocol.ts";
import { signable, signHeaders, UNSIGNED_PAYLOAD } from "../wire/sigv4.ts";
import { pause } from "./backoff.ts";
import type { Identity } from "./identity.ts";
import { systemErrorCode } from "./system_error.ts";

type S3Revision = Extract<
  DeploymentSpecification["Revision"],
  { RevisionType: "S3" }
>["S3Revision"];

/** Milliseconds before the second, third and fourth attempt. */
const RETRY_AFTER = [500, 2_000, 8_000];
/** Milliseconds without a byte until an attempt counts as failed. */
const SILENCE = 60_000;

export interface BundleSource {
  s3Endpoint: string;
  identity: Identity;
  /** Milliseconds before each further attempt; other than usual in tests. */
  retryAfter?: readonly number[];
}

export interface Fetched {
  bytes: number;
  sha256: string;
  eTag: string;
}

/** The bundle cannot be had, or is not the one that was ordered. */
export class BundleError extends Error {
  override readonly name = "BundleError";
}

/** Trouble on the way, against which another attempt may help. */
class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Streams the bundle into `file` and checks it. Throws BundleError; an abort's reason when aborted. */
export async function fetchBundle(
  revision: S3Revision,
  file: string,
  source: BundleSource,
  signal: AbortSignal,
): Promise<Fetched> {
  await mkdir(dirname(file), { recursive: true });
  const waits = [...(source.retryAfter ?? RETRY_AFTER)];
  while (true) {
    try {
      const fetched = await attempt(revision, file, source, signal);
      check(revision, fetched);
      return fetched;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof Interrupted)) throw error;
      const wait = waits.shift();
      if (wait === undefined) throw new BundleError(error.message, { cause: error });
      await pause(wait, signal);
    }
  }
}

/** Where the bundle is, for people. */
export function bundleName({ Bucket, Key, Version }: S3Revision): string {
  return `s3://${Bucket}/${Key}${Version === null ? "" : ` version ${Version}`}`;
}

async function attempt(
  revision: S3Revision,
  file: string,
  { s3Endpoint, identity }: BundleSource,
  signal: AbortSignal,
): Promise<Fetched> {
  const url = bundleUrl(revision, s3Endpoint);
  const headers = await signHeaders(
    signable("GET", url, { "x-amz-content-sha256": UNSIGNED_PAYLOAD }),
    await identity.credentials(),
    identity.region,
    "s3",
  );
  delete headers["host"]; // fetch sets it from the URL; the signature covers the same value
  const silence = new Silence(signal);
  try {
    const response = await fetch(url, { headers, signal: silence.signal });
    silence.heard();
    if (!response.ok) throw refusal(revision, response.status, await response.text());
    const eTag = response.headers.get("etag") ?? "";
    return { ...await save(response, file, silence), eTag };
  } catch (error) {
    if (error instanceof BundleError || isOfThisHost(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Interrupted(
      `The download of ${bundleName(revision)} from ${url.origin} broke off: ${reason}`,
      { cause: error },
    );
  } finally {
    silence.end();
  }
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

async function save(
  response: Response,
  file: string,
  silence: Silence,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  const target = await open(file, "w", 0o600);
  try {
    for await (const chunk of response.body ?? []) {
      silence.heard();
      hash.update(chunk);
      bytes += chunk.length;
      await target.appendFile(chunk);
    }
  } finally {
    await target.close();
  }
  const announced = Number(response.headers.get("content-length") ?? bytes);
  if (bytes < announced) throw new Error(`only ${bytes} of ${announced} bytes came`);
  return { bytes, sha256: hash.digest("hex") };
}

/** A full disk or a folder without permission, which no other attempt mends. */
function isOfThisHost(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT", "EIO", "EROFS", "EACCES"].includes(systemErrorCode(error) ?? "");
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

function check({ SHA256, Size, ETag }: S3Revision, fetched: Fetched): void {
  const unquoted = (tag: string) => tag.replaceAll('"', "");
  const compared: [what: string, expected: string | undefined, actual: string][] = [
    ["etag", ETag === null ? undefined : unquoted(ETag), unquoted(fetched.eTag)],
    ["size", Size?.toString(), String(fetched.bytes)],
    ["sha256", SHA256?.toLowerCase(), fetched.sha256],
  ];
  for (const [what, expected, actual] of compared) {
    if (expected === undefined || expected === actual) continue;
    throw new BundleError(
      `Expected deployment artifact bundle ${what} ${expected} but was actually ${actual}`,
    );
  }
}

/** Aborts a download that has fallen silent, or whose agent leaves. */
class Silence {
  readonly #abort = new AbortController();
  readonly #outer: AbortSignal;
  readonly #forward = () => this.#abort.abort(this.#outer.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(outer: AbortSignal) {
    this.#outer = outer;
    outer.addEventListener("abort", this.#forward);
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Something came: the time begins anew. */
  heard(): void {
    clearTimeout(this.#timer);
    const seconds = SILENCE / 1000;
    const reason = new Error(`nothing came for ${seconds} seconds`);
    this.#timer = setTimeout(() => this.#abort.abort(reason), SILENCE);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener("abort", this.#forward);
  }
}
