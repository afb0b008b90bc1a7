/**
 * The artifact store over HTTP: the part of S3 that `aws deploy push`, `aws s3 cp`, SDKs and bundle
 * downloads use, path-style. Buckets exist implicitly; every write makes a version. What is not
 * built is refused by name, never half done.
 * @module
 */
import { Buffer } from "node:buffer";
import { getLogger } from "@logtape/logtape";
import { Hono } from "hono";
import type { Caller } from "../../domain/instance.ts";
import { isReferenced } from "../../store/objects.ts";
import type { Store } from "../../store/store.ts";
import { noRole } from "../no_role.ts";
import { type Address, parseAddress } from "./address.ts";
import { ArtifactFiles } from "./artifact_files.ts";
import { completeUpload } from "./complete_upload.ts";
import { deleteObject } from "./delete_object.ts";
import { getObject, headObject } from "./get_object.ts";
import { listObjectsV2 } from "./list_objects.ts";
import { abortUpload, createUpload, uploadPart } from "./multipart.ts";
import type { Artifacts, Operation } from "./operation.ts";
import { putObject } from "./put_object.ts";
import { asS3Error, S3Error } from "./s3_error.ts";
import { errorDocument, s3Document, xmlResponse } from "./s3_xml.ts";

/** Verifies a request's signature; throws DomainError. Does not touch the body. */
export type Authenticate = (
  request: Request,
  service: "s3",
) => Promise<{ caller: Caller; contentSha256: string }>;

interface Route {
  method: string;
  /** What the path names. */
  of: "bucket" | "object";
  /** Query parameters that make the request this operation. */
  needs: readonly string[];
  /** Query parameters that it understands besides. */
  takes?: readonly string[];
  access: "read" | "write";
  run: Operation;
}

const LIST_TAKES = [
  "continuation-token",
  "delimiter",
  "encoding-type",
  "fetch-owner",
  "max-keys",
  "prefix",
  "start-after",
];

const empty: Operation = () => new Response(null);
const location: Operation = () => xmlResponse(s3Document("LocationConstraint", {}));
const versioning: Operation = () =>
  xmlResponse(s3Document("VersioningConfiguration", { Status: "Enabled" }));

/** In order: of several that fit, the first is taken. */
const ROUTES: readonly Route[] = [
  { method: "HEAD", of: "bucket", needs: [], access: "read", run: empty },
  { method: "PUT", of: "bucket", needs: [], access: "write", run: empty },
  { method: "GET", of: "bucket", needs: ["location"], access: "read", run: location },
  { method: "GET", of: "bucket", needs: ["versioning"], access: "read", run: versioning },
  {
    method: "GET",
    of: "bucket",
    needs: ["list-type"],
    takes: LIST_TAKES,
    access: "read",
    run: listObjectsV2,
  },
  {
    method: "GET",
    of: "object",
    needs: [],
    takes: ["versionId"],
    access: "read",
    run: getObject,
  },
  {
    method: "HEAD",
    of: "object",
    needs: [],
    takes: ["versionId"],
    access: "read",
    run: headObject,
  },
  {
    method: "PUT",
    of: "object",
    needs: ["partNumber", "uploadId"],
    access: "write",
    run: uploadPart,
  },
  { method: "PUT", of: "object", needs: [], access: "write", run: putObject },
  { method: "POST", of: "object", needs: ["uploads"], access: "write", run: createUpload },
  { method: "POST", of: "object", needs: ["uploadId"], access: "write", run: completeUpload },
  { method: "DELETE", of: "object", needs: ["uploadId"], access: "write", run: abortUpload },
  {
    method: "DELETE",
    of: "object",
    needs: [],
    takes: ["versionId"],
    access: "write",
    run: deleteObject,
  },
];

/** Headers that change what an operation means, and that we do not carry out. */
const UNSUPPORTED_HEADERS = [
  "x-amz-copy-source",
  "x-amz-object-lock-",
  "x-amz-server-side-encryption",
  "x-amz-tagging",
  "x-amz-website-redirect-location",
  "x-amz-write-offset-bytes",
];

/**
 * Routes for `/:bucket` and everything below; mount them after the API's own. `directory` is where
 * artifacts lie (`<data>/artifacts`); `now` in milliseconds since the epoch.
 */
