import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { type SignatureCheck, verifySignature } from "../../core/api/sigv4.ts";
import { DomainError } from "../../core/domain/errors.ts";
import { signable, signer } from "../../core/wire/sigv4.ts";

const NOW = Date.UTC(2026, 10, 25, 8, 15, 30);
const KEY = {
  accessKeyId: "AKIAEXAMPLE",
  secretAccessKey: "a-secret-nobody-may-see",
  role: "deployer" as const,
  arn: "arn:aws:iam::000000000000:user/somebody",
  createTime: 0,
};
const BODY = '{"applicationName":"shop"}';
const JSON_URL = "http://runtime.test:8080/";
const S3_URL = "http://runtime.test:8080/bundles/a%20b/c%2Bd.zip?versionId=1&x=a%26b&x=a";

test("a JSON request signed by the library is its key's", async () => {
  const signed = await verify(await jsonRequest());
  assert.deepEqual(signed.caller, {
    accessKeyId: KEY.accessKeyId,
    role: KEY.role,
    arn: KEY.arn,
  });
  assert.equal(signed.contentSha256, sha256(BODY));
});

test("the signature of AWS's own example is accepted", async () => {
  // The first example of "Signature Calculations for the Authorization Header" (S3 API reference).
  const request = new Request("https://examplebucket.s3.amazonaws.com/test.txt", {
    headers: {
      host: "examplebucket.s3.amazonaws.com",
      range: "bytes=0-9",
      "x-amz-date": "20130524T000000Z",
      "x-amz-content-sha256": sha256(""),
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request," +
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date," +
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    },
  });
  const { caller } = await verifySignature(request, exampleCheck("s3"));
  assert.equal(caller.accessKeyId, "AKIAIOSFODNN7EXAMPLE");
});

test("the presigned URL of AWS's own example is accepted", async () => {
  // "Authenticating Requests: Using Query Parameters" (S3 API reference).
  const request = new Request(
    "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256" +
      "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request" +
      "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host" +
      "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
  );
  const { contentSha256 } = await verifySignature(request, exampleCheck("s3"));
  assert.equal(contentSha256, "UNSIGNED-PAYLOAD");
});

for (const declared of ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", sha256("x")]) {
  test(`a streamed body's declared hash is answered: ${declared.slice(0, 40)}`, async () => {
    const request = await s3Request({ "x-amz-content-sha256": declared });
    assert.equal((await verify(request, s3())).contentSha256, declared);
  });
}

test("a signature over fewer headers than were sent is accepted; a proxy adds some", async () => {
  const request = await jsonRequest();
  request.headers.set("x-forwarded-for", "192.0.2.1");
  request.headers.set("user-agent", "somebody");
  await verify(request);
});

test("headers that signers leave out are covered when the client lists them", async () => {
  const url = new URL(JSON_URL);
  const toSign = signable("POST", url, { "user-agent": "aws-cli" }, BODY);
  const { headers } = await signer(KEY, "eu-west-1", "codedeploy").sign(toSign, {
    signingDate: new Date(NOW),
    signableHeaders: new Set(["user-agent"]),
  });
  const request = new Request(url, { method: "POST", headers, body: BODY });
  assert.match(headers["authorization"] ?? "", /user-agent/);
  await verify(request);
  request.headers.set("user-agent", "somebody else");
  await refuses(request, "InvalidSignatureException");
});

test("any path, query and header that the library signs is verified", async () => {
  const text = fc.string({ unit: "grapheme", maxLength: 12 });
  const query = fc.array(fc.tuple(fc.string({ minLength: 1, maxLength: 8 }), text), {
    maxLength: 4,
  });
  await fc.assert(fc.asyncProperty(fc.array(text), query, async (path, query) => {
    const url = new URL("http://runtime.test/");
    url.pathname = `/bundles/${path.map(strictly).join("/")}`;
    url.search = query.map((pair) => pair.map(strictly).join("=")).join("&");
    const request = await s3Request({}, url);
    await verify(request, s3());
    url.pathname += "x";
    await refuses(new Request(url, request), "InvalidSignatureException", undefined, s3());
  }));
});

