/**
 * Unpacks a tar bundle while it is still coming. What is wrong with the archive is kept until the
 * bundle is known to be the one that was ordered: of another one its hash is the better news.
 * @module
 */
import { PassThrough } from "node:stream";
import type { Unpacked } from "./archive/extract.ts";
import { compressionOf, extractTarStream } from "./archive/tar.ts";
import type { BundleReader } from "./received_bundle.ts";
import { removeTree } from "./remove_tree.ts";

/** Bytes that may have come and not been unpacked, before the download waits. */
const AHEAD = 1024 * 1024;

export interface UnpackAlongInput {
  bundleType: "tar" | "tgz";
  /** Does not exist yet; exists no longer when unpacking has failed or was abandoned. */
  destination: string;
  signal: AbortSignal;
}

type Outcome = { unpacked: Unpacked } | { error: unknown };

export class UnpackAlong implements BundleReader {
  readonly #input: UnpackAlongInput;
  #feed = newFeed();
  /** Unpacking begins with the first byte, which shows how the bundle is packed. */
  #outcome: Promise<Outcome> | undefined;

  constructor(input: UnpackAlongInput) {
    this.#input = input;
  }

  /** After unpacking has failed chunks are let pass, so that the rest can be hashed. */
  async take(chunk: Uint8Array): Promise<void> {
    const feed = this.#feed;
    this.#outcome ??= this.#unpack(feed, chunk[0]);
    if (feed.destroyed || feed.write(chunk)) return;
    await new Promise<void>((resolve) => {
      const goOn = () => {
        feed.off("drain", goOn);
        feed.off("close", goOn);
        resolve();
      };
      feed.on("drain", goOn);
      feed.on("close", goOn);
    });
  }

  async restart(): Promise<void> {
    await this.abandon();
    this.#feed = newFeed();
    this.#outcome = undefined;
  }

  /** The bundle is whole: unpacks the rest of it. Throws what `extractTarStream` throws. */
  async finish(): Promise<Unpacked> {
    const outcome = this.#outcome ?? this.#unpack(this.#feed, undefined);
    this.#feed.end();
    const ended = await outcome;
    if ("error" in ended) throw ended.error;
    return ended.unpacked;
  }

  /** Stops and removes what was unpacked. May be called in every state. */
  async abandon(): Promise<void> {
    this.#feed.destroy();
    await this.#outcome;
    await this.#remove();
  }

  async #unpack(feed: PassThrough, firstByte: number | undefined): Promise<Outcome> {
    const { bundleType, destination, signal } = this.#input;
    const compression = compressionOf(bundleType, firstByte);
    try {
      return { unpacked: await extractTarStream(feed, { compression, destination, signal }) };
    } catch (error) {
      // A disk that is full has room again for the rest of the bundle. If this fails, so does the
      // removal at the end of the download, which tells.
      await this.#remove().catch(() => undefined);
      return { error };
    }
  }

  async #remove(): Promise<void> {
    await removeTree(this.#input.destination);
  }
}

function newFeed(): PassThrough {
  const feed = new PassThrough({ highWaterMark: AHEAD });
  // Unpacking reports its end itself, and may end the stream while nobody writes to it.
  feed.on("error", () => feed.destroy());
  return feed;
}
