/**
 * What a client says about the bytes it sends, and whether it is true: Content-MD5,
 * x-amz-content-sha256, x-amz-checksum-*, the length, and checksums that follow the body as trailers.
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { z } from "zod";
import { Crc32, Crc32c, Crc64Nvme, type Digest } from "./crc.ts";
import { S3Error } from "./s3_error.ts";

/** Sums a client may send as `x-amz-checksum-<name>`. */
export const ChecksumName = z.enum(["sha256", "sha1", "crc32", "crc32c", "crc64nvme"]);
export type ChecksumName = z.infer<typeof ChecksumName>;

/** Of the bytes themselves, or of the sums of the parts. */
export const ChecksumType = z.enum(["COMPOSITE", "FULL_OBJECT"]);
export type ChecksumType = z.infer<typeof ChecksumType>;

/** Bytes in a sum, to tell a malformed header from a wrong one. */
const BYTES: Record<ChecksumName | "md5", number> = {
  sha256: 32,
  sha1: 20,
  crc32: 4,
  crc32c: 4,
  crc64nvme: 8,
  md5: 16,
};

/** Begins a sum. */
export function digestOf(name: ChecksumName | "md5"): Digest {
  switch (name) {
    case "crc32":
      return new Crc32();
    case "crc32c":
      return new Crc32c();
    case "crc64nvme":
      return new Crc64Nvme();
    case "md5":
    case "sha1":
    case "sha256":
      return createHash(name);
  }
}

/** The sums of bytes that have arrived; MD5 and SHA-256 are always among them. */
export interface Sums {
  size: number;
  of: ReadonlyMap<ChecksumName | "md5", Buffer>;
}

/** What the request says of its body. Sums are base64 unless said otherwise. */
export interface Claims {
  /** Bytes without framing; undefined when the client did not say. */
  size: number | undefined;
  md5: string | undefined;
  /** Hex, as it was signed; undefined when the body was not signed. */
  contentSha256: string | undefined;
  checksums: ReadonlyMap<ChecksumName, string>;
  /** Sums announced for the trailers. */
  trailing: readonly ChecksumName[];
  framing: Framing;
}

/**
 * How the body is cut: not at all, in aws-chunked frames, or in frames that are signed one by one.
 * `trailers` says whether lines follow the last frame.
 */
export type Framing =
  | { kind: "none" }
  | { kind: "frames" }
  | { kind: "signed frames"; trailers: boolean };

const FRAMINGS: Record<string, Framing> = {
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER": { kind: "frames" },
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": { kind: "signed frames", trailers: false },
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": { kind: "signed frames", trailers: true },
};

const HEX_SHA256 = /^[0-9a-f]{64}$/;

/**
 * Reads the claims of a request; `contentSha256` is the signed value of x-amz-content-sha256. Throws
 * InvalidDigest, InvalidRequest, NotImplemented.
 */
export function readClaims(headers: Headers, contentSha256: string): Claims {
  const framing = framingOf(contentSha256);
  const framed = framing.kind !== "none";
  const signed = !framed && contentSha256 !== "UNSIGNED-PAYLOAD";
  if (signed && !HEX_SHA256.test(contentSha256)) {
    throw new S3Error(
      "InvalidArgument",
      `x-amz-content-sha256 must be UNSIGNED-PAYLOAD, ${Object.keys(FRAMINGS).join(", ")} or the ` +
        "SHA-256 of the body in lower-case hex.",
    );
  }
  const checksums = new Map<ChecksumName, string>();
  for (const [header, value] of headers) {
    const name = checksumOfHeader(header);
    if (name !== undefined) checksums.set(name, wellFormed(header, value, BYTES[name]));
  }
  const md5 = headers.get("content-md5");
  return {
    size: sizeHeader(headers, framed ? "x-amz-decoded-content-length" : "content-length"),
    md5: md5 === null ? undefined : wellFormed("content-md5", md5, BYTES.md5),
    contentSha256: signed ? contentSha256 : undefined,
    checksums,
    trailing: framed ? trailingSums(headers) : [],
    framing,
  };
}

