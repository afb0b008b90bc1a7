/**
 * An artifact store that really listens, behind the signature check of the product, and a client
 * that signs; keys and roles as the tests need them.
 * @module
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { artifactStore } from "../../../core/api/artifacts/artifact_routes.ts";
import { verifySignature } from "../../../core/api/sigv4.ts";
import type { Role } from "../../../core/domain/instance.ts";
import { serveHttp } from "../../../core/platform.ts";
import { openStore, type Store } from "../../../core/store/store.ts";
import { signable, signHeaders } from "../../../core/wire/sigv4.ts";

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
const KEYS: Record<string, Role> = {
  ADMIN: "admin",
  DEPLOY: "deployer",
  VIEW: "viewer",
  HOST: "agent",
};
export const REGION = "eu-central-1";

/** What of the store a test may want otherwise. */
export interface Settings {
  region?: string;
  domains?: readonly string[];
  partBytesMin?: number;
  now?(): number;
}

export function secretOf(accessKeyId: string): string {
  return accessKeyId + accessKeyId;
}

export async function startArtifactServer(settings: Settings = {}): Promise<ArtifactServer> {
  const data = await mkdtemp(join(tmpdir(), "artifacts-"));
  const store = openStore(data);
  const directory = join(data, "artifacts");
  const now = settings.now ?? Date.now;
  const check = (request: Request) =>
    verifySignature(request, { services: ["s3"], findKey, now: now() });
  const { region = "us-east-1", domains = [], partBytesMin = 1 } = settings;
  const s3 = artifactStore({
    ...{ store, directory, authenticate: check, region, domains, partBytesMin, now, randomBytes },
  });
  const server = await serveHttp({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => s3.answer(request) ?? s3.otherwise(request),
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

function findKey(accessKeyId: string) {
  const role = KEYS[accessKeyId];
  if (role === undefined) return undefined;
  const arn = `arn:aws:iam::0:user/${role}`;
  return { accessKeyId, secretAccessKey: secretOf(accessKeyId), role, arn, createTime: 0 };
}
