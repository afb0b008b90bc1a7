import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CONTENT_SHA256 } from "../../../core/api/sigv4.ts";
import { signable, signer, UNSIGNED_PAYLOAD } from "../../../core/wire/sigv4.ts";
import { type ArtifactServer, REGION, secretOf, startArtifactServer } from "./artifact_server.ts";

let server: ArtifactServer;
// Signatures know whole seconds.
let now = Math.floor(Date.now() / 1000) * 1000;
before(async () => {
  server = await startArtifactServer({ now: () => now });
});
after(() => server.close());

interface Wish {
  method?: string;
  /** Seconds. */
  expiresIn?: number;
  as?: string;
}

async function presigned(path: string, wish: Wish = {}): Promise<string> {
  const { method = "GET", expiresIn = 600, as = "DEPLOY" } = wish;
  const url = new URL(server.url + path);
  const credentials = { accessKeyId: as, secretAccessKey: secretOf(as) };
  const { query = {} } = await signer(credentials, REGION, "s3").presign(
    signable(method, url, { [CONTENT_SHA256]: UNSIGNED_PAYLOAD }),
    { expiresIn, signingDate: new Date(now), unsignableHeaders: new Set([CONTENT_SHA256]) },
  );
  url.search = "";
  for (const [name, value] of Object.entries(query)) url.searchParams.append(name, String(value));
  return url.href;
}

async function ask(url: string, init: RequestInit = {}): Promise<string> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  return `${answer.status} ${/<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? text}`;
}

async function put(path: string, body: string): Promise<void> {
  assert.equal(
    await ask(await presigned(path, { method: "PUT" }), { method: "PUT", body }),
    "200 ",
  );
}

test("a presigned URL puts, gets and heads; each for its method alone", async () => {
  await put("/urls/k%20%C3%BC", "by url");
  const get = await presigned("/urls/k%20%C3%BC");
  assert.equal(await ask(get), "200 by url");
  assert.equal(await ask(get, { method: "HEAD" }), "403 ");
  assert.equal(await ask(get, { method: "PUT", body: "x" }), "403 SignatureDoesNotMatch");
  assert.equal(await ask(get, { method: "DELETE" }), "403 SignatureDoesNotMatch");
  const head = await presigned("/urls/k%20%C3%BC", { method: "HEAD" });
  assert.equal(await ask(head, { method: "HEAD" }), "200 ");
  const range = await ask(get, { headers: { range: "bytes=0-1" } });
  assert.equal(range, "206 by", "headers that are not S3's may be added");
});

test("a presigned URL ends when it says so", async () => {
  await put("/urls/late", "late");
  const url = await presigned("/urls/late", { expiresIn: 60 });
  const made = now;
  now = made + 60_000;
  assert.equal(await ask(url), "200 late");
  now = made + 61_000;
  const refused = await fetch(url);
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /<Code>AccessDenied<\/Code><Message>Request has expired/);
  now = made;
});

const lives: [expires: string, expected: string][] = [
  ["1", "403 SignatureDoesNotMatch"],
  ["604800", "403 SignatureDoesNotMatch"],
  ["0", "400 AuthorizationHeaderMalformed"],
  ["604801", "400 AuthorizationHeaderMalformed"],
  ["-1", "400 AuthorizationHeaderMalformed"],
  ["1e3", "400 AuthorizationHeaderMalformed"],
];
for (const [expires, expected] of lives) {
  test(`a life of ${expires} seconds that was not signed is refused: ${expected}`, async () => {
    const url = new URL(await presigned("/urls/life"));
    url.searchParams.set("X-Amz-Expires", expires);
    assert.equal(await ask(url.href), expected);
  });
}

test("whoever holds a URL to put can add nothing that S3 would heed", async () => {
  await put("/urls/secret", "secret");
  const url = await presigned("/urls/mine", { method: "PUT" });
  for (
    const headers of [{ "x-amz-copy-source": "/urls/secret" }, { "x-amz-meta-a": "b" }] as const
  ) {
    const init = { method: "PUT", headers };
    const answer = await fetch(url, init);
    const text = await answer.text();
    assert.equal(answer.status, 403);
    assert.match(text, /There were headers present in the request which were not signed: x-amz-/);
  }
  assert.equal(await ask(await presigned("/urls/mine")), "404 NoSuchKey");
});

test("what is signed into the URL counts as a header", async () => {
  const url = await presigned("/urls/meta?x-amz-meta-commit=abc", { method: "PUT" });
  assert.equal(await ask(url, { method: "PUT", body: "m" }), "200 ");
  const read = await fetch(await presigned("/urls/meta"));
  assert.equal(read.headers.get("x-amz-meta-commit"), "abc");
  await read.body?.cancel();
  const copy = await presigned("/urls/copy?x-amz-copy-source=urls%2Fmeta", { method: "PUT" });
  assert.match(await ask(copy, { method: "PUT" }), /^200 .*CopyObjectResult/s);
  assert.equal(await ask(await presigned("/urls/copy")), "200 m");
  const folded = await presigned("/urls/meta?x-amz-meta-a=b%0D%0Ac", { method: "PUT" });
  assert.equal(await ask(folded, { method: "PUT", body: "m" }), "400 InvalidArgument");
});

test("response-… names the headers of the answer, and a page cannot run with them", async () => {
  await put("/urls/page", "<script>alert(1)</script>");
  const query = new URLSearchParams({
    "response-content-type": "text/html",
    "response-content-disposition": "inline",
    "response-cache-control": "max-age=5",
    "response-content-language": "de",
    "response-expires": "Thu, 01 Dec 2026 16:00:00 GMT",
  });
  const answer = await fetch(await presigned(`/urls/page?${query}`));
  assert.equal(await answer.text(), "<script>alert(1)</script>");
  for (const [name, value] of query) {
    assert.equal(answer.headers.get(name.replace("response-", "")), value, name);
  }
  assert.equal(answer.headers.get("content-security-policy"), "sandbox");
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  const broken = await presigned("/urls/page?response-content-type=a%0Ab");
  assert.equal(await ask(broken), "400 InvalidArgument");
});

test("a URL that a viewer signed reads and does not write", async () => {
  await put("/urls/view", "seen");
  assert.equal(await ask(await presigned("/urls/view", { as: "VIEW" })), "200 seen");
  const url = await presigned("/urls/view", { method: "PUT", as: "VIEW" });
  assert.equal(await ask(url, { method: "PUT", body: "x" }), "403 AccessDenied");
  assert.equal(
    await ask(await presigned("/urls/view", { as: "NOBODY" })),
    "403 InvalidAccessKeyId",
  );
});

test("a URL of signature version 2 is told which version to use", async () => {
  const url = `${server.url}/urls/k?AWSAccessKeyId=DEPLOY&Signature=abc&Expires=1`;
  const answer = await fetch(url);
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /<Code>InvalidRequest<.*Please use AWS4-HMAC-SHA256/s);
});