function framingOf(contentSha256: string): Framing {
  const framing = FRAMINGS[contentSha256];
  if (framing) return framing;
  if (!contentSha256.startsWith("STREAMING-")) return { kind: "none" };
  throw new S3Error(
    "NotImplemented",
    `x-amz-content-sha256 is ${contentSha256}; this server takes bodies in chunks as ` +
      `${Object.keys(FRAMINGS).join(", ")}.`,
  );
}

/** The sums to compute for these claims, besides MD5 and SHA-256. */
export function sumsFor(claims: Claims): ChecksumName[] {
  return [...claims.checksums.keys(), ...claims.trailing];
}

/** Throws unless the bytes are what the request, and its trailers, say they are. */
export function verifyClaims(
  claims: Claims,
  trailers: ReadonlyMap<string, string>,
  sums: Sums,
): void {
  if (claims.size !== undefined && claims.size !== sums.size) {
    throw new S3Error(
      "IncompleteBody",
      `${sums.size} bytes arrived where ${claims.size} were announced; send the object again.`,
    );
  }
  const sha256 = sums.of.get("sha256")?.toString("hex");
  if (claims.contentSha256 !== undefined && claims.contentSha256 !== sha256) {
    throw new S3Error(
      "XAmzContentSHA256Mismatch",
      `x-amz-content-sha256 is ${claims.contentSha256}, but the body that arrived has ${sha256}.`,
    );
  }
  if (claims.md5 !== undefined) compare("Content-MD5", claims.md5, sums.of.get("md5"));
  for (const [name, value] of claims.checksums) {
    // SDKs that presign a PUT without its body sign the sum of nothing into the URL.
    const hint = sums.size > 0 && value === digestOf(name).digest().toString("base64")
      ? " It is that of an empty body: where a URL is presigned before there is a body, set " +
        "requestChecksumCalculation to WHEN_REQUIRED in the client that presigns."
      : "";
    compare(`x-amz-checksum-${name}`, value, sums.of.get(name), hint);
  }
  for (const name of claims.trailing) {
    const header = `x-amz-checksum-${name}`;
    const value = trailers.get(header);
    if (value === undefined) {
      throw new S3Error(
        "MalformedTrailerError",
        `x-amz-trailer announces ${header}, but it did not follow the body.`,
      );
    }
    compare(`trailer ${header}`, value, sums.of.get(name));
  }
}

/** The sums of these names as they are stored: in base64 by name. */
export function checksumsOf(
  names: Iterable<ChecksumName>,
  { of }: Sums,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) found[name] = of.get(name)?.toString("base64") ?? "";
  return found;
}

function compare(what: string, claimed: string, actual: Buffer | undefined, hint = ""): void {
  const found = actual?.toString("base64");
  if (claimed === found) return;
  throw new S3Error(
    "BadDigest",
    `${what} is ${claimed}, but the body that arrived has ${found}; nothing was stored.${hint}`,
  );
}

const CHECKSUM_HEADER = "x-amz-checksum-";

/** `x-amz-checksum-algorithm` and `-type` begin alike, but are no sums. */
function checksumOfHeader(header: string): ChecksumName | undefined {
  if (!header.startsWith(CHECKSUM_HEADER)) return undefined;
  const suffix = header.slice(CHECKSUM_HEADER.length);
  if (["algorithm", "type", "mode"].includes(suffix)) return undefined;
  const name = ChecksumName.safeParse(suffix);
  if (name.success) return name.data;
  throw new S3Error(
    "NotImplemented",
    `${header} cannot be verified here; send one of ${ChecksumName.options.join(", ")}.`,
  );
}

function trailingSums(headers: Headers): ChecksumName[] {
  const names = (headers.get("x-amz-trailer") ?? "").toLowerCase().split(",");
  return names.map((name) => name.trim()).filter((name) => name !== "")
    .map(checksumOfHeader).filter((name) => name !== undefined);
}

function wellFormed(header: string, value: string, bytes: number): string {
  if (Buffer.from(value, "base64").length === bytes) return value;
  throw new S3Error(
    "InvalidDigest",
    `${header} is ${value}, which is not ${bytes} bytes in base64.`,
  );
}

function sizeHeader(headers: Headers, name: string): number | undefined {
  const value = headers.get(name);
  if (value === null) return undefined;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new S3Error("InvalidArgument", `${name} is "${value}", which is not a number of bytes.`);
}
