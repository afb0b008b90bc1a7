/**
 * What plugins reach the world with, for real: each call has limits of time and size, and ends when
 * the step it serves is given up.
 * @module
 */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { request } from "./bounded_request.ts";
import type { PluginContext } from "./context.ts";
import type { Places } from "./places.ts";
import { queryFile } from "./database_query.ts";
import { readText, replaceText } from "./plain_file.ts";
import { runProgram } from "./program.ts";
import { exchange } from "./socket_exchange.ts";

export interface ContextInput {
  /** Aborted when the step is given up; its reason is what every call then throws. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A line for the deployment's log. */
  readonly log: (line: string) => void;
  /** Where the files lie that `secret` reads. */
  readonly secretsFolder: string;
  /** Sleeps are divided by it; at least 1. */
  readonly timeLapse: number;
  /** Of a request, an exchange and a program that names none; 10 s and, for a program, 60 s. */
  readonly timeoutMs?: number;
  /** Bounds how much is under way at once, with everybody who shares it; a call waits for its place. */
  readonly atOnce?: AtOnce;
}

export interface AtOnce {
  readonly programs: Places;
  /** Requests and exchanges. */
  readonly connections: Places;
}

export function createPluginContext(input: ContextInput): PluginContext {
  const { signal, now, log, secretsFolder, timeLapse, timeoutMs, atOnce } = input;
  const within = <Answer>(places: Places | undefined, work: () => Promise<Answer>) =>
    places ? places.within(signal, work) : work();
  const limit = timeoutMs === undefined ? {} : { timeoutMs };
  return {
    signal,
    now,
    log,
    sleep: (ms) => sleep(ms / timeLapse, signal),
    fetch: (url, init = {}) =>
      within(atOnce?.connections, () => request(url, { ...limit, ...init }, signal)),
    exchange: (address, text, own) =>
      within(
        atOnce?.connections,
        () => exchange(address, text, signal, own?.timeoutMs ?? timeoutMs),
      ),
    run: (command, options = {}) =>
      within(atOnce?.programs, () => runProgram(command, { ...limit, ...options }, signal)),
    readFile: readText,
    replaceFile: replaceText,
    secret: (name) => readSecret(secretsFolder, name),
    // Once begun, a query of the driver cannot be given up; but nothing begins for a dead step.
    query: (path, sql) =>
      new Promise((resolve) => {
        signal.throwIfAborted();
        resolve(queryFile(path, sql));
      }),
  };
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

const SECRET_NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/;
const SECRET_LINE = /^[\x20-\x7e]+$/;

/** Read anew each time, so that a secret may be changed while the server runs. */
async function readSecret(folder: string, name: string): Promise<string> {
  if (!SECRET_NAME.test(name)) {
    throw new Error(`"${name}" is no name of a secret: letters, digits, ".", "_" and "-"`);
  }
  const file = join(folder, name);
  const text = await readText(file);
  if (text === undefined) {
    throw new Error(`there is no secret ${name}; write it, in one line, to ${file}`);
  }
  if (SECRET_LINE.test(text.trim())) return text.trim();
  throw new Error(`the secret ${name} must be one line of printable ASCII characters: ${file}`);
}
