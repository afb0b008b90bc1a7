/**
 * Fetches a revision's bundle and compares what came with what the order says. A download that
 * breaks off goes on where it stopped, as long as the store still has the same object.
 * @module
 */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { pause } from "./backoff.ts";
import { BundleError, type BundleOrigin, type Expected } from "./bundle_request.ts";
import { RateLimit } from "./byte_rate.ts";
import { type BundleReader, openReceived, type ReceivedBundle } from "./received_bundle.ts";
import { SILENCE, Silence } from "./silence.ts";

/** A line that always breaks is given up some time, even if every attempt brings a little. */
const MOST_ATTEMPTS = 100;

export interface Pace {
  /** Bytes per second; undefined is as fast as it goes. */
  maxRate?: number;
  /** Milliseconds before each further attempt; other than the origin's own in tests. */
  retryAfter?: readonly number[];
  /** Milliseconds without a byte until an attempt counts as failed; other than usual in tests. */
  silenceMs?: number;
}

export interface Fetched {
  bytes: number;
  sha256: string;
  eTag: string;
}

/** Trouble on the way, against which another attempt may help. */
class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Something that is being fetched, and what is there of it. */
interface Download {
  origin: BundleOrigin;
  pace: Pace;
  received: ReceivedBundle;
  limit: RateLimit | undefined;
  signal: AbortSignal;
}

/**
 * Streams the bundle into `file`, shows it to `reader` on the way, and checks it. Throws BundleError,
 * the error of a disk that does not take it, or the reason of an abort.
 */
export async function fetchBundle(
  origin: BundleOrigin,
  file: string,
  pace: Pace,
  signal: AbortSignal,
  reader?: BundleReader,
): Promise<Fetched> {
  await mkdir(dirname(file), { recursive: true });
  const limit = pace.maxRate === undefined ? undefined : new RateLimit(pace.maxRate);
  const received = await openReceived(file, reader);
  try {
    await receiveAll({ origin, pace, received, limit, signal });
    const fetched = received.finish();
    check(origin.expected, fetched);
    return fetched;
  } finally {
    await received.close();
  }
}

async function receiveAll(download: Download): Promise<void> {
  const { origin, received, pace, signal } = download;
  const usual = pace.retryAfter ?? origin.retryAfter;
  let waits = [...usual];
  let furthest = 0;
  for (let attempts = 1;; attempts++) {
    try {
      // A bundle that changed is asked for again at once: nothing is in trouble.
      if (await attempt(download) === "whole") return;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof Interrupted)) throw error;
      if (received.bytes > furthest) waits = [...usual];
      furthest = Math.max(furthest, received.bytes);
      const wait = waits.shift();
      if (wait === undefined || attempts >= MOST_ATTEMPTS) {
        const message = origin.inVain?.(attempts - 1) ?? error.message;
        throw new BundleError(message, { cause: error });
      }
      await pause(wait, signal);
    }
  }
}

/** One request. Only what fails on the way is Interrupted, never what fails on this host. */
async function attempt(download: Download): Promise<"whole" | "changed"> {
  const { origin, pace, received, limit, signal } = download;
  if (received.bytes > 0 && received.whole) return "whole";
  const silence = new Silence(signal, pace.silenceMs ?? SILENCE);
  const position = received.position;
  try {
    const asked = origin.request(position, silence.signal);
    const answer = await silence.during(asked).catch(interrupted(download));
    if (answer.kind === "changed") {
      await received.forget();
      return "changed";
    }
    if (answer.kind === "whole") {
      checkETag(origin.expected, answer.eTag);
      await received.begin(answer);
    }
    const reader = answer.body?.getReader();
    while (reader) {
      const next = await silence.during(reader.read()).catch(interrupted(download));
      if (next.done) break;
      await received.take(next.value);
      await limit?.wait(next.value.length, signal);
    }
  } finally {
    silence.end();
  }
  const { bytes, total = bytes } = received;
  if (bytes < total) interrupted(download)(new Error(`only ${bytes} of ${total} bytes came`));
  return "whole";
}

/** Says what broke off; a refusal of the store is thrown as it is. */
function interrupted({ origin }: Download): (error: unknown) => never {
  return (error) => {
    if (error instanceof BundleError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Interrupted(
      `The download of ${origin.name} from ${origin.from} broke off: ${reason}`,
      { cause: error },
    );
  };
}

/** Entity tags are compared before a byte is fetched: another object is not worth the time. */
function checkETag({ eTag }: Expected, actual: string): void {
  const unquoted = (tag: string) => tag.replaceAll('"', "");
  if (eTag !== undefined) mustBe("etag", unquoted(eTag), unquoted(actual));
}

function check({ sha256, size }: Expected, fetched: Fetched): void {
  if (size !== undefined) mustBe("size", String(size), String(fetched.bytes));
  if (sha256 !== undefined) mustBe("sha256", sha256.toLowerCase(), fetched.sha256);
}

function mustBe(what: string, expected: string, actual: string): void {
  if (expected === actual) return;
  throw new BundleError(
    `Expected deployment artifact bundle ${what} ${expected} but was actually ${actual}`,
  );
}
