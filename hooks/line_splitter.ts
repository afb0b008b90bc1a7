/**
 * Lines out of the chunks of a pipe.
 * @module
 */
import type { Buffer } from "node:buffer";
import { StringDecoder } from "node:string_decoder";

/** A line longer than this many characters is cut into pieces, so that no output fills the memory. */
export const LINE_LIMIT = 64 * 1024;

/** Decodes UTF-8 across chunks and hands on each line without its break. */
export class LineSplitter {
  readonly #decoder = new StringDecoder("utf8");
  readonly #onLine: (line: string) => void;
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  write(chunk: Buffer): void {
    this.#take(this.#decoder.write(chunk));
  }

  /** Hands on what came without a line break at its end; safe to call twice. */
  end(): void {
    this.#take(this.#decoder.end());
    if (this.#rest !== "") this.#onLine(this.#rest);
    this.#rest = "";
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = this.#pieces(lines.pop() ?? "");
    for (const line of lines) this.#onLine(this.#pieces(line));
  }

  /** Hands on full pieces of an over-long line and answers what is left of it. */
  #pieces(line: string): string {
    let rest = line;
    while (rest.length > LINE_LIMIT) {
      this.#onLine(rest.slice(0, LINE_LIMIT));
      rest = rest.slice(LINE_LIMIT);
    }
    return rest;
  }
}
