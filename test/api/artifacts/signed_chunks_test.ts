import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import {
  type ChunkPart,
  type ChunkSigner,
  chunkSigner,
} from "../../../core/api/chunk_signature.ts";
import { readClaim } from "../../../core/api/sigv4_claim.ts";
import { signable, signHeaders } from "../../../core/wire/sigv4.ts";
import { type ArtifactServer, REGION, secretOf, startArtifactServer } from "./artifact_server.ts";

let server: ArtifactServer;
before(async () => {
  server = await startArtifactServer();
});
after(() => server.close());

const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const PLAIN = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const CRC = "x-amz-checksum-crc32:y/Q5Jg==";

/** What goes wrong on the way: the text that arrives for what was sent. */
type Damage = (body: string) => string;

/** Puts the chunks, each signed, and the lines after them; answers status and code. */
async function put(
  key: string,
  chunks: readonly string[],
  options: { trailers?: readonly string[]; damage?: Damage; blank?: string } = {},
): Promise<string> {
  const { trailers, damage = (body) => body, blank = "" } = options;
  const url = new URL(`${server.url}/bundles/${key}`);
  const headers: Record<string, string> = {
    "content-encoding": "aws-chunked",
    "x-amz-content-sha256": trailers ? `${PLAIN}-TRAILER` : PLAIN,
    "x-amz-decoded-content-length": String(chunks.join("").length),
    ...(trailers && { "x-amz-trailer": trailers.map((line) => line.split(":")[0]).join(",") }),
  };
  const credentials = { accessKeyId: "DEPLOY", secretAccessKey: secretOf("DEPLOY") };
  const { host: _, ...sent } = await signHeaders(
    signable("PUT", url, headers),
    credentials,
    REGION,
    "s3",
  );
  const sign = chunkSigner(readClaim(new Headers(sent), url), credentials.secretAccessKey);
  const body = await framed(sign, chunks, trailers, blank);
  const answer = await fetch(url, { method: "PUT", headers: sent, body: damage(body) });
  const text = await answer.text();
  return `${answer.status} ${/<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? text}`;
}

async function framed(
  sign: ChunkSigner,
  chunks: readonly string[],
  trailers: readonly string[] | undefined,
  blank: string,
): Promise<string> {
  let body = "";
  const signature = async (kind: ChunkPart["kind"], text: string) =>
    await sign({ kind, sha256: sha256(text) });
  for (const chunk of [...chunks, ""]) {
    const size = chunk.length.toString(16);
    body += `${size};chunk-signature=${await signature("PAYLOAD", chunk)}\r\n${chunk}`;
    if (chunk !== "") body += "\r\n";
  }
  if (trailers) {
    body += trailers.map((line) => `${line}\r\n`).join("") + blank;
    const signed = await signature("TRAILER", trailers.map((line) => `${line}\n`).join(""));
    body += `x-amz-trailer-signature:${signed}\r\n`;
  }
  return `${body}\r\n`;
}

async function read(key: string): Promise<string> {
  return await (await server.call("GET", `/bundles/${key}`)).text();
}

test("a body signed chunk by chunk is stored without its frames", async () => {
  const chunks = ["a".repeat(65_536), "b".repeat(8192), "end"];
  assert.equal(await put("chunks", chunks), "200 ");
  assert.equal(await read("chunks"), chunks.join(""));
  const head = await server.call("HEAD", "/bundles/chunks");
  assert.equal(head.headers.get("content-encoding"), null, "the framing is no encoding");
  assert.equal(await put("empty", []), "200 ");
  assert.equal(await read("empty"), "");
});

test("signed trailers are verified, with and without the empty line of AWS's example", async () => {
  for (const blank of ["", "\r\n"]) {
    assert.equal(await put("trailers", ["12345", "6789"], { trailers: [CRC], blank }), "200 ");
    assert.equal(await read("trailers"), "123456789");
  }
  const read2 = await server.call("HEAD", "/bundles/trailers", {
    headers: { "x-amz-checksum-mode": "ENABLED" },
  });
  assert.equal(read2.headers.get("x-amz-checksum-crc32"), "y/Q5Jg==");
});

const damages: [what: string, damage: Damage, expected: string][] = [
  [
    "a byte of the first chunk",
    (body) => body.replace("12345", "12346"),
    "403 SignatureDoesNotMatch",
  ],
  ["a byte of the last chunk", (body) => body.replace("6789", "6780"), "403 SignatureDoesNotMatch"],
  ["the order of chunks", swapped, "403 SignatureDoesNotMatch"],
  ["a chunk left out", (body) => body.replace(/4;.*\r\n6789\r\n/, ""), "403 SignatureDoesNotMatch"],
  ["the end left out", (body) => body.replace(/0;[^]*/, ""), "400 IncompleteBody"],
  [
    "the signatures left out",
    (body) => body.replaceAll(/;chunk-signature=\w+/g, ""),
    "403 SignatureDoesNotMatch",
  ],
  ["a trailer", (body) => body.replace("y/Q5Jg==", "AAAAAA=="), "403 SignatureDoesNotMatch"],
  [
    "the trailer's signature",
    (body) => body.replace(/(trailer-signature:).*/, "$1abc"),
    "403 SignatureDoesNotMatch",
  ],
  [
    "the trailer's signature left out",
    (body) => body.replace(/x-amz-trailer-signature.*\r\n/, ""),
    "400 IncompleteBody",
  ],
  ["bytes after the end", (body) => `${body}more`, "400 InvalidRequest"],
];
for (const [what, damage, expected] of damages) {
  test(`a signed body that changes on its way leaves nothing behind: ${what}`, async () => {
    const files = await server.files();
    const answer = await put("damaged", ["12345", "6789"], { trailers: [CRC], damage });
    assert.equal(answer, expected);
    assert.deepEqual(await server.files(), files);
    assert.match(await read("damaged"), /NoSuchKey|NoSuchBucket/);
  });
}

function swapped(body: string): string {
  const [, first = "", second = ""] = /^(5;[^]*?\r\n12345\r\n)(4;[^]*?\r\n6789\r\n)/.exec(body) ??
    [];
  return second + first + body.slice(first.length + second.length);
}

test("the signature of the request covers how its body is signed", async () => {
  const body = Buffer.from("5\r\n12345\r\n0\r\n\r\n");
  const answer = await server.call("PUT", "/bundles/unsigned", {
    headers: { "x-amz-content-sha256": PLAIN, "x-amz-decoded-content-length": "5" },
    body: new Uint8Array(body),
  });
  assert.equal(answer.status, 403);
  assert.match(await answer.text(), /The signature of chunk 1 of the body does not match/);
});
