/**
 * What must hold for any request to the artifact store: an answer in time, a refusal in XML under its
 * code's own status, and neither a row nor a file left behind by one.
 * @module
 */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { type S3Code, S3Error } from "../../../core/api/artifacts/s3_error.ts";
import { credentialsOf, SERVER } from "../../api/test_api.ts";
import type { Checker, Outcome } from "./check.ts";
import { within } from "./deadline.ts";
import { type Front, openFront, readXml, recordOf } from "./front.ts";
import { type Envelope, ENVELOPES, signedRequest } from "./request.ts";
import { anyS3, type S3Draft, type S3Known } from "./s3_request.ts";

const DEADLINE = 10_000;
const REQUESTS = 250;

/** S3 believes a payload that is said to be unsigned, and knows no targets. */
const SIGNATURES = ENVELOPES.filter(({ name }) =>
  !/another service|target|content type|agent's|unsigned|of another hash/.test(name)
);

/** Checks requests one by one against servers in this process. */
export class S3Checker implements Checker {
  #front: Front;
  #drafts: fc.Arbitrary<S3Draft>;
  #left = REQUESTS;

  private constructor(front: Front, known: S3Known) {
    this.#front = front;
    this.#drafts = anyS3(known);
  }

  static async open(): Promise<S3Checker> {
    return new S3Checker(...await openWorking());
  }

  async check(seed: number, at: number): Promise<Outcome> {
    if (this.#left-- === 0) await this.#renew();
    const envelope = fc.oneof(
      { arbitrary: fc.constant(undefined), weight: 6 },
      { arbitrary: fc.constantFrom<Envelope[]>(...SIGNATURES), weight: 1 },
    );
    const sampled = fc.sample(fc.tuple(this.#drafts, envelope), { seed: seed + at, numRuns: 1 });
    const [sample] = sampled;
    assert.ok(sample);
    const [draft, wrong] = sample;
    try {
      return await this.#asked(draft, wrong);
    } catch (cause) {
      const { method, url, headers, body } = draft;
      const sent = new TextDecoder().decode(body?.subarray(0, 500));
      const about = `${method} ${url.href.slice(0, 300)} ${JSON.stringify(headers).slice(0, 500)}`;
      throw new Error(`${about}, ${wrong?.name ?? "sound"}: ${sent}`, { cause });
    }
  }

  async #asked(draft: S3Draft, wrong: Envelope | undefined): Promise<Outcome> {
    const request = await this.#signed(draft, wrong);
    const before = this.#front.state();
    const response = await within(this.#front.fetch(request), DEADLINE);
    const text = await within(response.text(), DEADLINE);
    if (response.ok || response.status === 304) {
      assert.equal(wrong?.status, undefined, `it was taken: ${text.slice(0, 500)}`);
      if (response.headers.get("content-type") === "application/xml" && text !== "") readXml(text);
      return "taken";
    }
    assertRefusal(request, response, text);
    const same = isDeepStrictEqual(this.#front.state(), before);
    assert.ok(same, `refused with ${text}, and changed something`);
    return "refused";
  }

  async #signed(draft: S3Draft, wrong?: Envelope): Promise<Request> {
    const keys = credentialsOf("admin");
    const now = this.#front.api.context.now();
    return await signedRequest({ ...draft, service: "s3", keys, now }, wrong);
  }

  async #renew(): Promise<void> {
    this.#front[Symbol.dispose]();
    const [front, known] = await openWorking();
    this.#front = front;
    this.#drafts = anyS3(known);
    this.#left = REQUESTS;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#front[Symbol.dispose]();
    return Promise.resolve();
  }
}

function assertRefusal(request: Request, response: Response, text: string): void {
  const { status, headers } = response;
  // What this server does not have it says by 501; every other failure would be its own.
  assert.ok(status < 500 || status === 501, `status ${status}: ${text}`);
  // `/` without a sound scope of S3 is not S3's: to HTTP a place where nothing is, and to JSON a
  // request without a signature.
  if (/^\/+$/.test(new URL(request.url).pathname)) {
    const nothing = request.method === "HEAD" ? "" : "404 Not Found";
    if (status === 404 && text === nothing && !headers.has("x-amz-request-id")) return;
    if (status === 403 && headers.get("content-type") === "application/x-amz-json-1.1") return;
  }
  const id = headers.get("x-amz-request-id");
  assert.ok(id, `no request id: ${status} ${text}`);
  assert.equal(headers.get("content-type"), "application/xml");
  if (request.method === "HEAD") return;
  const { Code, Message, RequestId } = recordOf(readXml(text)["Error"]);
  assert.ok(typeof Message === "string" && Message !== "", text);
  assert.equal(RequestId, id);
  // because a code that is none has no status, and fails here
  assert.equal(status, new S3Error(Code as S3Code, "").status, text);
}

/** A bucket with versions, an object in it and an upload under way. */
async function openWorking(): Promise<[Front, S3Known]> {
  const front = await openFront();
  const bucket = "bundles";
  const key = "k.zip";
  const done = async (method: string, path: string, body?: string): Promise<Response> => {
    const request = await signedRequest({
      method,
      url: new URL(path, SERVER),
      headers: {},
      body: body === undefined ? undefined : new TextEncoder().encode(body),
      service: "s3",
      keys: credentialsOf("admin"),
      now: front.api.context.now(),
    }, undefined);
    const response = await front.fetch(request);
    assert.equal(response.status, 200);
    return response;
  };
  await done("PUT", `/${bucket}`);
  const put = await done("PUT", `/${bucket}/${key}`, "hello");
  const created = readXml(await (await done("POST", `/${bucket}/new?uploads`)).text());
  const { UploadId } = recordOf(created["InitiateMultipartUploadResult"]);
  const uploadId = String(UploadId);
  await done("PUT", `/${bucket}/new?partNumber=1&uploadId=${uploadId}`, "hello");
  return [front, {
    ...{ bucket, key, uploadId },
    versionId: put.headers.get("x-amz-version-id") ?? "null",
    etag: put.headers.get("etag") ?? "",
  }];
}
