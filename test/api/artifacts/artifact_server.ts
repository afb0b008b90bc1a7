/**
 * An artifact store that really listens, and a client that signs. Signatures are checked by signing
 * again what arrived and comparing; clocks and roles as the tests need them.
 * @module
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { artifactRoutes, type Authenticate } from "../../../core/api/artifacts/artifact_routes.ts";
import { DomainError } from "../../../core/domain/errors.ts";
import type { Role } from "../../../core/domain/instance.ts";
import { serveHttp } from "../../../core/platform.ts";
import { openStore, type Store } from "../../../core/store/store.ts";
import { signable, signer, signHeaders } from "../../../core/wire/sigv4.ts";

export interface ArtifactServer {
  url: string;
  store: Store;
  directory: string;
  /** Files below the artifact directory, relative, sorted. */
  files(): Promise<string[]>;
  /** A signed request; `as` is the access key, one of `KEYS`. */
  call(method: string, path: string, options?: CallOptions): Promise<Response>;
  close(): Promise<void>;
}

export interface CallOptions {
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  as?: string;
}

/** Access key → role; the secret is the key's name spelled twice. */
const KEYS: Record<string, Role> = { ADMIN: "admin", DEPLOY: "deployer", VIEW: "viewer" };
const REGION = "eu-central-1";

export function secretOf(accessKeyId: string): string {
  return accessKeyId + accessKeyId;
}

export async function startArtifactServer(): Promise<ArtifactServer> {
  const data = await mkdtemp(join(tmpdir(), "artifacts-"));
  const store = openStore(data);
  const directory = join(data, "artifacts");
  const now = () => Date.now();
  const routes = artifactRoutes({ store, directory, authenticate, now, randomBytes });
  const server = await serveHttp({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => routes.fetch(request),
  });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    url,
    store,
    directory,
    files: () => filesBelow(directory),
    call: (method, path, options) => call(new URL(url + path), method, options),
    async close() {
      await server.stop();
      store.close();
      await rm(data, { recursive: true });
    },
  };
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  return entries.filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1)).sort();
}

async function call(url: URL, method: string, options: CallOptions = {}): Promise<Response> {
  const { headers = {}, body, as = "DEPLOY" } = options;
  const credentials = { accessKeyId: as, secretAccessKey: secretOf(as) };
  const request = signable(method, url, headers, body);
  const signed = await signHeaders(request, credentials, REGION, "s3");
  const { host: _, ...sent } = signed;
  return await fetch(url, { method, headers: sent, ...(body !== undefined && { body }) });
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=(\w+)\/\d{8}\/([\w-]+)\/s3\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=(\w+)$/;

const authenticate: Authenticate = async (request) => {
  const header = request.headers.get("authorization");
  if (header === null) {
    throw new DomainError("MissingAuthenticationTokenException", "", "The request is not signed.");
  }
  const [, accessKeyId = "", region = "", names = "", signature] = AUTHORIZATION.exec(header) ?? [];
  const role = KEYS[accessKeyId];
  if (role === undefined) {
    throw new DomainError("UnrecognizedClientException", "", `No access key "${accessKeyId}".`);
  }
  const date = request.headers.get("x-amz-date") ?? "";
  const contentSha256 = request.headers.get("x-amz-content-sha256") ?? "";
  const signedHeaders = Object.fromEntries(
    names.split(";").map((name) => [name, request.headers.get(name) ?? ""]),
  );
  const again = signable(request.method, new URL(request.url), signedHeaders);
  const credentials = { accessKeyId, secretAccessKey: secretOf(accessKeyId) };
  const expected = await signer(credentials, region, "s3").sign(again, {
    signingDate: new Date(date.replace(/(....)(..)(..T..)(..)(..Z)/, "$1-$2-$3:$4:$5")),
    signableHeaders: new Set(names.split(";")),
  });
  if (!expected.headers["authorization"]?.endsWith(`Signature=${signature}`)) {
    throw new DomainError("InvalidSignatureException", "", "The signature does not match.");
  }
  return { caller: { accessKeyId, role, arn: `arn:aws:iam::0:user/${role}` }, contentSha256 };
};
