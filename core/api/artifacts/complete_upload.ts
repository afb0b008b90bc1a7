/**
 * CompleteMultipartUpload: the parts a client lists become one version. They are read once more, a
 * piece at a time, to put them into one file and to know the SHA-256 of the whole.
 * @module
 */
import { z } from "zod";
import type { StoredObject } from "../../store/objects.ts";
import { deleteUpload, listParts, type Upload, type UploadPart } from "../../store/uploads.ts";
import { ChecksumName, checksumsOf, type Claims, readClaims, verifyClaims } from "./checksums.ts";
import { completedBefore, versionMark } from "./completed_upload.ts";
import { checksumOfUpload, compositeSum, multipartEtag } from "./composite.ts";
import { PartNumber, uploadOf } from "./multipart.ts";
import type { Artifacts, S3Request } from "./operation.ts";
import { INCOMING_RANDOM_BYTES } from "./put_object.ts";
import { filesInTurn, receive, type Received } from "./receive.ts";
import { readDocument } from "./request_text.ts";
import { S3Error } from "./s3_error.ts";
import { s3Document, xmlResponse } from "./s3_xml.ts";
import { checksumElements, storeVersion, versionHeaders, writeCondition } from "./store_version.ts";

const ListedPart = z.looseObject({ PartNumber, ETag: z.string() });
type ListedPart = z.infer<typeof ListedPart>;
const PartList = z.object({
  CompleteMultipartUpload: z.object({
    Part: z.union([z.array(ListedPart), ListedPart.transform((part) => [part])]),
  }),
});

/** CompleteMultipartUpload. Of two requests that complete one upload, both are told of one version. */
export async function completeUpload(artifacts: Artifacts, request: S3Request): Promise<Response> {
  const { CompleteMultipartUpload: { Part: listed } } = await readDocument(request, {
    schema: PartList,
    what:
      "The body must be a CompleteMultipartUpload with at least one Part of PartNumber and ETag",
    headers: withoutChecksums(request.headers),
  });
  const version = await assemble(artifacts, request, listed).catch((error) => {
    const gone = error instanceof S3Error && error.code === "NoSuchUpload";
    const before = gone && completedBefore(artifacts.store.read, request, listed.map(bareEtag));
    if (before) return before;
    throw error;
  });
  const document = s3Document("CompleteMultipartUploadResult", {
    Location: request.raw.url.split("?")[0],
    Bucket: version.bucket,
    Key: version.key,
    ETag: `"${version.etag}"`,
    ...checksumElements(version),
  });
  return xmlResponse(document, versionHeaders(version));
}

/** Makes the version. Throws NoSuchUpload when somebody has ended the upload meanwhile. */
async function assemble(
  artifacts: Artifacts,
  request: S3Request,
  listed: readonly ListedPart[],
): Promise<StoredObject> {
  const { bucket, key, headers } = request;
  const upload = uploadOf(artifacts.store.read, request);
  const condition = writeCondition(headers, { bucket, key });
  const parts = choose(listed, listParts(artifacts.store.read, upload.uploadId));
  mustBeLargeEnough(parts, artifacts.partBytesMin);
  const composite = compositeOf(upload, parts, headers);
  const received = await concatenate(artifacts, parts, { upload, headers }).catch((error) => {
    // Who ended it has taken the parts away, too.
    uploadOf(artifacts.store.read, request);
    throw error;
  });
  const object = {
    ...{ bucket, key, etag: multipartEtag(parts), random: versionMark(upload.uploadId) },
    ...{ contentType: upload.contentType, metadata: upload.metadata, headers: upload.headers },
    checksums: composite ?? received.checksums,
  };
  const version = await storeVersion(artifacts, received, object, (tx) => {
    uploadOf(tx, request);
    condition(tx);
    deleteUpload(tx, upload.uploadId);
  });
  await artifacts.files.removeUpload(upload.uploadId);
  return version;
}

/** Clients quote an ETag or do not. */
function bareEtag({ ETag }: ListedPart): string {
  return ETag.trim().replaceAll('"', "").toLowerCase();
}

