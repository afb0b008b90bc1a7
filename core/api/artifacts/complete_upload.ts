/**
 * CompleteMultipartUpload: the parts a client lists become one version. They are read once more, a
 * piece at a time, to put them into one file and to know the SHA-256 of the whole.
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { z } from "zod";
import { deleteUpload, listParts, type UploadPart } from "../../store/uploads.ts";
import { type Claims, readClaims, sumsFor, verifyClaims } from "./checksums.ts";
import { PartNumber, uploadOf } from "./multipart.ts";
import type { Artifacts, S3Request } from "./operation.ts";
import { INCOMING_RANDOM_BYTES } from "./put_object.ts";
import { filesInTurn, receive, type Received, requestBody } from "./receive.ts";
import { S3Error } from "./s3_error.ts";
import { parseXml, s3Document, xmlResponse } from "./s3_xml.ts";
import { storeVersion, versionHeaders, writeCondition } from "./store_version.ts";

/** A list of ten thousand parts with all their checksums has about 3 MiB. */
const LIST_LIMIT_BYTES = 8 << 20;

const ListedPart = z.object({ PartNumber, ETag: z.string() });
type ListedPart = z.infer<typeof ListedPart>;
const PartList = z.object({
  CompleteMultipartUpload: z.object({
    Part: z.union([z.array(ListedPart), ListedPart.transform((part) => [part])]),
  }),
});

/** CompleteMultipartUpload. Of two requests that complete one upload, one gets NoSuchUpload. */
export async function completeUpload(artifacts: Artifacts, request: S3Request): Promise<Response> {
  const { bucket, key, raw: { headers, url } } = request;
  const upload = uploadOf(artifacts.store.read, request);
  const condition = writeCondition(headers, { bucket, key });
  const claims = readClaims(withoutComposite(headers), request.contentSha256);
  const listed = parseList(await readText(request, claims));
  const parts = choose(listed, listParts(artifacts.store.read, upload.uploadId));
  const received = await concatenate(artifacts, parts, wholeClaims(claims, headers));
  const etag = multipartEtag(parts);
  const { contentType, metadata, headers: kept } = upload;
  const described = { bucket, key, etag, contentType, metadata, headers: kept, checksums: {} };
  const version = await storeVersion(artifacts, received, described, (tx) => {
    uploadOf(tx, request);
    condition(tx);
    deleteUpload(tx, upload.uploadId);
  });
  await artifacts.files.removeUpload(upload.uploadId);
  const document = s3Document("CompleteMultipartUploadResult", {
    Location: url.split("?")[0],
    Bucket: bucket,
    Key: key,
    ETag: `"${etag}"`,
  });
  return xmlResponse(document, versionHeaders(version));
}

/** `<md5 of the parts' MD5>-<number of parts>`, as S3 forms it. */
function multipartEtag(parts: readonly UploadPart[]): string {
  const md5 = createHash("md5");
  for (const part of parts) md5.update(Buffer.from(part.etag, "hex"));
  return `${md5.digest("hex")}-${parts.length}`;
}

async function readText(request: S3Request, claims: Claims): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of requestBody(request.raw)) {
    size += piece.length;
    if (size > LIST_LIMIT_BYTES) {
      throw new S3Error("EntityTooLarge", "The list of parts is longer than 8 MiB.");
    }
    pieces.push(piece.slice());
  }
  const body = Buffer.concat(pieces);
  const of = new Map((["md5", "sha256"] as const).map((name) => [name, hashOf(name, body)]));
  // Checksum headers of this request are about the object, not about the list.
  verifyClaims({ ...claims, checksums: new Map() }, new Map(), { size, of });
  return body.toString("utf8");
}

function hashOf(name: "md5" | "sha256", body: Buffer): Buffer {
  return createHash(name).update(body).digest();
}

function parseList(text: string): ListedPart[] {
  const list = PartList.safeParse(parseXml(text));
  if (list.success) return list.data.CompleteMultipartUpload.Part;
  throw new S3Error(
    "MalformedXML",
    "The body must be a CompleteMultipartUpload with at least one Part of PartNumber and ETag: " +
      z.prettifyError(list.error),
  );
}

/** The parts a client lists, in its order. Throws InvalidPartOrder, InvalidPart. */
function choose(listed: readonly ListedPart[], arrived: readonly UploadPart[]): UploadPart[] {
  const byNumber = new Map(arrived.map((part) => [part.partNumber, part]));
  let last = 0;
  return listed.map(({ PartNumber: number, ETag }) => {
    if (number <= last) {
      throw new S3Error(
        "InvalidPartOrder",
        `Part ${number} is listed after part ${last}; list parts by number, each once.`,
      );
    }
    last = number;
    const part = byNumber.get(number);
    if (!part) throw new S3Error("InvalidPart", `Part ${number} is listed, but never arrived.`);
    if (ETag.replaceAll('"', "").toLowerCase() !== part.etag) {
      throw new S3Error(
        "InvalidPart",
        `Part ${number} is listed with the ETag ${ETag}, but "${part.etag}" arrived.`,
      );
    }
    return part;
  });
}

/** What the request says of the whole object, apart from its own body. */
function wholeClaims({ checksums }: Claims, headers: Headers): Claims {
  const size = headers.get("x-amz-mp-object-size");
  return {
    size: size === null ? undefined : Number(size),
    md5: undefined,
    contentSha256: undefined,
    checksums,
    trailing: [],
    framed: false,
  };
}

/**
 * The headers without a sum of the parts' sums (`…-3`): each part's own sum has been verified, and
 * that of the whole is another.
 */
function withoutComposite(headers: Headers): Headers {
  const composite = headers.get("x-amz-checksum-type") === "COMPOSITE";
  const kept = [...headers].filter(([name, value]) => {
    const sum = name.startsWith("x-amz-checksum-");
    return !sum || !(composite || /-\d+$/.test(value));
  });
  return new Headers(kept);
}

async function concatenate(
  artifacts: Artifacts,
  parts: readonly UploadPart[],
  claims: Claims,
): Promise<Received> {
  const file = await artifacts.files.incoming(artifacts.randomHex(INCOMING_RANDOM_BYTES));
  const source = filesInTurn(parts.map((part) => artifacts.files.part(part)));
  return await receive(source, file, sumsFor(claims), (sums) => {
    verifyClaims(claims, new Map(), sums);
  });
}
