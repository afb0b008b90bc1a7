/**
 * The agent's memory: an append-only file of JSON lines, each on disk before `append` settles.
 *
 * What a crash tore at the end of the file was never relied on and is cut off; damage anywhere else
 * stops the agent, because guessing could run a script twice. Lines that come while the disk is busy
 * are written together with the next sync.
 * @module
 */
import { type FileHandle, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { JournalRecord, JournalState } from "./journal_record.ts";
import { systemErrorCode } from "./system_error.ts";

/** Bytes; a longer journal is rewritten when the agent starts. */
const REWRITE_ABOVE = 4 * 1024 * 1024;

/** The journal cannot be read or written; `message` names the file, and the line if it is one. */
export class JournalError extends Error {
  override readonly name = "JournalError";
}

interface Waiting {
  record: JournalRecord;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export class Journal {
  readonly state: JournalState;
  readonly #path: string;
  readonly #file: FileHandle;
  /** Bytes of whole lines; a failed write is cut back to here. */
  #size: number;
  /** A write has begun and not ended well. */
  #torn = false;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;

  private constructor(path: string, file: FileHandle, read: { state: JournalState; size: number }) {
    this.#path = path;
    this.#file = file;
    this.state = read.state;
    this.#size = read.size;
  }

  /** Where it lies: the agent's root. */
  get folder(): string {
    return dirname(this.#path);
  }

  /** Opens or makes the journal. Throws JournalError when a line that is not the last is damaged. */
  static async open(path: string): Promise<Journal> {
    const text = await textOf(path);
    let read = replay(path, text);
    if (read.size > REWRITE_ABOVE) {
      await rewrite(path, text.subarray(0, read.size), read.state);
      read = replay(path, await textOf(path));
    }
    const file = await open(path, "a", 0o600);
    await file.truncate(read.size);
    await file.sync();
    await syncFolder(path);
    return new Journal(path, file, read);
  }

  /** Settles when the record is on disk. Throws JournalError; the record then counts as never made. */
  append(record: JournalRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  /** What was told to the server about a finished order, read back from the file. */
  async completionOf(commandId: string) {
    const found = this.state.unreported.get(commandId)?.completed;
    if (found) return found;
    for (const { record } of records(this.#path, await textOf(this.#path))) {
      if (record.kind === "completed" && record.commandId === commandId) return record;
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(batch.map(({ record }) => JSON.stringify(record) + "\n").join(""));
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const error = new JournalError(`cannot write ${this.#path}: ${reason}`, { cause });
        for (const { reject } of batch) reject(error);
        continue;
      }
      for (const { record, resolve } of batch) {
        this.state.apply(record);
        resolve();
      }
    }
    this.#writing = undefined;
  }

  async #write(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    // What an earlier failed write left behind would damage the line that comes after it.
    if (this.#torn) await this.#file.truncate(this.#size);
    this.#torn = true;
    await this.#file.appendFile(bytes);
    await this.#file.datasync();
    this.#torn = false;
    this.#size += bytes.length;
  }
}

/**
 * The records of a journal, without touching it: an agent may be at work on its end. Throws
 * JournalError for damage that is not a torn end.
 */
export async function readJournal(path: string): Promise<Iterable<JournalRecord>> {
  const text = await textOf(path);
  return (function* () {
    for (const { record } of records(path, text)) yield record;
  })();
}

async function textOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return new Uint8Array();
    throw error;
  }
}

function replay(path: string, text: Uint8Array): { state: JournalState; size: number } {
  const state = new JournalState();
  let size = 0;
  for (const { record, end } of records(path, text)) {
    state.apply(record);
    size = end;
  }
  return { state, size };
}

/** The records up to a torn end. Throws JournalError when a sound line follows a damaged one. */
function* records(
  path: string,
  bytes: Uint8Array,
): Generator<{ record: JournalRecord; end: number }> {
  const decoder = new TextDecoder();
  let damaged: { line: number; why: string } | undefined;
  let start = 0;
  for (let line = 1; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    if (newline === -1) return;
    const parsed = parseLine(decoder.decode(bytes.subarray(start, newline)));
    start = newline + 1;
    if (parsed.record && damaged) {
      throw new JournalError(`${path}, line ${damaged.line}, is damaged: ${damaged.why}`);
    }
    if (parsed.record) yield { record: parsed.record, end: start };
    else damaged ??= { line, why: parsed.why };
  }
}

type ParsedLine = { record: JournalRecord } | { record?: undefined; why: string };

function parseLine(text: string): ParsedLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
  const parsed = JournalRecord.safeParse(value);
  return parsed.success ? { record: parsed.data } : { why: parsed.error.message };
}

/** Leaves out what nobody asks for again: the events of reported orders, and orders long forgotten. */
async function rewrite(path: string, text: Uint8Array, state: JournalState): Promise<void> {
  const kept: JournalRecord[] = [{ at: Date.now(), kind: "nonce", nonce: state.lastNonce }];
  for (const { record } of records(path, text)) {
    if (record.kind === "nonce") continue;
    const end = record.kind === "completed" || record.kind === "reported";
    const { commandId } = record;
    if (state.unreported.has(commandId) || (end && state.reported.has(commandId))) {
      kept.push(record);
    }
  }
  const draft = `${path}.new`;
  const file = await open(draft, "w", 0o600);
  try {
    await file.writeFile(kept.map((record) => JSON.stringify(record) + "\n").join(""));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(path);
}

/** A new name of a file survives a power loss only when its folder is on disk as well. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
