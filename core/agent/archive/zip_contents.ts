/**
 * The data of a zip entry, compared with the size and checksum that the directory states: yauzl would
 * check the size alone. Small entries go without a stream of their own.
 * @module
 */
import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32, createInflateRaw, inflateRawSync } from "node:zlib";
// @ts-types="npm:@types/yauzl@3.4.0"
import type { Entry } from "yauzl";
import { ArchiveBroken, quoted } from "./archive_error.ts";
import type { BlockReader } from "./block_reader.ts";

/** Compression methods that are read. */
export const METHOD = { stored: 0, deflated: 8 };
/** Files whose packed and unpacked size are no larger are read and written in one go. */
const SMALL_FILE = 256 * 1024;

interface EntryParts {
  reader: BlockReader;
  entry: Entry;
  name: string;
  /** Where the packed data begins in the file. */
  start: number;
}

/** The data of one entry, compared with the size and checksum that the directory states. */
export class EntryContents {
  readonly #reader: BlockReader;
  readonly #entry: Entry;
  readonly #name: string;
  readonly #start: number;

  constructor({ reader, entry, name, start }: EntryParts) {
    this.#reader = reader;
    this.#entry = entry;
    this.#name = name;
    this.#start = start;
  }

  get isSmall(): boolean {
    const { compressedSize, uncompressedSize } = this.#entry;
    return compressedSize <= SMALL_FILE && uncompressedSize <= SMALL_FILE;
  }

  whole(): Buffer {
    const { compressedSize, uncompressedSize, compressionMethod } = this.#entry;
    const packed = Buffer.allocUnsafe(compressedSize);
    this.#reader.fill(packed, this.#start);
    // One byte more than is due, so that too many show.
    const unpacked = compressionMethod === METHOD.stored
      ? packed
      : inflateRawSync(packed, { maxOutputLength: uncompressedSize + 1 });
    this.#compare(unpacked.length, crc32(unpacked));
    return unpacked;
  }

  /** Hands the data to `use`, chunk by chunk. */
  async stream(
    use: (chunks: AsyncIterable<Buffer>) => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { compressedSize, compressionMethod } = this.#entry;
    if (compressedSize === 0) throw this.#broken("it has no data");
    const source = Readable.from(this.#packed());
    const options = signal ? { signal } : {};
    // A pipeline reports its own end by an abort rather than by what its last function threw.
    let failure: { error: unknown } | undefined;
    const last = async (chunks: AsyncIterable<Buffer>) => {
      try {
        await use(this.#checked(chunks));
      } catch (error) {
        failure = { error };
        throw error;
      }
    };
    const packed = compressionMethod === METHOD.stored
      ? pipeline(source, last, options)
      : pipeline(source, createInflateRaw({ chunkSize: SMALL_FILE }), last, options);
    await packed.catch((error: unknown) => {
      throw failure ? failure.error : error;
    });
  }

  /** Not a file stream: one that fails closes the archive's descriptor, which is not its own. */
  *#packed(): Generator<Buffer> {
    const end = this.#start + this.#entry.compressedSize;
    for (let at = this.#start; at < end; at += SMALL_FILE) {
      const chunk = Buffer.allocUnsafe(Math.min(SMALL_FILE, end - at));
      this.#reader.fill(chunk, at);
      yield chunk;
    }
  }

  async *#checked(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let bytes = 0;
    let checksum = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > this.#entry.uncompressedSize) this.#compare(bytes, checksum);
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
    this.#compare(bytes, checksum);
  }

  #compare(bytes: number, checksum: number): void {
    const { uncompressedSize, crc32: expected } = this.#entry;
    if (bytes !== uncompressedSize) {
      throw this.#broken(`it unpacks to ${bytes} bytes or more, ${uncompressedSize} were stated`);
    }
    if (checksum !== expected) throw this.#broken("its checksum (CRC-32) does not match");
  }

  #broken(why: string): ArchiveBroken {
    return new ArchiveBroken(`the bundle's entry ${quoted(this.#name)} is damaged: ${why}`);
  }
}
