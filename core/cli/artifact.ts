/**
 * Uploads a bundle into the server's artifact store as S3 would have it: one PUT, or a multipart
 * upload from 64 MiB. Streams from disk; each request is signed with the hash of its body.
 * @module
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";
import { fileBody } from "../platform.ts";
import { ApiError, UnreachableError } from "../wire/aws_json.ts";
import { signable, signHeaders } from "../wire/sigv4.ts";
import type { Bundle } from "./bundle.ts";
import type { Connection } from "./connection.ts";
import { Failure } from "./failure.ts";
import { EXIT } from "./exit.ts";

const MIB = 1 << 20;
const MULTIPART_FROM_BYTES = 64 * MIB;
const PART_BYTES = 16 * MIB;
/** S3's limit (S3 user guide, multipart upload limits). */
const MOST_PARTS = 10_000;

export interface StoredArtifact {
  /** Without quotes. */
  eTag: string;
  version?: string;
}

type Body = { text: string } | { path: string; start: number; end: number; sha256: string };

/** Throws `ApiError` for a refusal and `UnreachableError` when nothing answered. */
export async function putArtifact(
  connection: Connection,
  place: { bucket: string; key: string },
  bundle: Pick<Bundle, "path" | "bytes" | "sha256">,
): Promise<StoredArtifact> {
  const key = place.key.split("/").map(encodeURIComponent).join("/");
  const url = new URL(`/${encodeURIComponent(place.bucket)}/${key}`, connection.url);
  if (bundle.bytes >= MULTIPART_FROM_BYTES) return await putParts(connection, url, bundle);
  const { path, bytes, sha256 } = bundle;
  const { headers } = await send(connection, "PUT", url, { path, start: 0, end: bytes, sha256 });
  return stored(url, headers.get("etag"), headers.get("x-amz-version-id"));
}

async function putParts(
  connection: Connection,
  url: URL,
  bundle: Pick<Bundle, "path" | "bytes">,
): Promise<StoredArtifact> {
  const begun = await send(connection, "POST", new URL("?uploads", url), { text: "" });
  const uploadId = xmlMember(begun.text, "UploadId") ?? "";
  const upload = (query: Record<string, string>) => {
    const target = new URL(url);
    target.search = new URLSearchParams({ ...query, uploadId }).toString();
    return target;
  };
  const partBytes = Math.max(PART_BYTES, Math.ceil(bundle.bytes / MOST_PARTS));
  const parts: string[] = [];
  try {
    for (let start = 0; start < bundle.bytes; start += partBytes) {
      const end = Math.min(start + partBytes, bundle.bytes);
      const partNumber = String(parts.length + 1);
      const sha256 = await hashOf(bundle.path, start, end);
      const body = { path: bundle.path, start, end, sha256 };
      const { headers } = await send(connection, "PUT", upload({ partNumber }), body);
      const { eTag } = stored(url, headers.get("etag"), null);
      parts.push(`<Part><PartNumber>${partNumber}</PartNumber><ETag>"${eTag}"</ETag></Part>`);
    }
  } catch (error) {
    // The parts already sent would lie in the store for nothing; the first error is the one to tell.
    await send(connection, "DELETE", upload({}), { text: "" }).catch(() => undefined);
    throw error;
  }
  const text = `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
  const done = await send(connection, "POST", upload({}), { text });
  const eTag = done.headers.get("etag") ?? xmlMember(done.text, "ETag") ?? null;
  return stored(url, eTag, done.headers.get("x-amz-version-id"));
}

async function hashOf(path: string, start: number, end: number): Promise<string> {
  const sha256 = createHash("sha256");
  for await (const chunk of createReadStream(path, { start, end: end - 1 })) sha256.update(chunk);
  return sha256.digest("hex");
}

async function send(connection: Connection, method: string, url: URL, body: Body) {
  const sha256 = "text" in body
    ? createHash("sha256").update(body.text).digest("hex")
    : body.sha256;
  const headers = await signHeaders(
    signable(method, url, { "x-amz-content-sha256": sha256 }),
    connection.credentials,
    connection.region,
    "s3",
  );
  delete headers["host"]; // fetch sets it from the URL; the signature covers the same value
  const request: RequestInit = {
    method,
    headers,
    body: "text" in body ? body.text || null : fileBody(body.path, body.start, body.end),
    duplex: "half", // what fetch wants said of a body that is a stream
  };
  let response: Response;
  let text: string;
  try {
    response = await (connection.fetch ?? fetch)(url, request);
    text = await response.text();
  } catch (cause) {
    throw new UnreachableError(connection.url, cause);
  }
  if (response.ok) return { headers: response.headers, text };
  const code = xmlMember(text, "Code") ?? `HTTP ${response.status}`;
  const message = xmlMember(text, "Message") ?? text.slice(0, 300);
  throw new ApiError(code, response.status, message || code);
}

/** The text of a member of the answer's outermost element. */
function xmlMember(text: string, member: string): string | undefined {
  if (!text.trimStart().startsWith("<")) return undefined;
  const document = new XMLParser({ parseTagValue: false }).parse(text);
  const roots = z.record(z.string(), z.unknown()).parse(document);
  for (const root of Object.values(roots)) {
    const members = z.record(z.string(), z.unknown()).safeParse(root);
    const value = members.data?.[member];
    if (typeof value === "string") return value;
  }
  return undefined;
}

function stored(url: URL, eTag: string | null, version: string | null): StoredArtifact {
  const bare = eTag?.replaceAll(/^(?:"|&quot;)|(?:"|&quot;)$/g, "");
  if (bare) return { eTag: bare, ...(version && { version }) };
  throw new Failure({
    exitCode: EXIT.failed,
    cause: `${url} took the bundle but named no ETag`,
    evidence: [],
    state: "the bundle is uploaded and not registered as a revision",
    next: ["check that nothing between here and the server takes the ETag header away"],
  });
}
