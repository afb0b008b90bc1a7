/**
 * Which requests are meant for the artifact store, and which bucket their Host names. AWS clients
 * write the bucket into the path (`host/bucket/key`) or into the host (`bucket.host/key`; S3 user
 * guide, "Virtual hosting of buckets"). A host is a bucket's only
 *
 * - below an S3 host of Amazon: `BUCKET.s3.REGION.amazonaws.com` and its variants;
 * - below a domain that the operator named for it;
 * - below `localhost`, in a request that is signed for S3.
 *
 * Any other host is the server's own name, whatever it is, and the path begins with the bucket.
 * @module
 */

/** "other" is for the rest of the API; without a bucket the path names it. */
export type Destination = { kind: "s3"; bucket?: string } | { kind: "other" };

/**
 * `s3.REGION`, `s3-REGION` (the old form), `s3-fips`, `dualstack`, `s3-accelerate` alike: clients
 * that were led here by a proxy or a DNS zone choose any of them.
 */
const AMAZON =
  /^(?:(?<bucket>.+)\.)?s3(?:-fips|-accelerate|-external-1|[-.](?!fips|dualstack)[a-z]{2}(?:-[a-z]+)+-\d)?(?:\.dualstack)?(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?$/;

const SIGNED_FOR_S3 = /\/s3\/aws4_request$/;

/**
 * Where a request goes. `domains` are in lower case, without a dot in front; one of them by itself
 * is the server's own name.
 */
export function destinationOf(request: Request, url: URL, domains: readonly string[]): Destination {
  const host = url.hostname.toLowerCase();
  const amazon = host.includes(".amazonaws.com") ? AMAZON.exec(host) : null;
  if (amazon) return inBucket(amazon.groups?.["bucket"]);
  const own = domains.includes(host);
  const domain = own ? undefined : domainOf(host, domains);
  if (domain !== undefined) return inBucket(host.slice(0, -domain.length - 1));
  if (!signedForS3(request, url)) return { kind: "other" };
  const local = !own && host.endsWith(".localhost");
  return inBucket(local ? host.slice(0, -".localhost".length) : undefined);
}

/** The longest, as one may lie below another. */
function domainOf(host: string, domains: readonly string[]): string | undefined {
  return domains.filter((domain) => host.endsWith(`.${domain}`))
    .reduce<string | undefined>(
      (best, domain) => best !== undefined && best.length > domain.length ? best : domain,
      undefined,
    );
}

function inBucket(bucket: string | undefined): Destination {
  return { kind: "s3", ...(bucket !== undefined && { bucket }) };
}

/**
 * What the request says of its signature, verified or not: it only chooses who answers. One that
 * names an operation of the JSON API is refused by that, in its own words.
 */
function signedForS3({ headers }: Request, url: URL): boolean {
  if (headers.has("x-amz-target")) return false;
  const credential = /Credential=([^,\s]+)/.exec(headers.get("authorization") ?? "")?.[1] ??
    url.searchParams.get("X-Amz-Credential") ?? "";
  return SIGNED_FOR_S3.test(credential);
}

const DOMAIN = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

/** Reads `name,name`. Throws an Error that names what is not a host name. */
export function parseDomains(text: string): string[] {
  const names = text.toLowerCase().split(",").map((name) => name.trim())
    .filter((name) => name !== "");
  const wrong = names.find((name) => !DOMAIN.test(name));
  if (wrong === undefined) return names;
  throw new Error(`"${wrong}" is not a host name such as runtime.example.com.`);
}
