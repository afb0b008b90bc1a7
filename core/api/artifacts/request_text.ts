/** Bodies that are documents: read whole, up to a limit, and verified like any other. @module */
import { Buffer } from "node:buffer";
import { z } from "zod";
import { type Claims, digestOf, readClaims, sumsFor, verifyClaims } from "./checksums.ts";
import type { S3Request } from "./operation.ts";
import { unframed } from "./put_object.ts";
import { S3Error } from "./s3_error.ts";
import { parseXml } from "./s3_xml.ts";

/** A list of ten thousand parts with all their checksums has about 3 MiB. */
const LIMIT_BYTES = 4 << 20;

/**
 * The body as text. `headers` are those that speak of it: with CompleteMultipartUpload the checksum
 * headers are about the object instead. Throws the S3Error of the claim that is not true.
 */
export async function readText(request: S3Request, headers = request.headers): Promise<string> {
  const claims: Claims = readClaims(headers, request.contentSha256);
  const trailers = new Map<string, string>();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of unframed(request, claims, trailers)) {
    size += piece.length;
    if (size > LIMIT_BYTES) {
      throw new S3Error("EntityTooLarge", "The document in the body is longer than 4 MiB.");
    }
    pieces.push(piece.slice());
  }
  const body = Buffer.concat(pieces);
  const of = new Map(
    [...new Set([...sumsFor(claims), "md5", "sha256"] as const)].map((name) => {
      const digest = digestOf(name);
      digest.update(body);
      return [name, digest.digest()];
    }),
  );
  verifyClaims(claims, trailers, { size, of });
  return body.toString("utf8");
}

/** The body as a document of a schema; `what` says in a sentence what it must be. */
export async function readDocument<Schema extends z.ZodType>(
  request: S3Request,
  of: { schema: Schema; what: string; headers?: Headers },
): Promise<z.infer<Schema>> {
  const parsed = of.schema.safeParse(parseXml(await readText(request, of.headers)));
  if (parsed.success) return parsed.data;
  throw new S3Error("MalformedXML", `${of.what}: ${z.prettifyError(parsed.error)}`);
}
