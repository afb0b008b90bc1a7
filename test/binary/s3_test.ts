/** The S3 port of the compiled server: hosts of every kind, keys of every kind, flat memory. @module */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { signable, signHeaders, UNSIGNED_PAYLOAD } from "../../core/wire/sigv4.ts";
import { Fleet, until } from "./fleet.ts";

let fleet: Fleet;
before(async () => {
  fleet = new Fleet();
  fleet.env["RUNTIME_S3_DOMAINS"] = "bundles.example.com";
  await fleet.startServer();
});
after(() => fleet.close());

interface Wish {
  method?: string;
  body?: string | Readable;
  headers?: Record<string, string>;
  /** As it is sent; the signature covers it. */
  path: string;
  host: string;
}

interface Answered {
  status: number;
  text: string;
}

/** A request to the server under a name of our choosing, signed for S3. */
async function ask(
  { method = "GET", body = "", headers = {}, path, host }: Wish,
): Promise<Answered> {
  const { port } = new URL(fleet.url);
  const toSign = signable(method, new URL(`http://${host}/`), {
    "x-amz-content-sha256": UNSIGNED_PAYLOAD,
    ...headers,
  });
  const url = new URL(fleet.url + path);
  toSign.path = path.split("?")[0] ?? path;
  toSign.query = Object.fromEntries(url.searchParams);
  const signed = await signHeaders(toSign, credentials(), "us-east-1", "s3");
  const length = typeof body === "string" && { "content-length": String(Buffer.byteLength(body)) };
  return await new Promise((resolve, reject) => {
    const options = {
      ...{ host: "127.0.0.1", port, method, path },
      headers: { ...signed, host, ...length },
    };
    const sent = request(options, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk) => text += chunk)
        .on("end", () => resolve({ status: answer.statusCode ?? 0, text })).on("error", reject);
    }).on("error", reject);
    if (typeof body === "string") sent.end(body);
    else body.pipe(sent);
  });
}

async function put(host: string, path: string, body: string): Promise<void> {
  const { status, text } = await ask({ method: "PUT", host, path, body });
  assert.equal(status, 200, text);
}

