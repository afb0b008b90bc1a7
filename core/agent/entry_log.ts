/**
 * Log files of script output that people and log shippers read (spec 4.4).
 *
 * Entries are gathered and written when the process has a moment, so that a script that prints a
 * hundred thousand lines does not cost as many file operations. A file at its size limit becomes
 * `.1`, that one `.2`, and so on.
 * @module
 */
import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { isMissing } from "./system_error.ts";

export interface RotationRule {
  readonly maxBytes: number;
  /** The file itself and its older ones together; at least 1. */
  readonly files: number;
}

/** As CodeDeploy's agent rotates its deployments log. */
export const DEPLOYMENTS_LOG_ROTATION: RotationRule = { maxBytes: 64 * 1024 * 1024, files: 8 };

export class EntryLog {
  readonly #path: string;
  readonly #rule: RotationRule;
  #waiting: string[] = [];
  #scheduled: ReturnType<typeof setImmediate> | undefined;
  #failure: Error | undefined;

  /** Makes the file's folder. Throws the system's error when it cannot. */
  constructor(path: string, rule: RotationRule) {
    this.#path = path;
    this.#rule = rule;
    mkdirSync(dirname(path), { recursive: true });
  }

  /** Adds an entry, its line break included. */
  write(entry: string): void {
    if (this.#failure) return;
    this.#waiting.push(entry);
    this.#scheduled ??= setImmediate(() => this.#flush());
  }

  /** Writes what waits. The first error there was, for the caller to report: a log is no deployment. */
  close(): Error | undefined {
    if (this.#scheduled !== undefined) clearImmediate(this.#scheduled);
    this.#flush();
    return this.#failure;
  }

  #flush(): void {
    this.#scheduled = undefined;
    const text = this.#waiting.join("");
    this.#waiting = [];
    if (text === "") return;
    try {
      if (sizeOf(this.#path) >= this.#rule.maxBytes) this.#rotate();
      appendFileSync(this.#path, text);
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  #rotate(): void {
    for (let number = this.#rule.files - 1; number > 0; number--) {
      const from = number === 1 ? this.#path : `${this.#path}.${number - 1}`;
      try {
        renameSync(from, `${this.#path}.${number}`);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
  }
}

/** `YYYY-MM-DD HH:MM:SS` in the host's time zone. */
export function localTime(at: Date): string {
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  return `${date} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":")}`;
}

/** `YYYY-MM-DD HH:MM:SS.mmm` in the host's time zone. */
export function localTimeMs(at: Date): string {
  return `${localTime(at)}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}
