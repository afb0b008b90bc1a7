/**
 * Requests around an input: the bytes of its JSON, sound or broken, and signature, headers and
 * target, right or wrong, with what the server must answer to the wrong ones.
 * @module
 */
import fc from "fast-check";
import { signable, signer } from "../../../core/wire/sigv4.ts";
import { REGION, SERVER } from "../../api/test_api.ts";
import type { Json } from "./input.ts";

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
}

const BROKEN = [
  ...["double key", "cut", "more", "mark", "bytes", "deep", "number", "empty", "UTF-16"],
] as const;
/** What is wrong with a body as a text. */
export type Body = (typeof BROKEN)[number] | "sound" | "long";

/** Most are sound, and a large one is rare: it takes as long as a hundred others. */
export const anyBody: fc.Arbitrary<Body> = fc.oneof(
  { arbitrary: fc.constant<Body>("sound"), weight: 60 },
  { arbitrary: fc.constantFrom<Body[]>(...BROKEN), weight: 39 },
  { arbitrary: fc.constant<Body>("long"), weight: 1 },
);

const encoder = new TextEncoder();
/** Bytes; below the limit of a request, as far as it is about the size. */
const LONG = 9 * 1024 * 1024;

/** The bytes of a request's body. */
export function bodyOf(input: Json, body: Body, at: number): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify(input) ?? "";
  switch (body) {
    case "sound":
      return encoder.encode(text);
    case "double key":
      return encoder.encode(
        text.replace("{", '{"applicationName":"other","applicationName":null,'),
      );
    case "cut":
      return encoder.encode(text.slice(0, at % (text.length + 1)));
    case "more":
      return encoder.encode(`${text}${["}", ",", text, "\0", "//"][at % 5]}`);
    case "mark":
      return encoder.encode(`\ufeff${text}`);
    case "bytes": {
      const bytes = encoder.encode(text);
      if (bytes.length > 0) bytes[at % bytes.length] = 0x80 + at % 0x80;
      return bytes;
    }
    case "deep": {
      const open = at % 2 ? "[" : '{"revision":';
      return encoder.encode(`{"applicationName":${open.repeat(20_000)}`);
    }
    case "number":
      return encoder.encode(text.replace(/\d+/, "9".repeat(4_000)));
    case "long":
      return encoder.encode(`{"applicationName":"${"y".repeat(LONG)}"}`);
    case "empty":
      return new Uint8Array();
    case "UTF-16":
      return new Uint8Array(new Uint16Array([...text].map((one) => one.charCodeAt(0))).buffer);
  }
}

/** What is wrong with the request around the body; `status` when it decides the answer alone. */
export interface Envelope {
  name: string;
  status?: number;
  type?: RegExp;
  /** Milliseconds between the client's clock and the server's. */
  clock?: number;
  keys?: (keys: Keys) => Keys;
  service?: string;
  before?: (headers: Record<string, string>) => void;
  after?: (headers: Record<string, string>) => void;
}

const auth = (edit: (value: string) => string) => (headers: Record<string, string>) => {
  headers["authorization"] = edit(headers["authorization"] ?? "");
};
const unsigned =
  /^(IncompleteSignature|MissingAuthenticationToken|InvalidSignature|UnrecognizedClient)/;
const refused = { status: 403, type: unsigned };

