/** A bundle at a web address, known by its SHA-256 (a revision of ours, beside CodeDeploy's). @module */
import { STATUS_CODES } from "node:http";
import type { HttpsRevision } from "../wire/bundle_revision.ts";
import {
  answerOf,
  BundleError,
  type BundleOrigin,
  type Fetch,
  headersAt,
  isPassing,
} from "./bundle_request.ts";
import { followedGet } from "./followed_get.ts";

/** Milliseconds between attempts. */
const RETRY_AFTER = [500, 2_000, 8_000];

export function httpsOrigin(revision: HttpsRevision, fetch: Fetch): BundleOrigin {
  const url = new URL(revision.Url);
  return {
    name: url.href,
    from: url.origin,
    bundleType: revision.BundleType,
    expected: { sha256: revision.SHA256 },
    retryAfter: RETRY_AFTER,
    async request(position, signal) {
      const response = await followedGet({ url, headers: headersAt(position), signal }, fetch);
      return await answerOf(response, position, (answer) => refusal(url, answer));
    },
  };
}

async function refusal(url: URL, { status, statusText, body }: Response): Promise<Error> {
  await body?.cancel();
  const words = statusText || STATUS_CODES[status];
  const message = `The bundle ${url} cannot be downloaded: HTTP ${status} ${words}`;
  return isPassing(status) ? new Error(message) : new BundleError(message);
}
