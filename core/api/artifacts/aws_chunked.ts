/**
 * Takes the `aws-chunked` framing off a body: chunks of `size[;extensions] CRLF bytes CRLF`, a chunk
 * of size 0, then trailers such as the checksum of what was sent (S3 API reference, "Signature
 * calculations: transferring payload in multiple chunks, trailing headers"). The body may arrive cut
 * at any byte; nothing is held but the line being read.
 * @module
 */
import { S3Error } from "./s3_error.ts";

/** Longest line of a frame or trailer, in bytes; a real one has less than 200. */
const LINE_LIMIT_BYTES = 4096;
const TRAILERS_LIMIT = 32;

const CHUNK = /^([0-9a-fA-F]{1,12})(?:;.*)?$/;
const LF = 0x0a;

/**
 * The bytes inside the frames, as they come. `trailers` (names in lower case) is filled when the
 * last byte has been taken. Throws IncompleteBody when the body ends inside a frame.
 */
export async function* decodeChunked(
  body: AsyncIterable<Uint8Array>,
  trailers: Map<string, string>,
): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(body);
  try {
    for (;;) {
      const size = chunkSize(await reader.line());
      if (size === 0) break;
      yield* reader.take(size);
      const end = await reader.line();
      if (end !== "") {
        throw new S3Error("InvalidRequest", "A chunk of the body is longer than its frame says.");
      }
    }
    for (;;) {
      const line = await reader.line();
      if (line === "") break;
      addTrailer(trailers, line);
    }
    await reader.end();
  } finally {
    await reader.close();
  }
}

function chunkSize(line: string): number {
  const digits = CHUNK.exec(line)?.[1];
  if (digits === undefined) {
    throw new S3Error(
      "InvalidRequest",
      `The body is not aws-chunked: ${JSON.stringify(line.slice(0, 40))} stands where the ` +
        "hexadecimal size of a chunk is expected.",
    );
  }
  return parseInt(digits, 16);
}

function addTrailer(trailers: Map<string, string>, line: string): void {
  const colon = line.indexOf(":");
  if (colon < 1 || trailers.size >= TRAILERS_LIMIT) {
    throw new S3Error("MalformedTrailerError", "The body's trailers are not `name:value` lines.");
  }
  trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
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
