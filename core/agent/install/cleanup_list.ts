/**
 * The list of what an Install makes, as it is written (spec 5.4 step 5). A path is in the list before
 * it is on the disk: whenever the agent is killed, the next Install knows all that there may be.
 * @module
 */
import { closeSync, fdatasyncSync, fsyncSync, openSync, writeSync } from "node:fs";
import { Buffer } from "node:buffer";

export class CleanupList {
  readonly #file: number;
  #isFirst = true;

  /** Begins an empty list. */
  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  /** Appends lines; when it answers, they are in the file. */
  append(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#file, bytes, written);
    // Once, so that the list exists after a power failure; a sync a batch would cost more than copying.
    if (this.#isFirst) fdatasyncSync(this.#file);
    this.#isFirst = false;
  }

  close(): void {
    fsyncSync(this.#file);
    closeSync(this.#file);
  }
}
