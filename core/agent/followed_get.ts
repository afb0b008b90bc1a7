/**
 * A GET that follows redirects by rules of its own: to safe addresses only, never from an encrypted
 * one to a plain one, and a token goes to the host that it is for and to no other.
 * @module
 */
import { isSafe } from "../domain/https_location.ts";
import { BundleError, type Fetch } from "./bundle_request.ts";

const REDIRECTS = [301, 302, 303, 307, 308];
/** As many as browsers and curl follow is too many for a bundle. */
const MOST_REDIRECTS = 5;

export interface FollowedGet {
  url: URL;
  headers: Record<string, string>;
  /** Sent to the first address' origin alone. */
  authorization?: string;
  signal: AbortSignal;
}

/** The first answer that is no redirect. Throws BundleError for a redirect that is not followed. */
export async function followedGet(get: FollowedGet, fetch: Fetch): Promise<Response> {
  const { headers, authorization, signal } = get;
  let { url } = get;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const own = authorization !== undefined && url.origin === get.url.origin;
    const response = await fetch(url, {
      // What a server would pack for the way is not what was hashed.
      headers: { "accept-encoding": "identity", ...headers, ...(own && { authorization }) },
      redirect: "manual",
      signal,
    });
    if (!REDIRECTS.includes(response.status)) return response;
    await response.body?.cancel();
    url = redirected(url, response.headers.get("location"));
  }
  throw new BundleError(`${get.url} was redirected more than ${MOST_REDIRECTS} times`);
}

function redirected(from: URL, location: string | null): URL {
  if (location === null || !URL.canParse(location, from)) {
    throw new BundleError(`${from.origin} redirected to no address: ${location}`);
  }
  const to = new URL(location, from);
  const downgrade = from.protocol === "https:" && to.protocol !== "https:";
  if (isSafe(to) && !downgrade) return to;
  throw new BundleError(
    `${from.origin} redirected to ${to.origin}, which is not https: redirects are followed to ` +
      "https:// only",
  );
}