const places: [host: string, path: string, bucket: string, key: string][] = [
  ["first.localhost", "/k/1", "first", "k/1"],
  ["second.s3.us-east-1.amazonaws.com", "/k/2", "second", "k/2"],
  ["third.bundles.example.com:8080", "//k//3", "third", "/k//3"],
  ["s3.us-east-1.amazonaws.com", "/fourth/k/4", "fourth", "k/4"],
  ["bundles.example.com", "/fifth/k/5", "fifth", "k/5"],
  ["any.other.name", "/sixth/k/6", "sixth", "k/6"],
  // These would be other parts of the API, were they not signed for S3.
  ["seventh.localhost", "/healthz", "seventh", "healthz"],
  ["127.0.0.1", "/events/k", "events", "k"],
];
test("one object, by whichever host and path it was put, is read by the others", async () => {
  for (const [host, path, bucket, key] of places) {
    await put(host, path, `${bucket} ${key}`);
    const plain = `/${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
    assert.deepEqual(await ask({ host: "127.0.0.1", path: plain }), {
      status: 200,
      text: `${bucket} ${key}`,
    }, host);
  }
  const { text } = await ask({ host: "localhost", path: "/" });
  for (const [, , bucket] of places) assert.ok(text.includes(`<Name>${bucket}</Name>`), bucket);
  const health = await fetch(`${fleet.url}/healthz`);
  assert.equal(health.status, 200);
  await health.body?.cancel();
});

test("a bucket in the host of a name that the server does not know is told what to set", async () => {
  await put("127.0.0.1", "/hinted/k", "x");
  for (const path of ["/k.zip", "/dir/k", "/UPPER/k"]) {
    const { text } = await ask({ host: "hinted.server.example:8080", path });
    assert.match(
      text,
      /means the bucket &quot;hinted&quot;, start the server with RUNTIME_S3_DOMAINS=server.example\./,
    );
  }
  for (const host of ["127.0.0.1", "other.server.example", "hinted.localhost"]) {
    assert.doesNotMatch((await ask({ host, path: "/none/k" })).text, /RUNTIME_S3_DOMAINS/);
  }
});

/** Sends bytes as they are; answers the first line of what comes back, "" when nothing does. */
function raw(text: string): Promise<string> {
  const { port } = new URL(fleet.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), "127.0.0.1", () => socket.write(text, "latin1"));
    let answer = "";
    socket.setEncoding("latin1").on("data", (chunk) => answer += chunk)
      .on("close", () => resolve(answer.split("\r\n")[0] ?? "")).on("error", reject);
  });
}

const hostile = [
  ...["a b", "evil@x", "", "[::1", "x:99999", "a/b", "a?b", "a#b", "\u00fc\u00f1", "%41.localhost"],
  ...["../../etc.localhost", "..localhost", ".localhost", "-.s3.amazonaws.com", "a".repeat(5000)],
  ...["%2e%2e%2f.s3.amazonaws.com", "x.s3.amazonaws.com.evil", "s3.amazonaws.com@127.0.0.1"],
];
test("a hostile Host harms nobody and reaches nothing", async () => {
  const before = files();
  for (const host of hostile) {
    for (const path of ["/", "/k", "/healthz", "//", "/../../etc/passwd"]) {
      for (const method of ["GET", "PUT"]) {
        const line = await raw(
          `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n` +
            "Authorization: AWS4-HMAC-SHA256 Credential=K/20261125/us-east-1/s3/aws4_request, " +
            "SignedHeaders=host, Signature=abc\r\nX-Amz-Date: 20261125T000000Z\r\n" +
            "Connection: close\r\n\r\n",
        );
        assert.match(line, /^HTTP\/1.1 4\d\d|^$/, `${method} ${path} to ${JSON.stringify(host)}`);
      }
    }
  }
  assert.deepEqual(files(), before);
  await put("127.0.0.1", "/alive/k", "alive");
});

/** Files below the artifact directory. */
function files(): string[] {
  return readdirSync(join(fleet.data, "artifacts"), { recursive: true }).map(String).sort();
}

test("a key with a segment of dots never becomes another key", async () => {
  await put("127.0.0.1", "/dots/c", "the other");
  for (const path of ["/dots/a/../c", "/dots/a/%2e%2e/c", "/dots/./c", "/x/../dots/c"]) {
    const { status, text } = await ask({ host: "127.0.0.1", path });
    assert.equal(status, 403, path);
    assert.match(text, /SignatureDoesNotMatch/);
    const written = await ask({ method: "PUT", host: "127.0.0.1", path, body: "changed" });
    assert.equal(written.status, 403, path);
  }
  assert.equal((await ask({ host: "127.0.0.1", path: "/dots/c" })).text, "the other");
  const keys = ["a%2F..%2Fc", "..%2F..%2Fetc%2Fpasswd", "a..b", "...", "%252e%252e", "a%5C..%5Cb"];
  for (const key of keys) {
    await put("127.0.0.1", `/dots/${key}`, key);
    assert.equal((await ask({ host: "127.0.0.1", path: `/dots/${key}` })).text, key);
  }
  for (const file of files()) assert.match(file, /^(incoming|[0-9a-f]{2}(\/[0-9a-f]{64})?)$/);
});

test("an upload that breaks off leaves nothing behind, and the server goes on", async () => {
  const { port } = new URL(fleet.url);
  const url = new URL(`${fleet.url}/broken/k`);
  const toSign = signable("PUT", url, { "x-amz-content-sha256": UNSIGNED_PAYLOAD });
  const headers = await signHeaders(toSign, credentials(), "us-east-1", "s3");
  const lines = Object.entries({ ...headers, "content-length": "1000000" })
    .map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const before = files();
  const socket = connect(Number(port), "127.0.0.1");
  socket.on("error", () => socket.destroy());
  socket.write(`PUT ${url.pathname} HTTP/1.1\r\n${lines}\r\n${"x".repeat(100_000)}`);
  const arriving = () => files().some((file) => file.startsWith("incoming/"));
  await until("the body to begin", arriving);
  socket.destroy();
  await until("the rest to be swept", () => !arriving());
  assert.deepEqual(
    files().filter((file) => file !== "incoming"),
    before.filter((file) => file !== "incoming"),
  );
  assert.equal((await ask({ host: "127.0.0.1", path: "/broken/k" })).status, 404);
});

function credentials() {
  return {
    accessKeyId: fleet.env["AWS_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: fleet.env["AWS_SECRET_ACCESS_KEY"] ?? "",
  };
}

const LARGE_BYTES = 256 << 20;
const MIB = 1 << 20;

test("a quarter of a gigabyte flows in, is copied and flows out in flat memory", async () => {
  const piece = Buffer.alloc(MIB, "x");
  await put("127.0.0.1", "/large/small", "warm");
  const before = peak();
  const body = Readable.from((function* () {
    for (let sent = 0; sent < LARGE_BYTES; sent += MIB) yield piece;
  })());
  const headers = { "content-length": String(LARGE_BYTES) };
  const at = { host: "large.localhost", path: "/k" };
  assert.equal((await ask({ ...at, method: "PUT", body, headers })).status, 200);
  const copy = { "x-amz-copy-source": "large/k" };
  assert.equal((await ask({ ...at, path: "/copy", method: "PUT", headers: copy })).status, 200);
  assert.equal(await lengthOf("/large/copy"), LARGE_BYTES);
  const grown = peak() - before;
  assert.ok(grown < 96 * MIB, `the server's peak grew by ${Math.round(grown / MIB)} MiB`);
});

/** Reads an object with the memory of one piece; answers its bytes. */
async function lengthOf(path: string): Promise<number> {
  const url = new URL(fleet.url + path);
  const headers = await signHeaders(signable("GET", url, {}), credentials(), "us-east-1", "s3");
  return await new Promise((resolve, reject) => {
    request(url.href, { headers }, (answer) => {
      let length = 0;
      answer.on("data", (chunk: Uint8Array) => length += chunk.length)
        .on("end", () => resolve(length)).on("error", reject);
    }).on("error", reject).end();
  });
}

/** The most memory that the server's process has had, in bytes. */
function peak(): number {
  const status = readFileSync(`/proc/${fleet.serverPid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
