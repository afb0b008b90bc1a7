/**
 * How a bundle is asked for, wherever it lies: all of it, or what is missing of it after a download
 * that broke off (RFC 9110, range requests).
 * @module
 */
import type { HostBundleType } from "../domain/https_location.ts";

/** How far an earlier answer came, and the strong entity tag of the object it was of. */
export interface Position {
  bytes: number;
  eTag: string;
}

/** "changed" when the place no longer has what the position is of, or does not know ranges. */
export type BundleAnswer =
  | { kind: "whole"; eTag: string; total: number | undefined; resumable: boolean; body: Body }
  | { kind: "rest"; body: Body }
  | { kind: "changed" };

type Body = ReadableStream<Uint8Array> | null;

/** What the order says of the bundle; hash and tag may be written in any case and with quotes. */
export interface Expected {
  eTag?: string;
  sha256?: string;
  /** Bytes. */
  size?: number;
}

/** A bundle at its place. */
export interface BundleOrigin {
  /** Which bundle it is, for people. */
  name: string;
  /** Scheme, host and port of the place, for people. */
  from: string;
  bundleType: HostBundleType;
  expected: Expected;
  /** Milliseconds before the second and each further attempt in a row that brought nothing new. */
  retryAfter: readonly number[];
  /**
   * Sends a GET, from `position` on if there is one, and answers with a body that is still to be
   * read. Throws BundleError for a refusal that stands, another error for one that may pass.
   */
  request(position: Position | undefined, signal: AbortSignal): Promise<BundleAnswer>;
  /** What is said instead of the last attempt's trouble when all attempts were in vain. */
  inVain?(retries: number): string | undefined;
}

/** The network as the agent may use it: its proxy and its authorities are inside. */
export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

/** The bundle cannot be had, or is not the one that was ordered. */
export class BundleError extends Error {
  override readonly name = "BundleError";
}

/** The headers of a request that goes on where an earlier answer stopped. */
export function headersAt(position: Position | undefined): Record<string, string> {
  if (!position) return {};
  return { range: `bytes=${position.bytes}-`, "if-match": position.eTag };
}

/** Reads the head of an answer; `refusal` words one that is no success. */
export async function answerOf(
  response: Response,
  position: Position | undefined,
  refusal: (response: Response) => Promise<Error>,
): Promise<BundleAnswer> {
  // The object is another or shorter one now. 416 comes from places that do not know If-Match.
  if (position && [412, 416].includes(response.status)) {
    await response.body?.cancel();
    return { kind: "changed" };
  }
  if (!response.ok) throw await refusal(response);
  if (response.status !== 206) return wholeOf(response);
  if (position && continues(response, position)) return { kind: "rest", body: response.body };
  await response.body?.cancel();
  if (position) return { kind: "changed" };
  throw new Error("a part of the bundle was answered to a request for all of it");
}

/** Whether another attempt may bring what this one did not. */
export function isPassing(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
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
