/**
 * Takes the `aws-chunked` framing off a body: chunks of `size[;extensions] CRLF bytes CRLF`, a chunk
 * of size 0, then trailers such as the checksum of what was sent (S3 API reference, "Signature
 * calculations: transferring payload in multiple chunks, trailing headers"). The body may arrive cut
 * at any byte; nothing is held but the line being read. Where chunks are signed, the bytes of one are
 * handed on as they come and its signature is compared after the last of them: whoever takes them
 * must keep nothing when this throws.
 * @module
 */
import { createHash } from "node:crypto";
import type { ChunkSigner } from "../chunk_signature.ts";
import { S3Error } from "./s3_error.ts";

/** Longest line of a frame or trailer, in bytes; a real one has less than 200. */
const LINE_LIMIT_BYTES = 4096;
const TRAILERS_LIMIT = 32;

const CHUNK = /^([0-9a-fA-F]{1,12})(?:;(.*))?$/;
const CHUNK_SIGNATURE = /^chunk-signature=([0-9a-f]{64})$/;
const TRAILER_SIGNATURE = "x-amz-trailer-signature";
const LF = 0x0a;

/** How the chunks are signed; `trailers` says whether the lines after them are, too. */
export interface ChunkSigning {
  sign: ChunkSigner;
  trailers: boolean;
}

/**
 * The bytes inside the frames, as they come. `trailers` (names in lower case) is filled when the
 * last byte has been taken. Throws IncompleteBody when the body ends inside a frame, and
 * SignatureDoesNotMatch for a chunk that was not signed like this.
 */
export async function* decodeChunked(
  body: AsyncIterable<Uint8Array>,
  trailers: Map<string, string>,
  signing?: ChunkSigning,
): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(body);
  try {
    for (let number = 1;; number++) {
      const { size, signature } = readFrame(await reader.line());
      const sha256 = createHash("sha256");
      for await (const bytes of reader.take(size)) {
        if (signing) sha256.update(bytes);
        yield bytes;
      }
      if (signing) {
        const expected = await signing.sign({ kind: "PAYLOAD", sha256: sha256.digest("hex") });
        if (signature !== expected) throw wrongSignature(`chunk ${number} of the body`);
      }
      if (size === 0) break;
      if (await reader.line() !== "") {
        throw new S3Error("InvalidRequest", "A chunk of the body is longer than its frame says.");
      }
    }
    await readTrailers(reader, trailers, signing);
    await reader.end();
  } finally {
    await reader.close();
  }
}

/** The lines after the last chunk, up to an empty one, or to their signature where they have one. */
async function readTrailers(
  reader: ByteReader,
  trailers: Map<string, string>,
  signing: ChunkSigning | undefined,
): Promise<void> {
  const signed = createHash("sha256");
  for (;;) {
    const line = await reader.line();
    if (line === "") {
      // AWS's own example has an empty line between the trailers and their signature.
      if (signing?.trailers && trailers.size > 0 && !trailers.has(TRAILER_SIGNATURE)) continue;
      break;
    }
    const name = addTrailer(trailers, line);
    if (name !== TRAILER_SIGNATURE) signed.update(`${name}:${trailers.get(name)}\n`);
  }
  if (!signing?.trailers) return;
  const expected = await signing.sign({ kind: "TRAILER", sha256: signed.digest("hex") });
  if (trailers.get(TRAILER_SIGNATURE) !== expected) throw wrongSignature("the body's trailers");
}

function wrongSignature(what: string): S3Error {
  return new S3Error(
    "SignatureDoesNotMatch",
    `The signature of ${what} does not match; nothing was stored. Send the request again.`,
  );
}

function readFrame(line: string): { size: number; signature: string | undefined } {
  const [, digits, extension = ""] = CHUNK.exec(line) ?? [];
  if (digits === undefined) {
    throw new S3Error(
      "InvalidRequest",
      `The body is not aws-chunked: ${JSON.stringify(line.slice(0, 40))} stands where the ` +
        "hexadecimal size of a chunk is expected.",
    );
  }
  return { size: parseInt(digits, 16), signature: CHUNK_SIGNATURE.exec(extension)?.[1] };
}

/** Answers its name. */
function addTrailer(trailers: Map<string, string>, line: string): string {
  const colon = line.indexOf(":");
  if (colon < 1 || trailers.size >= TRAILERS_LIMIT) {
    throw new S3Error("MalformedTrailerError", "The body's trailers are not `name:value` lines.");
  }
  const name = line.slice(0, colon).trim().toLowerCase();
  trailers.set(name, line.slice(colon + 1).trim());
  return name;
}

/** Lines and runs of bytes from a stream of pieces. */
class ByteReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array();

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#pieces = body[Symbol.asyncIterator]();
  }

  /** Makes sure that a byte is at hand; false at the end of the body. */
  async #fill(): Promise<boolean> {
    while (this.#piece.length === 0) {
      const next = await this.#pieces.next();
      if (next.done) return false;
      this.#piece = next.value;
    }
    return true;
  }

  async #need(): Promise<void> {
    if (await this.#fill()) return;
    throw new S3Error("IncompleteBody", "The body ended before its last chunk; send it again.");
  }

  /** The next line without its end (CRLF, or a bare LF as some clients end trailers). */
  async line(): Promise<string> {
    let line = "";
    for (;;) {
      await this.#need();
      const at = this.#piece.indexOf(LF);
      const part = at < 0 ? this.#piece : this.#piece.subarray(0, at);
      if (line.length + part.length > LINE_LIMIT_BYTES) {
        throw new S3Error("InvalidRequest", "A frame of the aws-chunked body has no line end.");
      }
      line += String.fromCharCode(...part);
      this.#piece = this.#piece.subarray(at < 0 ? this.#piece.length : at + 1);
      if (at >= 0) return line.endsWith("\r") ? line.slice(0, -1) : line;
    }
  }

  /** The next `size` bytes in the pieces they came in. */
  async *take(size: number): AsyncGenerator<Uint8Array> {
    let left = size;
    while (left > 0) {
      await this.#need();
      const part = this.#piece.subarray(0, left);
      this.#piece = this.#piece.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  /** Reads to the end; nothing but line ends may follow the trailers. */
  async end(): Promise<void> {
    while (await this.#fill()) {
      if (this.#piece.some((byte) => byte !== LF && byte !== 0x0d)) {
        throw new S3Error("InvalidRequest", "Bytes follow the last chunk of the body.");
      }
      this.#piece = new Uint8Array();
    }
  }

  /** Lets go of the body, read to its end or not. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