export const ENVELOPES: readonly Envelope[] = [
  { name: "no signature", ...refused, after: (headers) => delete headers["authorization"] },
  { name: "an empty Authorization", ...refused, after: auth(() => "") },
  { name: "another scheme", ...refused, after: auth(() => "Basic QUtJQTpz") },
  { name: "no parts", ...refused, after: auth(() => "AWS4-HMAC-SHA256") },
  {
    name: "a long Authorization",
    after: auth((value) => value + ",x=1".repeat(9_000)),
  },
  {
    name: "an empty signature",
    ...refused,
    after: auth((value) => value.replace(/Signature=.*/, "Signature=")),
  },
  {
    name: "another signature",
    ...refused,
    after: auth((value) => value.replace(/Signature=./, (found) => `${found}0`)),
  },
  {
    name: "a signature that is no hex",
    ...refused,
    after: auth((value) => value.replace(/Signature=.*/, `Signature=${"\u00e9".repeat(64)}`)),
  },
  {
    name: "a header name that cannot be one",
    ...refused,
    after: auth((value) => value.replace("SignedHeaders=", "SignedHeaders=(;\u00e9;;")),
  },
  {
    name: "a signed header that is not there",
    after: auth((value) => value.replace("SignedHeaders=", "SignedHeaders=__proto__;x-none;")),
  },
  {
    name: "a signed header many times",
    after: auth((value) =>
      value.replace("SignedHeaders=", `SignedHeaders=${"host;".repeat(5_000)}`)
    ),
  },
  {
    name: "a scope of another shape",
    ...refused,
    after: auth((value) => value.replace("/aws4_request", "/aws4_request/aws4_request")),
  },
  {
    name: "a scope of another day",
    ...refused,
    after: auth((value) => value.replace(/\/\d{8}\//, "/20200101/")),
  },
  {
    name: "a key of an object's prototype",
    ...refused,
    after: auth((value) => value.replace(/Credential=[^/]+/, "Credential=__proto__")),
  },
  {
    name: "a date that is none",
    ...refused,
    after: (headers) => {
      headers["x-amz-date"] = "20261332T996199Z";
    },
  },
  {
    name: "a date of the far future",
    ...refused,
    after: (headers) => {
      headers["x-amz-date"] = "99991231T235959Z";
    },
  },
  { name: "a stale signature", ...refused, clock: -302_000 },
  { name: "a signature of the future", ...refused, clock: 302_000 },
  {
    name: "a secret of somebody else",
    ...refused,
    keys: (keys) => ({ ...keys, secretAccessKey: "another" }),
  },
  {
    name: "a key nobody has",
    ...refused,
    keys: (keys) => ({ ...keys, accessKeyId: "AKIANOBODY" }),
  },
  { name: "another service", ...refused, service: "s3" },
  {
    name: "a payload that is said to be unsigned",
    ...refused,
    before: (headers) => {
      headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
    },
  },
  {
    name: "a payload of another hash",
    ...refused,
    after: (headers) => {
      headers["x-amz-content-sha256"] = "0".repeat(64);
    },
  },
  {
    name: "a session token that is none",
    ...refused,
    before: (headers) => {
      headers["x-amz-security-token"] = "none";
    },
  },
  {
    name: "a target changed after signing",
    ...refused,
    after: (headers) => {
      headers["x-amz-target"] = `${headers["x-amz-target"]}s`;
    },
  },
  ...["", "Get", "CodeDeploy_20141006", "CodeDeploy_20141006.__proto__", "x".repeat(9_000), "a.b.c"]
    .map((target): Envelope => ({
      name: `the target "${target.slice(0, 40)}"`,
      status: 400,
      type: /^UnknownOperation/,
      service: "codedeploy",
      before: (headers) => {
        headers["x-amz-target"] = target;
      },
    })),
  ...["", "application/json", "text/plain; charset=utf-16", "application/x-amz-json-1.0", "\u00e9"]
    .map((type): Envelope => ({
      name: `the content type "${type}"`,
      before: (headers) => {
        headers["content-type"] = type;
      },
    })),
  {
    name: "our agent's header",
    before: (headers) => {
      headers["x-runtime-agent"] = "9".repeat(5_000);
    },
  },
  {
    name: "a conditional request for a part",
    before: (headers) => {
      Object.assign(headers, { range: "bytes=0-1", "if-none-match": "*", expect: "x" });
    },
  },
];

export interface Draft {
  target: string;
  service: string;
  keys: Keys;
  body: Uint8Array<ArrayBuffer>;
  /** Milliseconds since the epoch, as the server has it. */
  now: number;
}

/** The signed request of an operation in AWS JSON. */
export async function requestOf(
  { target, ...draft }: Draft,
  envelope: Envelope | undefined,
  signal: AbortSignal,
): Promise<Request> {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
  const url = new URL(SERVER);
  return await signedRequest({ ...draft, method: "POST", url, headers, signal }, envelope);
}

/** Any signed request. */
export async function signedRequest(
  draft: Omit<Draft, "target" | "body"> & {
    method: string;
    url: URL;
    headers: Record<string, string>;
    body: Uint8Array<ArrayBuffer> | undefined;
    signal?: AbortSignal;
  },
  envelope: Envelope | undefined,
): Promise<Request> {
  const { method, url, body, keys, now, signal } = draft;
  const headers = { ...draft.headers };
  envelope?.before?.(headers);
  const signs = signer(envelope?.keys?.(keys) ?? keys, REGION, envelope?.service ?? draft.service);
  const signingDate = new Date(now + (envelope?.clock ?? 0));
  const toSign = signable(method, url, headers, body);
  const { headers: signed } = await signs.sign(toSign, { signingDate });
  envelope?.after?.(signed);
  return new Request(url, {
    method,
    headers: signed,
    ...(body && { body }),
    ...(signal && { signal }),
  });
}

/** Most requests have nothing wrong but their body. */
export const anyEnvelope: fc.Arbitrary<Envelope | undefined> = fc.oneof(
  { arbitrary: fc.constant(undefined), weight: 3 },
  { arbitrary: fc.constantFrom(...ENVELOPES), weight: 1 },
);
