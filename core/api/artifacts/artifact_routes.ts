/**
 * The artifact store over HTTP: the part of S3 that `aws deploy push`, `aws s3`, SDKs and bundle
 * downloads use, with the bucket in the path or in the host. What is not built is refused by name,
 * never half done.
 * @module
 */
import { Buffer } from "node:buffer";
import { getLogger } from "@logtape/logtape";
import type { Caller } from "../../domain/instance.ts";
import { findBucket } from "../../store/buckets.ts";
import { isReferenced } from "../../store/objects.ts";
import type { Store } from "../../store/store.ts";
import type { ChunkSigner } from "../chunk_signature.ts";
import { noRole } from "../no_role.ts";
import { parseAddress } from "./address.ts";
import { ArtifactFiles } from "./artifact_files.ts";
import type { Artifacts } from "./operation.ts";
import { type Route, routeOf } from "./route_table.ts";
import { asS3Error, S3Error } from "./s3_error.ts";
import { destinationOf } from "./s3_hosts.ts";
import { errorDocument } from "./s3_xml.ts";
import { signedHeaders } from "./signed_headers.ts";

/** Verifies a request's signature; throws DomainError. Does not touch the body. */
export type Authenticate = (request: Request, service: "s3") => Promise<{
  caller: Caller;
  contentSha256: string;
  /** Lower case. */
  signedHeaders: readonly string[];
  signChunk: ChunkSigner;
}>;

/** The least that a part has with S3, unless it is the last; in bytes. */
const PART_BYTES_MIN = 5 << 20;

/** Headers that change what an operation means, and that we do not carry out. */
const UNSUPPORTED_HEADERS = [
  "x-amz-copy-source-server-side-encryption",
  "x-amz-object-lock-",
  "x-amz-rename-source",
  "x-amz-server-side-encryption",
  "x-amz-tagging",
  "x-amz-website-redirect-location",
  "x-amz-write-offset-bytes",
];

/** Among them one that asks for what happens anyway: there are no tags to copy. */
const SUPPORTED_HEADERS = ["x-amz-tagging-directive"];

export interface ArtifactStore {
  /** Answers a request that is meant for it; undefined for one of another part of the API. */
  answer(request: Request): Promise<Response> | undefined;
  /** Answers what no other part of the API wanted; the path begins with the bucket. */
  otherwise(request: Request): Promise<Response>;
}

/**
 * The artifact store behind its HTTP. `directory` is where artifacts lie (`<data>/artifacts`),
 * `domains` are those below which hosts name buckets, `region` is where buckets are said to be;
 * `now` in milliseconds since the epoch.
 */
export function artifactStore(deps: {
  store: Store;
  directory: string;
  authenticate: Authenticate;
  region: string;
  domains: readonly string[];
  partBytesMin?: number;
  now(): number;
  randomBytes(n: number): Uint8Array;
}): ArtifactStore {
  const { store, now, randomBytes, region, domains, partBytesMin = PART_BYTES_MIN } = deps;
  const files = new ArtifactFiles(deps.directory, (sha256) => isReferenced(store.read, sha256));
  const randomHex = (bytes: number) => Buffer.from(randomBytes(bytes)).toString("hex");
  const artifacts: Artifacts = { store, files, region, partBytesMin, now: () => now(), randomHex };
  const handle = async (raw: Request, url: URL, bucket?: string): Promise<Response> => {
    const requestId = randomHex(8).toUpperCase();
    const asked: Asked = { raw, url, requestId, ...(bucket !== undefined && { bucket }) };
    const response = await answer(artifacts, deps.authenticate, asked);
    response.headers.set("x-amz-request-id", requestId);
    return response;
  };
  return {
    answer(request) {
      // A Host that is no name leaves no URL to speak of.
      const url = URL.parse(request.url);
      if (!url) return Promise.resolve(new Response("Bad Request: Host\n", { status: 400 }));
      const to = destinationOf(request, url, domains);
      return to.kind === "s3" ? handle(request, url, to.bucket) : undefined;
    },
    otherwise: (request) => handle(request, new URL(request.url)),
  };
}

/** A request on its way; `bucket` is the one that the host names. */
interface Asked {
  raw: Request;
  url: URL;
  bucket?: string;
  requestId: string;
}

