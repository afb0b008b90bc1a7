/** A program that a plugin runs: without a shell, in a process group of its own. @module */
import { Buffer } from "node:buffer";
import type { Readable } from "node:stream";
import { constants } from "node:os";
import process from "node:process";
import { endGroup } from "../platform/process_group.ts";
import { type PipedProcess, spawnPiped } from "../platform/spawn_piped.ts";
import type { ProgramEnd, RunOptions } from "./context.ts";

const OUTPUT_BYTES_MAX = 64 * 1024;
/** Programs work, and so may take longer than an answer. */
const TIMEOUT_MS = 60_000;
/** What a program has left in the background may hold its output; nobody waits for that. */
const OUTPUT_WAIT_MS = 500;

/** What of the server's environment a program sees: no key or password is among it. */
const ENVIRONMENT = /^(PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TZ|LANG|LANGUAGE|LC_[A-Z]+)$/;

/** Throws when the program cannot be started, its time is over or the step is given up. */
export async function runProgram(
  command: readonly string[],
  { input, env, timeoutMs = TIMEOUT_MS }: RunOptions,
  step: AbortSignal,
): Promise<ProgramEnd> {
  step.throwIfAborted();
  const piped = start(command, input !== undefined, env ?? {});
  const { child } = piped;
  // A program that has ended or does not read its input closes it; its exit code tells.
  child.stdin?.on("error", () => undefined).end(input);
  const output = [beginningOf(piped.stdout), beginningOf(piped.stderr)] as const;
  const exit = exitOf(piped, command);
  const timer = AbortSignal.timeout(timeoutMs);
  const givenUp = aborted(AbortSignal.any([step, timer]));
  try {
    const code = await Promise.race([exit, givenUp.promise]);
    if (code === undefined) {
      if (child.pid !== undefined) await endGroup(child.pid);
      step.throwIfAborted();
      throw new Error(`${command.join(" ")} had not ended after ${timeoutMs / 1000} s`);
    }
    await Promise.race([Promise.all(output.map(({ ended }) => ended)), pause(OUTPUT_WAIT_MS)]);
    const [stdout, stderr] = output.map(({ text }) => text());
    return { code, stdout: stdout ?? "", stderr: stderr ?? "" };
  } finally {
    givenUp.forget();
    piped.stdout.destroy();
    piped.stderr.destroy();
    // A program that was not started has no handle to let go of.
    if (child.pid !== undefined) child.unref();
  }
}

function start(
  command: readonly string[],
  hasInput: boolean,
  env: Readonly<Record<string, string>>,
): PipedProcess {
  const [program, ...words] = command;
  if (program === undefined) throw new Error("there is no program to run in an empty command");
  const kept = Object.entries(process.env).filter(([name]) => ENVIRONMENT.test(name));
  const options = { detached: true, env: { ...Object.fromEntries(kept), ...env } };
  try {
    return spawnPiped(program, words, { ...options, ...(hasInput && { input: "pipe" as const }) });
  } catch (cause) {
    throw notStarted(command, cause);
  }
}

function exitOf({ child }: PipedProcess, command: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on("error", (cause) => reject(notStarted(command, cause)));
    child.on("exit", (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

function notStarted(command: readonly string[], cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${command[0]} cannot be started: ${why}`, { cause });
}

/** Reads on to the end, so that the program is not held up, and keeps the beginning. */
function beginningOf(stream: Readable) {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const ended = new Promise<void>((resolve) => {
    stream.on("data", (chunk: Uint8Array) => {
      if (size < OUTPUT_BYTES_MAX) chunks.push(chunk.subarray(0, OUTPUT_BYTES_MAX - size));
      size += chunk.length;
    }).on("end", resolve).on("close", resolve).on("error", () => resolve());
  });
  return { ended, text: () => Buffer.concat(chunks).toString("utf8") };
}

function aborted(signal: AbortSignal) {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const listen = () => resolve(undefined);
  if (signal.aborted) listen();
  signal.addEventListener("abort", listen);
  return { promise, forget: () => signal.removeEventListener("abort", listen) };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
