/**
 * The headers that count: in a presigned URL they may stand in the query, and whatever begins with
 * `x-amz-` must have been signed (S3 API reference, "Authenticating requests: using query
 * parameters"). Otherwise whoever was given a URL to put one object could add `x-amz-copy-source`
 * and read any other.
 * @module
 */
import { S3Error } from "./s3_error.ts";

/** Query parameters that speak of the signature itself, in lower case. */
const OF_THE_SIGNATURE = [
  "x-amz-algorithm",
  "x-amz-credential",
  "x-amz-content-sha256",
  "x-amz-date",
  "x-amz-expires",
  "x-amz-security-token",
  "x-amz-signature",
  "x-amz-signedheaders",
];

/** Not signed by some clients, and verified or meaningless: changing them changes nothing. */
const MAY_BE_UNSIGNED = ["x-amz-content-sha256", "x-amz-date", "x-amz-user-agent"];

/** Header names begin so that mean something to S3. */
const AMZ = /^x-amz-/i;

/** What `Headers` takes: bytes without controls. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Throws AccessDenied for a header that was added after signing. */
export function signedHeaders(request: Request, url: URL, signed: readonly string[]): Headers {
  const added = [...request.headers.keys()].filter((name) =>
    AMZ.test(name) && !signed.includes(name) && !MAY_BE_UNSIGNED.includes(name)
  );
  if (added.length > 0) {
    throw new S3Error(
      "AccessDenied",
      `There were headers present in the request which were not signed: ${added.join(", ")}.`,
    );
  }
  const headers = new Headers(request.headers);
  for (const [name, value] of url.searchParams) {
    const isHeader = AMZ.test(name) && !OF_THE_SIGNATURE.includes(name.toLowerCase());
    if (!isHeader || headers.has(name)) continue;
    if (!HEADER_VALUE.test(value)) {
      throw new S3Error(
        "InvalidArgument",
        `${name} is ${JSON.stringify(value)}, no header's value.`,
      );
    }
    headers.set(name, value);
  }
  return headers;
}

/** The value of a query parameter that becomes a header's. Throws InvalidArgument. */
export function headerValue(name: string, value: string): string {
  if (HEADER_VALUE.test(value)) return value;
  throw new S3Error("InvalidArgument", `${name} is ${JSON.stringify(value)}, no header's value.`);
}
