/**
 * The list of what an Install makes, `<group id>-cleanup` (spec 5.4 step 5). A path is in the list
 * before it is on the disk: whenever the agent is killed, the next Install knows all that there may
 * be. While an Install is under way the list names what the last one made as well, old paths first;
 * at its end a list of the new paths alone takes its place, at once.
 * @module
 */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { isMissing } from "../system_error.ts";
import type { Writer } from "./writer.ts";

/** Lines written together: the text of all would double what a large Install holds in memory. */
const CHUNK = 1024;

export class CleanupList {
  readonly #path: string;
  readonly #writer: Writer;
  /** What the last Install left, "" without a list. A last line that a crash tore is left out. */
  readonly text: string;
  readonly exists: boolean;
  #isTorn: boolean;

  constructor(path: string, writer: Writer) {
    this.#path = path;
    this.#writer = writer;
    const text = readText(path);
    this.exists = text !== undefined;
    this.text = (text ?? "").slice(0, (text ?? "").lastIndexOf("\n") + 1);
    this.#isTorn = this.text !== (text ?? "");
  }

  /** Adds lines behind the old ones; on disk, also after a power failure, when it answers. */
  add(lines: readonly string[]): void {
    if (this.#isTorn) this.#writer.truncate(this.#path, new TextEncoder().encode(this.text).length);
    this.#isTorn = false;
    if (lines.length === 0) this.#writer.append(this.#path, ""); // so that there is a list
    for (const text of chunks(lines)) this.#writer.append(this.#path, text);
    this.#writer.syncFile(this.#path);
  }

  /** Puts these lines in the place of all. */
  replace(lines: readonly string[]): void {
    const draft = `${this.#path}.new`;
    this.#writer.write(draft, "");
    for (const text of chunks(lines)) this.#writer.append(draft, text);
    this.#writer.syncFile(draft);
    this.#writer.rename(draft, this.#path);
    this.#writer.syncFolder(dirname(this.#path));
  }

  delete(): void {
    this.#writer.unlink(this.#path);
    this.#writer.syncFolder(dirname(this.#path));
  }
}

function* chunks(lines: readonly string[]): Generator<string> {
  for (let begin = 0; begin < lines.length; begin += CHUNK) {
    yield `${lines.slice(begin, begin + CHUNK).join("\n")}\n`;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
