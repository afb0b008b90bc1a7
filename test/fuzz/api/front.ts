/**
 * A server in this process that answers in XML: IAM, STS, SNS with the links of its messages, and the
 * artifact store, put together as the real one; and what an answer of it must look like.
 * @module
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { Hono } from "hono";
import { artifactStore } from "../../../core/api/artifacts/artifact_routes.ts";
import { authenticator } from "../../../core/api/authenticate.ts";
import { IAM } from "../../../core/api/query/iam/iam_service.ts";
import type { QueryService } from "../../../core/api/query/query_service.ts";
import { snsService } from "../../../core/api/query/sns/sns_service.ts";
import { topicLinks } from "../../../core/api/query/sns/topic_links.ts";
import { STS } from "../../../core/api/query/sts/sts_service.ts";
import { createRouter } from "../../../core/api/router.ts";
import { REGION, SERVICES, type TestApi } from "../../api/test_api.ts";
import { openTestApi } from "../../api/test_api.ts";

export const QUERY_SERVICES: readonly QueryService[] = [IAM, STS, snsService({ mail: true })];
/** Below which a host names a bucket. */
export const DOMAIN = "s3.runtime.test";

export interface Front extends Disposable {
  api: TestApi;
  fetch(request: Request): Promise<Response>;
  /** Every row of every table, and the names of the files of the artifact store. */
  state(): unknown;
}

export async function openFront(): Promise<Front> {
  const api = await openTestApi();
  const { context } = api;
  const { store, now } = context;
  const directory = mkdtempSync(join(tmpdir(), "fuzz-s3-"));
  const app = createRouter(context, SERVICES, QUERY_SERVICES);
  const authenticate = authenticator(context);
  const domains = [DOMAIN];
  const s3 = artifactStore({
    ...{ store, directory, authenticate, region: REGION, domains, partBytesMin: 1, now },
    randomBytes,
  });
  app.all("/:bucket", ({ req }) => s3.otherwise(req.raw));
  app.all("/:bucket/*", ({ req }) => s3.otherwise(req.raw));
  const certificate = { path: "/a.pem", read: () => Promise.resolve("a certificate\n") };
  const front = new Hono().route("/", topicLinks(context, certificate)).route("/", app);
  return {
    api,
    fetch: async (request) => await (s3.answer(request) ?? front.fetch(request)),
    state: () => [api.dump(), filesBelow(directory)],
    [Symbol.dispose]() {
      api[Symbol.dispose]();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Folders that content is sorted into stay, as empty as they are. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)).sort();
}

const parser = new XMLParser({ ignoreAttributes: false, parseTagValue: false });

/** The elements of a document by name; throws when no parser of XML 1.0 would take it. */
export function readXml(text: string): Record<string, unknown> {
  assert.equal(XMLValidator.validate(text), true, text);
  // deno-lint-ignore no-control-regex -- because they must not be there
  assert.doesNotMatch(text, /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/);
  return recordOf(parser.parse(text));
}

export function recordOf(value: unknown): Record<string, unknown> {
  assert.ok(typeof value === "object" && value !== null, String(value));
  return Object.fromEntries(Object.entries(value));
}
