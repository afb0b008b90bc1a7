/**
 * The sums of an object that came in parts: of the whole, or of its parts' sums, `<sum>-<parts>` (S3
 * user guide, "Checking object integrity for data uploads").
 * @module
 */
import { Buffer } from "node:buffer";
import type { Upload, UploadPart } from "../../store/uploads.ts";
import { ChecksumName, ChecksumType, digestOf } from "./checksums.ts";
import { S3Error } from "./s3_error.ts";

/** What CreateMultipartUpload asks for; nothing where it does not say. */
export interface UploadChecksum {
  algorithm: ChecksumName;
  type: ChecksumType;
}

const { COMPOSITE, FULL_OBJECT: FULL } = ChecksumType.enum;

/** S3 computes these over parts alone; CRC-64 it computes over the whole alone. */
const NEVER_FULL: readonly ChecksumName[] = ["sha1", "sha256"];

/** Reads x-amz-checksum-algorithm and -type. Throws InvalidRequest for what does not go together. */
export function uploadChecksum(headers: Headers): UploadChecksum | undefined {
  const given = headers.get("x-amz-checksum-algorithm");
  const type = headers.get("x-amz-checksum-type");
  if (given === null && type === null) return undefined;
  const algorithm = ChecksumName.safeParse((given ?? "crc64nvme").toLowerCase());
  const kind = ChecksumType.safeParse(type ?? (algorithm.data === "crc64nvme" ? FULL : COMPOSITE));
  if (!algorithm.success || !kind.success) {
    throw new S3Error(
      "InvalidRequest",
      `x-amz-checksum-algorithm is ${given} and x-amz-checksum-type ${type}; the first must be one ` +
        `of ${ChecksumName.options.join(", ")}, the second of ${ChecksumType.options.join(", ")}.`,
    );
  }
  const wrong = kind.data === FULL
    ? NEVER_FULL.includes(algorithm.data)
    : algorithm.data === "crc64nvme";
  if (wrong) {
    throw new S3Error(
      "InvalidRequest",
      `The ${kind.data} checksum type cannot be used with the ${algorithm.data} algorithm.`,
    );
  }
  return { algorithm: algorithm.data, type: kind.data };
}

/** What an upload that is under way was begun with. */
export function checksumOfUpload(upload: Upload): UploadChecksum | undefined {
  const algorithm = ChecksumName.safeParse(upload.checksumAlgorithm);
  const type = ChecksumType.safeParse(upload.checksumType);
  return algorithm.success && type.success
    ? { algorithm: algorithm.data, type: type.data }
    : undefined;
}

/** The sum of the parts' sums; each part has one of this name. */
export function compositeSum(name: ChecksumName, parts: readonly UploadPart[]): string {
  const digest = digestOf(name);
  for (const part of parts) digest.update(Buffer.from(part.checksums[name] ?? "", "base64"));
  return `${digest.digest().toString("base64")}-${parts.length}`;
}

/** `<md5 of the parts' MD5>-<number of parts>`, as S3 forms it. */
export function multipartEtag(parts: readonly Pick<UploadPart, "etag">[]): string {
  const md5 = digestOf("md5");
  for (const part of parts) md5.update(Buffer.from(part.etag, "hex"));
  return `${md5.digest().toString("hex")}-${parts.length}`;
}
