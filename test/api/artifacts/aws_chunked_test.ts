import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { type ChunkSigning, decodeChunked } from "../../../core/api/artifacts/aws_chunked.ts";
import { chunkSigner } from "../../../core/api/chunk_signature.ts";
import { S3Error } from "../../../core/api/artifacts/s3_error.ts";

/** A body cut at the given places. */
async function* cut(body: Buffer, places: readonly number[]): AsyncGenerator<Uint8Array> {
  const sorted = places.map((place) => place % (body.length + 1)).toSorted((a, b) => a - b);
  let from = 0;
  for (const to of [...sorted, body.length]) {
    yield await Promise.resolve(body.subarray(from, to));
    from = to;
  }
}

async function decode(
  body: AsyncIterable<Uint8Array>,
  signing?: ChunkSigning,
): Promise<[string, Map<string, string>]> {
  const trailers = new Map<string, string>();
  const pieces: Uint8Array[] = [];
  for await (const piece of decodeChunked(body, trailers, signing)) {
    pieces.push(Uint8Array.from(piece));
  }
  return [Buffer.concat(pieces).toString("hex"), trailers];
}

/** A written body: its chunks in frames, a trailer a name. */
function frame(chunks: readonly Uint8Array[], trailers: Record<string, string>): Buffer {
  const parts: (Uint8Array | string)[] = [];
  for (const chunk of chunks) {
    parts.push(`${chunk.length.toString(16)};chunk-signature=00\r\n`, chunk, "\r\n");
  }
  parts.push("0\r\n");
  for (const [name, value] of Object.entries(trailers)) parts.push(`${name}:${value}\r\n`);
  parts.push("\r\n");
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

const anyChunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 8 });
const anyCuts = fc.array(fc.nat({ max: 3000 }), { maxLength: 12 });
const anyTrailers = fc.dictionary(
  fc.constantFrom("x-amz-checksum-crc32", "x-amz-checksum-sha256", "x-other"),
  fc.stringMatching(/^[A-Za-z0-9+/=:]{0,44}$/),
);

test("any bytes in any frames, arriving cut at any places, come out as they were", async () => {
  await fc.assert(fc.asyncProperty(anyChunks, anyTrailers, anyCuts, async (chunks, sent, cuts) => {
    const [bytes, trailers] = await decode(cut(frame(chunks, sent), cuts));
    assert.equal(bytes, Buffer.concat(chunks).toString("hex"));
    assert.deepEqual(Object.fromEntries(trailers), { ...sent });
  }));
});

test("a body that ends early is never taken for a whole one", async () => {
  await fc.assert(fc.asyncProperty(anyChunks, anyCuts, fc.nat(), async (chunks, cuts, seed) => {
    const body = frame(chunks, { "x-amz-checksum-crc32": "AAAAAA==" });
    const short = body.subarray(0, seed % (body.length - 1));
    const error = await decode(cut(short, cuts)).then(() => undefined, (error) => error);
    assert.ok(error instanceof S3Error, `${error}`);
    assert.equal(error.code, "IncompleteBody");
  }));
});

const broken: [what: string, body: string, code: string][] = [
  ["no size", "\r\n", "InvalidRequest"],
  ["a size that is no number", "-5\r\nabc", "InvalidRequest"],
  ["a chunk longer than its frame", "2\r\nabc\r\n0\r\n\r\n", "InvalidRequest"],
  ["bytes after the end", "0\r\n\r\nmore", "InvalidRequest"],
  ["a line without end", "0".repeat(5000), "InvalidRequest"],
  ["a trailer without name", "0\r\n:value\r\n\r\n", "MalformedTrailerError"],
  [
    "trailers without end",
    "0\r\n" + [...Array(40)].map((_, n) => `t${n}:v\r\n`).join(""),
    "MalformedTrailerError",
  ],
];
for (const [what, body, code] of broken) {
  test(`a frame is refused: ${what}`, async () => {
    await assert.rejects(decode(cut(Buffer.from(body), [])), { name: "S3Error", code });
  });
}

const CLAIM = {
  kind: "header" as const,
  ...{ accessKeyId: "K", region: "us-east-1", service: "s3", signedAt: Date.UTC(2026, 10, 25) },
  ...{ signedHeaders: ["host"], signature: "00".repeat(32) },
};

/** The chain of signatures, from its beginning. */
function signing() {
  return { sign: chunkSigner(CLAIM, "secret"), trailers: true };
}

async function signedFrames(chunks: readonly Uint8Array[]): Promise<Buffer> {
  const { sign } = signing();
  const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  const parts: (Uint8Array | string)[] = [];
  for (const chunk of [...chunks, new Uint8Array()]) {
    const signature = await sign({ kind: "PAYLOAD", sha256: sha256(chunk) });
    parts.push(`${chunk.length.toString(16)};chunk-signature=${signature}\r\n`, chunk);
    if (chunk.length > 0) parts.push("\r\n");
  }
  const trailer = "x-amz-checksum-crc32:AAAAAA==";
  const signature = await sign({ kind: "TRAILER", sha256: sha256(`${trailer}\n`) });
  parts.push(`${trailer}\r\nx-amz-trailer-signature:${signature}\r\n\r\n`);
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

test("any signed body, arriving cut at any places, comes out as it was", async () => {
  await fc.assert(fc.asyncProperty(anyChunks, anyCuts, async (chunks, cuts) => {
    const body = await signedFrames(chunks);
    const [bytes, trailers] = await decode(cut(body, cuts), signing());
    assert.equal(bytes, Buffer.concat(chunks).toString("hex"));
    assert.equal(trailers.get("x-amz-checksum-crc32"), "AAAAAA==");
  }));
});

test("a signed body of which any one byte is another never gives other bytes", async () => {
  const anyByte = fc.integer({ min: 1, max: 255 });
  await fc.assert(fc.asyncProperty(anyChunks, fc.nat(), anyByte, async (chunks, place, flip) => {
    const body = await signedFrames(chunks);
    const at = place % body.length;
    body[at] = body[at]! ^ flip;
    const sent = Buffer.concat(chunks).toString("hex");
    const found = await decode(cut(body, []), signing())
      .then(([bytes]) => bytes, (error: unknown) => error);
    // A line may end otherwise and a trailer's name be written larger; the bytes stay what they were.
    if (found !== sent) assert.ok(found instanceof S3Error, `${found}`);
  }));
});
