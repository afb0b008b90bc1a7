/**
 * Everything of the process that a verb may touch: its streams, environment, clock and Ctrl-C. Taken
 * as a value, so that a test runs a whole command in its own process.
 * @module
 */
import process from "node:process";
import { text } from "node:stream/consumers";

/** A stream to write text to; a terminal says how large it is. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface Io {
  stdout: Output;
  stderr: Output;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Waits; rejects with the signal's reason when it is aborted first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Calls the listener at the first Ctrl-C from now on; answers how to stop listening. */
  onInterrupt(listener: () => void): () => void;
  /** Asks on stderr and reads one line of stdin; undefined when stdin has ended. */
  ask(question: Question): Promise<string | undefined>;
  /** Reads stdin to its end. */
  readAll(): Promise<string>;
}

export interface Question {
  text: string;
  /** A secret is not shown while it is typed. */
  secret?: true;
}

/** The real process. */
export function processIo(): Io {
  process.stdout.on("error", endOnClosedPipe);
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    now: Date.now,
    sleep,
    onInterrupt(listener) {
      process.once("SIGINT", listener);
      return () => process.removeListener("SIGINT", listener);
    },
    async ask(question) {
      const { readAnswer } = await import("./prompt.ts");
      return await readAnswer(question);
    },
    readAll: () => text(process.stdin),
  };
}

/** `runtime logs … | head` closes the pipe early; that is the reader's wish, not a failure. */
function endOnClosedPipe(error: Error): void {
  if ("code" in error && error.code === "EPIPE") process.exit(0);
  throw error;
}

/** A timer that an abort clears. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    function abort() {
      clearTimeout(timer);
      reject(signal?.reason);
    }
    signal?.addEventListener("abort", abort, { once: true });
  });
}