export function artifactRoutes(deps: {
  store: Store;
  directory: string;
  authenticate: Authenticate;
  now(): number;
  randomBytes(n: number): Uint8Array;
}): Hono {
  const { store, now, randomBytes } = deps;
  const files = new ArtifactFiles(deps.directory, (sha256) => isReferenced(store.read, sha256));
  const randomHex = (bytes: number) => Buffer.from(randomBytes(bytes)).toString("hex");
  const artifacts: Artifacts = { store, files, now: () => now(), randomHex };
  const handle = async ({ req }: { req: { raw: Request } }): Promise<Response> => {
    const requestId = randomHex(8).toUpperCase();
    const response = await answer(artifacts, deps.authenticate, req.raw, requestId);
    response.headers.set("x-amz-request-id", requestId);
    return response;
  };
  return new Hono().all("/:bucket", handle).all("/:bucket/*", handle);
}

async function answer(
  artifacts: Artifacts,
  authenticate: Authenticate,
  raw: Request,
  requestId: string,
): Promise<Response> {
  try {
    const { caller, contentSha256 } = await authenticate(raw, "s3");
    const address = parseAddress(raw.url);
    const route = routeOf(raw.method, address);
    mustHaveAccess(caller, route.access);
    refuseUnsupported(raw.headers);
    return await route.run(artifacts, { ...address, raw, contentSha256 });
  } catch (error) {
    return refusal(error, raw, requestId);
  }
}

/** The operation that method and query name. Throws MethodNotAllowed, NotImplemented. */
function routeOf(method: string, { key, query }: Address): Route {
  const of = key === "" ? "bucket" : "object";
  const routes = ROUTES.filter((route) => route.of === of && route.method === method);
  if (routes.length === 0) {
    const allow = ROUTES.filter((route) => route.of === of).map((route) => route.method);
    throw new S3Error("MethodNotAllowed", `${method} means nothing for a${an(of)}.`, {
      headers: { allow: [...new Set(allow)].join(", ") },
    });
  }
  const names = [...query.keys()].filter((name) => !/^x-(amz-|id$)/i.test(name));
  const found = routes.find(({ needs, takes = [] }) =>
    needs.every((name) => query.has(name)) &&
    names.every((name) => needs.includes(name) || takes.includes(name))
  );
  if (found) return found;
  throw new S3Error(
    "NotImplemented",
    `${method} of a${an(of)} with the query "${names.join("&")}" is not among the S3 operations ` +
      "this server has.",
  );
}

function an(of: "bucket" | "object"): string {
  return of === "object" ? "n object" : " bucket";
}

function mustHaveAccess(caller: Caller, access: Route["access"]): void {
  if (caller.role === "admin" || caller.role === "deployer") return;
  if (caller.role === "none") throw new S3Error("AccessDenied", noRole(caller));
  if (access === "read") return;
  throw new S3Error(
    "AccessDenied",
    `The access key ${caller.accessKeyId} has the role ${caller.role}, which may only read ` +
      "artifacts; sign with a key of a deployer or an admin.",
  );
}

function refuseUnsupported(headers: Headers): void {
  for (const name of headers.keys()) {
    if (!UNSUPPORTED_HEADERS.some((start) => name.startsWith(start))) continue;
    throw new S3Error(
      "NotImplemented",
      `The header ${name} asks for something this server does not do; send the request without.`,
    );
  }
}

function refusal(error: unknown, raw: Request, requestId: string): Response {
  let refused = asS3Error(error);
  if (!refused) {
    const { method, url } = raw;
    const log = getLogger(["runtime", "artifacts"]);
    log.error("{method} {url} failed: {error}", { method, url, requestId, error });
    const message = `The server failed at this; its log has the cause under ${requestId}.`;
    refused = new S3Error("InternalError", message, { cause: error });
  }
  const document = errorDocument({
    Code: refused.code,
    Message: refused.message,
    Resource: new URL(raw.url).pathname,
    RequestId: requestId,
  });
  const headers = { "content-type": "application/xml", ...refused.headers };
  const body = raw.method === "HEAD" ? null : document;
  return new Response(body, { status: refused.status, headers });
}