/** The sum of the parts' sums, where the upload was begun for one; compared with the client's. */
function compositeOf(
  upload: Upload,
  parts: readonly UploadPart[],
  headers: Headers,
): Record<string, string> | undefined {
  const wanted = checksumOfUpload(upload);
  if (wanted?.type !== "COMPOSITE") return undefined;
  const sum = compositeSum(wanted.algorithm, parts);
  const claimed = headers.get(`x-amz-checksum-${wanted.algorithm}`);
  if (claimed !== null && claimed.replace(/-\d+$/, "") !== sum.replace(/-\d+$/, "")) {
    throw new S3Error(
      "BadDigest",
      `x-amz-checksum-${wanted.algorithm} is ${claimed}, but the parts have ${sum}.`,
    );
  }
  return { [wanted.algorithm]: sum };
}

/** The parts a client lists, in its order. Throws InvalidPartOrder, InvalidPart. */
function choose(listed: readonly ListedPart[], arrived: readonly UploadPart[]): UploadPart[] {
  const byNumber = new Map(arrived.map((part) => [part.partNumber, part]));
  let last = 0;
  return listed.map(({ PartNumber: number, ETag, ...sums }) => {
    if (number <= last) {
      throw new S3Error(
        "InvalidPartOrder",
        `Part ${number} is listed after part ${last}; list parts by number, each once.`,
      );
    }
    last = number;
    const part = byNumber.get(number);
    if (!part) throw new S3Error("InvalidPart", `Part ${number} is listed, but never arrived.`);
    if (bareEtag({ ETag, PartNumber: number }) !== part.etag) {
      throw new S3Error(
        "InvalidPart",
        `Part ${number} is listed with the ETag ${ETag}, but "${part.etag}" arrived.`,
      );
    }
    for (const name of ChecksumName.options) {
      const claimed = sums[`Checksum${name.toUpperCase()}`];
      const known = part.checksums[name];
      if (claimed === undefined || known === undefined || claimed === known) continue;
      throw new S3Error(
        "InvalidPart",
        `Part ${number} is listed with another ${name} than it has.`,
      );
    }
    return part;
  });
}

function mustBeLargeEnough(parts: readonly UploadPart[], bytesMin: number): void {
  const small = parts.slice(0, -1).find(({ size }) => size < bytesMin);
  if (!small) return;
  throw new S3Error(
    "EntityTooSmall",
    `Part ${small.partNumber} has ${small.size} bytes; all parts but the last need ${bytesMin}.`,
  );
}

/**
 * What the request says of the whole object. A sum of the parts' sums (`…-3`) is not among it: each
 * part's own sum has been verified.
 */
function wholeClaims(headers: Headers, upload: Upload): Claims {
  const composite = headers.get("x-amz-checksum-type") === "COMPOSITE" ||
    checksumOfUpload(upload)?.type === "COMPOSITE";
  const { checksums } = readClaims(
    keep(headers, (name, value) => isChecksum(name) && !composite && !/-\d+$/.test(value)),
    "UNSIGNED-PAYLOAD",
  );
  const size = headers.get("x-amz-mp-object-size");
  if (size !== null && !/^\d{1,15}$/.test(size)) {
    throw new S3Error("InvalidArgument", `x-amz-mp-object-size is "${size}", no number of bytes.`);
  }
  return {
    size: size === null ? undefined : Number(size),
    md5: undefined,
    contentSha256: undefined,
    checksums,
    trailing: [],
    framing: { kind: "none" },
  };
}

function withoutChecksums(headers: Headers): Headers {
  return keep(headers, (name) => !isChecksum(name));
}

function isChecksum(name: string): boolean {
  return name.startsWith("x-amz-checksum-");
}

function keep(headers: Headers, holds: (name: string, value: string) => boolean): Headers {
  return new Headers([...headers].filter(([name, value]) => holds(name, value)));
}

async function concatenate(
  artifacts: Artifacts,
  parts: readonly UploadPart[],
  { upload, headers }: { upload: Upload; headers: Headers },
): Promise<Received & { checksums: Record<string, string> }> {
  const claims = wholeClaims(headers, upload);
  const wanted = checksumOfUpload(upload);
  const names = new Set(claims.checksums.keys());
  if (wanted?.type === "FULL_OBJECT") names.add(wanted.algorithm);
  const file = await artifacts.files.incoming(artifacts.randomHex(INCOMING_RANDOM_BYTES));
  const source = filesInTurn(parts.map((part) => artifacts.files.part(part)));
  const received = await receive(source, file, names, (sums) => {
    verifyClaims(claims, new Map(), sums);
  });
  return { ...received, checksums: checksumsOf(names, received.sums) };
}