async function answer(
  artifacts: Artifacts,
  authenticate: Authenticate,
  asked: Asked,
): Promise<Response> {
  const { raw, url } = asked;
  try {
    refuseOldSignature(asked);
    const signed = await authenticate(raw, "s3");
    const { caller, contentSha256, signChunk } = signed;
    const headers = signedHeaders(raw, url, signed.signedHeaders);
    const address = parseAddress(url, asked.bucket);
    const route = routeOf(raw.method, address, headers);
    mustHaveAccess(caller, route.access);
    refuseUnsupported(headers);
    const { role } = caller;
    return await route.run(artifacts, { ...address, raw, headers, contentSha256, signChunk, role });
  } catch (error) {
    return refusal(error, asked, () => hostHint(artifacts, asked));
  }
}

/** What a client with the bucket in the host gets to see where the server does not know that host. */
const MISTAKEN: readonly string[] = [
  "InvalidBucketName",
  "MethodNotAllowed",
  "NoSuchBucket",
  "NoSuchKey",
];

/** What to change when the host was meant to name a bucket; empty when it does not look so. */
function hostHint({ store }: Artifacts, { url, bucket }: Asked): string {
  const [, label = "", domain = ""] = /^([^.]+)\.(.*[a-z].*)$/.exec(url.hostname) ?? [];
  if (bucket !== undefined || !findBucket(store.read, label)) return "";
  return ` If the host ${url.host} means the bucket "${label}", start the server with ` +
    `RUNTIME_S3_DOMAINS=${domain}.`;
}

/** Old clients presign by version 2 unless told otherwise; "not signed" would tell them nothing. */
function refuseOldSignature({ raw, url }: Asked): void {
  const inHeader = /^AWS\s/.test(raw.headers.get("authorization") ?? "");
  if (!inHeader && !url.searchParams.has("AWSAccessKeyId")) return;
  throw new S3Error(
    "InvalidRequest",
    "The authorization mechanism you have provided is not supported. Please use " +
      'AWS4-HMAC-SHA256 (in boto3: Config(signature_version="s3v4")).',
  );
}

function mustHaveAccess(caller: Caller, access: Route["access"]): void {
  if (caller.role === "admin" || caller.role === "deployer") return;
  if (caller.role === "none") throw new S3Error("AccessDenied", noRole(caller));
  if (access === "fetch" || (access === "read" && caller.role === "viewer")) return;
  const [may, wanted] = caller.role === "viewer"
    ? ["read artifacts", "a deployer or an admin"]
    : ["fetch objects by their names", access === "read" ? "a viewer" : "a deployer"];
  throw new S3Error(
    "AccessDenied",
    `The access key ${caller.accessKeyId} has the role ${caller.role}, which may only ${may}; sign ` +
      `with a key of ${wanted}.`,
  );
}

/** Lists that say what is so anyway; S3 takes the same where lists are switched off. */
const ACL_ANYWAY = ["private", "bucket-owner-full-control", "bucket-owner-read"];

function refuseUnsupported(headers: Headers): void {
  const acl = headers.get("x-amz-acl");
  const grants = [...headers.keys()].some((name) => name.startsWith("x-amz-grant-"));
  if (grants || (acl !== null && !ACL_ANYWAY.includes(acl))) {
    throw new S3Error(
      "AccessControlListNotSupported",
      "The bucket does not allow ACLs: roles of access keys say who may read and write. Leave " +
        `${acl === null ? "x-amz-grant-…" : `x-amz-acl: ${acl}`} out, or presign a URL.`,
    );
  }
  for (const name of headers.keys()) {
    if (!UNSUPPORTED_HEADERS.some((start) => name.startsWith(start))) continue;
    if (SUPPORTED_HEADERS.includes(name)) continue;
    throw new S3Error(
      "NotImplemented",
      `The header ${name} asks for something this server does not do; send the request without.`,
    );
  }
}

function refusal(
  error: unknown,
  { raw, url, requestId }: Asked,
  hint: () => string,
): Response {
  let refused = asS3Error(error);
  if (!refused) {
    const log = getLogger(["runtime", "artifacts"]);
    // Without the query, which in a presigned URL is as good as a key.
    const what = { method: raw.method, url: url.origin + url.pathname, requestId, error };
    log.error("{method} {url} failed: {error}", what);
    const message = `The server failed at this; its log has the cause under ${requestId}.`;
    refused = new S3Error("InternalError", message, { cause: error });
  }
  const document = errorDocument({
    Code: refused.code,
    Message: refused.message + (MISTAKEN.includes(refused.code) ? hint() : ""),
    Resource: url.pathname,
    RequestId: requestId,
  });
  const headers = { "content-type": "application/xml", ...refused.headers };
  const body = raw.method === "HEAD" ? null : document;
  return new Response(body, { status: refused.status, headers });
}