type Spoil = (request: Request) => Request;
const spoiled: [title: string, spoil: Spoil, type: string, message?: RegExp][] = [
  ["another method", (one) => new Request(one, { method: "PUT" }), "InvalidSignature"],
  ["another path", (one) => new Request(JSON_URL + "x", one), "InvalidSignature"],
  ["another query", (one) => new Request(JSON_URL + "?a=1", one), "InvalidSignature"],
  ["another host", (one) => new Request("http://other.test/", one), "InvalidSignature"],
  ["another target", set("x-amz-target", "CodeDeploy_20141006.Other"), "InvalidSignature"],
  ["a signed header gone", remove("x-amz-target"), "InvalidSignature"],
  ["another key id", swap("AKIAEXAMPLE", "AKIAOTHER"), "UnrecognizedClient", /AKIAOTHER/],
  ["another region", swap("eu-west-1", "eu-west-2"), "InvalidSignature"],
  ["a region without end", swap("eu-west-1", "e".repeat(65)), "IncompleteSignature", /region/],
  ["another service", swap("codedeploy/", "iam/"), "InvalidSignature", /correct service/],
  ["a cut signature", swap(/Signature=../, "Signature="), "InvalidSignature"],
  ["an empty signature", swap(/Signature=.*/, "Signature="), "IncompleteSignature", /Signature/],
  ["no signature", swap(/, Signature=.*/, ""), "IncompleteSignature", /Signature/],
  ["no credential", swap(/Credential=[^,]*, /, ""), "IncompleteSignature", /Credential/],
  ["a short credential", swap("/aws4_request", ""), "IncompleteSignature", /aws4_request/],
  ["another day", swap("20261125", "20261124"), "IncompleteSignature", /20261124/],
  ["host unsigned", swap("host;", ""), "IncompleteSignature", /host/],
  ["a name that no header has", swap("host;", "host;(;"), "IncompleteSignature", /"\("/],
  ["an empty header name", swap("host;", "host;;"), "IncompleteSignature", /""/],
  ["no date", remove("x-amz-date"), "IncompleteSignature", /X-Amz-Date/],
  ["a date in words", set("x-amz-date", "today"), "IncompleteSignature", /today/],
  ["basic credentials", set("authorization", "Basic YTpi"), "IncompleteSignature", /Basic/],
  ["no Authorization", remove("authorization"), "MissingAuthenticationToken", /not signed/],
  [
    "another declared body",
    set("x-amz-content-sha256", sha256("other")),
    "InvalidSignature",
    /body's SHA-256/,
  ],
  [
    "an unsigned body declared",
    set("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
    "InvalidSignature",
  ],
];
for (const [title, spoil, type, message] of spoiled) {
  test(`a JSON request with ${title} is refused as ${type}`, async () => {
    await refuses(spoil(await jsonRequest()), `${type}Exception`, message);
  });
}

test("a wrong secret is refused, and no secret is told", async () => {
  const request = await jsonRequest();
  const check = { ...json(), findKey: () => ({ ...KEY, secretAccessKey: "other" }) };
  await refuses(request, "InvalidSignatureException", /does not match/, check);
});

test("a tampered body is refused", async () => {
  const check = { ...json(), bodySha256: sha256(BODY + " ") };
  await refuses(await jsonRequest(), "InvalidSignatureException", /does not match/, check);
});

test("a streamed body without its declared hash is refused", async () => {
  const url = new URL(S3_URL);
  const sign = signer(KEY, "eu-west-1", "codedeploy");
  const { headers } = await sign.sign(signable("GET", url, {}), { signingDate: new Date(NOW) });
  const check = { ...json(), bodySha256: undefined };
  const { bodySha256: _, ...undeclared } = check;
  const request = new Request(url, { headers });
  await refuses(request, "InvalidInputException", /x-amz-content-sha256/, undeclared);
});

const clocks: [clientAheadSeconds: number, message: RegExp | undefined][] = [
  [-299, undefined],
  [299, undefined],
  [
    -301,
    /disagree by 301 seconds.*request's time is 2026-11-25T08:10:29Z.*server's 2026-11-25T08:15:30Z/,
  ],
  [301, /disagree by 301 seconds.*request's time is 2026-11-25T08:20:31Z/],
  [86_400, /86400 seconds/],
];
for (const [seconds, message] of clocks) {
  test(`a clock ${seconds} seconds ahead is ${message ? "refused" : "accepted"}`, async () => {
    const request = await jsonRequest(new Date(NOW + seconds * 1000));
    if (!message) await verify(request);
    else await refuses(request, "InvalidSignatureException", message, json(), "X-Amz-Date");
  });
}

const lifetimes: [ageSeconds: number, message: RegExp | undefined][] = [
  [0, undefined],
  [599, undefined],
  [600, undefined],
  [601, /good for 600 seconds and expired 1 seconds ago/],
  [4_000, /expired 3400 seconds ago: the request's time is 2026-11-25T07:08:50Z, the server's/],
  [-299, undefined],
  [-301, /disagree by 301 seconds/],
];
for (const [age, message] of lifetimes) {
  test(`a URL presigned for 600 seconds, ${age} ago, is ${message ? "refused" : "accepted"}`, async () => {
    const request = await presigned({ signingDate: new Date(NOW - age * 1000), expiresIn: 600 });
    if (!message) assert.equal((await verify(request, s3())).contentSha256, "UNSIGNED-PAYLOAD");
    else {
      const field = age > 0 ? "X-Amz-Expires" : "X-Amz-Date";
      await refuses(request, "InvalidSignatureException", message, s3(), field);
    }
  });
}

const spoiledUrls: [title: string, edit: (url: URL) => void, type: string, message?: RegExp][] = [
  ["longer life", (url) => url.searchParams.set("X-Amz-Expires", "601"), "InvalidSignature"],
  [
    "a life of a month",
    (url) => url.searchParams.set("X-Amz-Expires", "2592000"),
    "IncompleteSignature",
    /604800/,
  ],
  [
    "no life",
    (url) => url.searchParams.delete("X-Amz-Expires"),
    "IncompleteSignature",
    /X-Amz-Expires/,
  ],
  ["another version", (url) => url.searchParams.set("versionId", "2"), "InvalidSignature"],
  ["a parameter more", (url) => url.searchParams.set("uploads", ""), "InvalidSignature"],
  ["__proto__ more", (url) => url.searchParams.set("__proto__", "1"), "InvalidSignature"],
  [
    "no signature",
    (url) => url.searchParams.delete("X-Amz-Signature"),
    "IncompleteSignature",
    /X-Amz-Signature/,
  ],
  [
    "another algorithm",
    (url) => url.searchParams.set("X-Amz-Algorithm", "NONE"),
    "IncompleteSignature",
    /NONE/,
  ],
];
for (const [title, edit, type, message] of spoiledUrls) {
  test(`a presigned URL with ${title} is refused as ${type}`, async () => {
    const { url } = await presigned({ signingDate: new Date(NOW), expiresIn: 600 });
    const edited = new URL(url);
    edit(edited);
    await refuses(new Request(edited), `${type}Exception`, message, s3());
  });
}

test("a presigned URL is for its method alone", async () => {
  const { url } = await presigned({ signingDate: new Date(NOW), expiresIn: 600 });
  await refuses(
    new Request(url, { method: "DELETE" }),
    "InvalidSignatureException",
    undefined,
    s3(),
  );
});

function json(): SignatureCheck {
  return { ...check("codedeploy"), bodySha256: sha256(BODY) };
}

function s3(): SignatureCheck {
  return check("s3");
}

function check(service: string): SignatureCheck {
  const findKey = (id: string) => id === KEY.accessKeyId ? KEY : undefined;
  return { services: [service], findKey, now: NOW };
}

function exampleCheck(service: string): SignatureCheck {
  const accessKeyId = "AKIAIOSFODNN7EXAMPLE";
  const secretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  const findKey = () => ({ ...KEY, accessKeyId, secretAccessKey });
  return { services: [service], findKey, now: Date.UTC(2013, 4, 24) };
}

function verify(request: Request, check = json()) {
  return verifySignature(request, check);
}

async function refuses(
  request: Request,
  name: string,
  message: RegExp = /./,
  check = json(),
  field?: string,
): Promise<void> {
  const refusal = await verifySignature(request, check).catch((error: unknown) => error);
  assert.ok(refusal instanceof DomainError, `not refused: ${JSON.stringify(refusal)}`);
  assert.equal(refusal.name, name, refusal.message);
  assert.match(refusal.message, message);
  if (field !== undefined) assert.equal(refusal.field, field);
  assert.ok(!refusal.message.includes(KEY.secretAccessKey), "the message tells the secret");
}

async function jsonRequest(signingDate = new Date(NOW)): Promise<Request> {
  const url = new URL(JSON_URL);
  const toSign = signable("POST", url, { "x-amz-target": "CodeDeploy_20141006.Get" }, BODY);
  const { headers } = await signer(KEY, "eu-west-1", "codedeploy").sign(toSign, { signingDate });
  const { host: _, ...sent } = headers;
  return new Request(url, { method: "POST", headers: sent, body: BODY });
}

async function s3Request(given: Record<string, string>, url = new URL(S3_URL)): Promise<Request> {
  const sign = signer(KEY, "eu-west-1", "s3");
  const { headers } = await sign.sign(signable("GET", url, given), { signingDate: new Date(NOW) });
  const { host: _, ...sent } = headers;
  return new Request(url, { headers: sent });
}

async function presigned(options: { signingDate: Date; expiresIn: number }): Promise<Request> {
  const url = new URL("http://runtime.test:8080/bundles/a%20b.zip?versionId=1");
  const toSign = signable("GET", url, { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" });
  const { query } = await signer(KEY, "eu-west-1", "s3").presign(toSign, options);
  url.search = "";
  for (const [name, value] of Object.entries(query ?? {})) {
    url.searchParams.set(name, String(value));
  }
  return new Request(url);
}

function set(name: string, value: string): Spoil {
  return (request) => {
    request.headers.set(name, value);
    return request;
  };
}

function remove(name: string): Spoil {
  return (request) => {
    request.headers.delete(name);
    return request;
  };
}

function swap(from: string | RegExp, to: string): Spoil {
  return (request) => {
    const authorization = request.headers.get("authorization") ?? "";
    request.headers.set("authorization", authorization.replace(from, to));
    return request;
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** As clients of S3 encode: everything but the unreserved characters. */
function strictly(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

test("what is computed for plain requests is what the library signs, whatever the headers", async () => {
  const name = fc.constantFrom("x-amz-target", "x-amz-meta-a", "content-type", "user-agent", "x-b");
  // Only what a header may hold; the ends are trimmed on the way.
  const value = fc.string({
    unit: fc.constantFrom("a", "B", " ", "\t", ";", ",", ":", "=", "\xa0"),
  });
  const service = fc.constantFrom("codedeploy", "codedeploy-commands");
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(name, value),
      fc.constantFrom("POST", "PUT"),
      fc.constantFrom("eu-central-1", "us-east-1", "x"),
      service,
      fc.string({ minLength: 1 }),
      async (headers, method, region, service, secretAccessKey) => {
        const key = { ...KEY, secretAccessKey };
        const url = new URL(JSON_URL);
        const toSign = signable(method, url, headers, BODY);
        const signed = await signer(key, region, service).sign(toSign, {
          signingDate: new Date(NOW),
        });
        const request = new Request(url, { method, headers: signed.headers, body: BODY });
        const check = { services: [service], findKey: () => key, now: NOW };
        await verifySignature(request, { ...check, bodySha256: sha256(BODY) });
        const other = {
          ...check,
          findKey: () => ({ ...key, secretAccessKey: `${secretAccessKey}x` }),
        };
        await assert.rejects(verifySignature(request, { ...other, bodySha256: sha256(BODY) }));
      },
    ),
  );
});
