/**
 * The last output of a lifecycle event's scripts, as it is reported when one fails (spec 4.4).
 *
 * Whole entries at the end that together stay below 2048 characters. In CodeDeploy's agents a single
 * longer entry empties the log; here its last part is kept, because the line that says why a script
 * failed is often the longest one.
 * @module
 */

/** The log stays below this many characters. */
export const LOG_TAIL_LIMIT = 2048;

export class LogTail {
  readonly #entries: string[] = [];
  #length = 0;

  /** Adds an entry, its line break included, and drops the oldest ones that no longer fit. */
  append(entry: string): void {
    const fitting = entry.length < LOG_TAIL_LIMIT ? entry : lastPart(entry);
    this.#entries.push(fitting);
    this.#length += fitting.length;
    while (this.#length >= LOG_TAIL_LIMIT) this.#length -= this.#entries.shift()?.length ?? 0;
  }

  get text(): string {
    return this.#entries.join("");
  }
}

/** The end of an entry, not beginning in the middle of a character of two code units. */
function lastPart(entry: string): string {
  return entry.slice(-(LOG_TAIL_LIMIT - 1)).replace(/^[\uDC00-\uDFFF]/, "");
}
