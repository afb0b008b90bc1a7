/**
 * What a signed request says of its signature: by whom, when, for what, over which headers. Nothing
 * here is verified but its form.
 * @module
 */
import { DomainError } from "../domain/errors.ts";

interface Claim {
  accessKeyId: string;
  region: string;
  service: string;
  /** Milliseconds since the epoch. */
  signedAt: number;
  /** Lower case. */
  signedHeaders: readonly string[];
  /** Hex. */
  signature: string;
}

export type SignatureClaim =
  | Claim & { kind: "header"; expiresSeconds?: undefined }
  | Claim & { kind: "presigned"; expiresSeconds: number };

const ALGORITHM = "AWS4-HMAC-SHA256";
/** A token of HTTP (RFC 9110, 5.6.2); asking a request for any other name fails. */
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
/** Characters; the longest name of a region in AWS has 14. */
const REGION_MAX = 64;
/** A week, the longest a presigned URL may be good for. */
const EXPIRES_MAX = 604_800;

/** Throws MissingAuthenticationToken when nothing is signed, IncompleteSignature when it is unreadable. */
export function readClaim(headers: Headers, url: URL): SignatureClaim {
  const authorization = headers.get("authorization");
  if (authorization !== null) return headerClaim(authorization, headers.get("x-amz-date"));
  if (url.searchParams.has("X-Amz-Algorithm")) return presignedClaim(url.searchParams);
  throw new DomainError(
    "MissingAuthenticationTokenException",
    "Authorization",
    "The request is not signed. Sign it with an access key of this server (AWS Signature Version 4).",
  );
}

/** As every SDK writes it; another order of the parts, or other white space, is taken as well. */
const USUAL =
  /^AWS4-HMAC-SHA256 Credential=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([^,\s]+)$/;

function headerClaim(authorization: string, date: string | null): SignatureClaim {
  const usual = USUAL.exec(authorization);
  if (usual) {
    const [, credential = "", signedHeaders = "", signature = ""] = usual;
    const said = claim({ credential, date: date ?? "", signedHeaders, signature });
    return { kind: "header", ...said };
  }
  const [algorithm = "", ...rest] = authorization.trim().split(/\s+/);
  if (algorithm !== ALGORITHM) {
    throw incomplete("Authorization", `the algorithm must be ${ALGORITHM}, not "${algorithm}"`);
  }
  const parts = new Map(
    rest.join("").split(",").map((part): [string, string] => {
      const at = part.indexOf("=");
      return [part.slice(0, at), part.slice(at + 1)];
    }),
  );
  const part = (name: string): string => {
    const value = parts.get(name);
    if (value) return value;
    throw incomplete("Authorization", `the header needs ${name}=…`);
  };
  return {
    kind: "header",
    ...claim({
      credential: part("Credential"),
      date: date ?? "",
      signedHeaders: part("SignedHeaders"),
      signature: part("Signature"),
    }),
  };
}

function presignedClaim(query: URLSearchParams): SignatureClaim {
  const algorithm = query.get("X-Amz-Algorithm");
  if (algorithm !== ALGORITHM) {
    throw incomplete("X-Amz-Algorithm", `must be ${ALGORITHM}, not "${algorithm}"`);
  }
  const part = (name: string): string => {
    const value = query.get(name);
    if (value) return value;
    throw incomplete(name, "the query of a presigned URL needs it");
  };
  const expires = part("X-Amz-Expires");
  const expiresSeconds = Number(expires);
  if (!/^\d+$/.test(expires) || expiresSeconds < 1 || expiresSeconds > EXPIRES_MAX) {
    throw incomplete("X-Amz-Expires", `must be 1 to ${EXPIRES_MAX} seconds, not "${expires}"`);
  }
  return {
    kind: "presigned",
    expiresSeconds,
    ...claim({
      credential: part("X-Amz-Credential"),
      date: part("X-Amz-Date"),
      signedHeaders: part("X-Amz-SignedHeaders"),
      signature: part("X-Amz-Signature"),
    }),
  };
}

function claim(
  text: { credential: string; date: string; signedHeaders: string; signature: string },
): Claim {
  const scope = text.credential.split("/");
  // A key's id may hold slashes, the four parts behind it never do.
  const [day = "", region = "", service = "", end] = scope.slice(-4);
  const accessKeyId = scope.slice(0, -4).join("/");
  if (accessKeyId === "" || region === "" || service === "" || end !== "aws4_request") {
    throw incomplete(
      "Credential",
      `must be KEY/<date>/<region>/<service>/aws4_request, not "${text.credential}"`,
    );
  }
  // Keys derived for a region are kept, also those of requests that turn out to be nobody's.
  if (region.length > REGION_MAX) {
    throw incomplete("Credential", `names a region of more than ${REGION_MAX} characters`);
  }
  const signedAt = timeOf(text.date);
  if (day !== text.date.slice(0, 8)) {
    throw incomplete("Credential", `is scoped to ${day}, but X-Amz-Date is ${text.date}`);
  }
  const signedHeaders = namesIn(text.signedHeaders);
  return { accessKeyId, region, service, signedAt, signedHeaders, signature: text.signature };
}

/** What was read last: hosts name the same headers, and many requests come in one second. */
let lastNames: { text: string; names: readonly string[] } = { text: "host", names: ["host"] };
let lastTime = { text: "", time: NaN };

function namesIn(text: string): readonly string[] {
  if (text === lastNames.text) return lastNames.names;
  const names = text.toLowerCase().split(";");
  if (!names.includes("host")) throw incomplete("SignedHeaders", "must include host");
  const odd = names.find((name) => !HEADER_NAME.test(name));
  if (odd !== undefined) throw incomplete("SignedHeaders", `"${odd}" is not the name of a header`);
  lastNames = { text, names };
  return names;
}

function timeOf(date: string): number {
  if (date === lastTime.text) return lastTime.time;
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (!Number.isNaN(time)) {
    lastTime = { text: date, time };
    return time;
  }
  throw incomplete("X-Amz-Date", `must be a time such as 20261125T081500Z, not "${date}"`);
}

function incomplete(field: string, reason: string): DomainError {
  return new DomainError("IncompleteSignatureException", field, `${field}: ${reason}.`);
}
