/**
 * One process of a script: its output by lines, its end, and its deadline (spec 4.3).
 *
 * The deadline covers the exit and the closing of standard output and error: a child left in the
 * background that holds one of them is a failure of its own once the time is over (trap 15), though
 * the child itself is left alone.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import type { Readable } from "node:stream";
import { LineSplitter } from "./line_splitter.ts";
import { endGroup } from "./process_group.ts";
import type { Command } from "./script_command.ts";

export type OutputStream = "stdout" | "stderr";

/** The leader of a script's process group: its pid is the group's number. */
export interface ProcessGroup {
  readonly pid: number;
}

export type Outcome =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "killed"; readonly signal: string }
  | { readonly kind: "timedOut" }
  | { readonly kind: "leftOpen"; readonly stream: OutputStream }
  | { readonly kind: "aborted" }
  | { readonly kind: "notStarted"; readonly error: Error };

export interface ProcessInput {
  readonly command: Command;
  /** Added to this process's own. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly onLine: (stream: OutputStream, text: string) => void;
  readonly onSpawn?: ((group: ProcessGroup) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The longest delay a timer takes; a longer timeout (over 24 days) is as good as none. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** Runs the command in a process group of its own, without input, to its end or its deadline. */
export async function runProcess(input: ProcessInput): Promise<Outcome> {
  if (input.signal?.aborted) return { kind: "aborted" };
  const child = start(input.command, input.environment);
  if (child instanceof Error) return { kind: "notStarted", error: child };
  const run = follow(child, input.onLine);
  if (child.pid !== undefined) {
    input.onSpawn?.({ pid: child.pid });
  }
  const first = await firstOf(run.closed, input);
  if (typeof first !== "string") return first;
  if (first === "timedOut" && run.exited !== undefined) {
    run.release();
    return run.openStream ? { kind: "leftOpen", stream: run.openStream } : run.exited;
  }
  if (child.pid !== undefined) await endGroup(child.pid);
  // A process that even KILL cannot end at once (it waits for a disk) must not hold the event up.
  await firstOf(run.closed, { timeoutSeconds: 1 });
  run.release();
  return { kind: first };
}

function start(command: Command, environment: Readonly<Record<string, string>>) {
  const [program, ...words] = command;
  const options = {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"] satisfies ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  };
  try {
    return spawn(program, words, options);
  } catch (error) {
    // A script without a first line `#!…` is one for the shell, as when a shell starts it.
    if (error instanceof Error && "code" in error && error.code === "ENOEXEC") {
      return spawn("/bin/sh", [program, ...words], options);
    }
    return error instanceof Error ? error : new Error(String(error));
  }
}

interface Run {
  /** The outcome, once the process has ended and both streams are closed. */
  readonly closed: Promise<Outcome>;
  /** How the process ended, as soon as it has. */
  readonly exited: Outcome | undefined;
  readonly openStream: OutputStream | undefined;
  /** Hands on the last lines and lets go of the process and its streams. */
  release(): void;
}

function follow(
  child: ChildProcess & { stdout: Readable; stderr: Readable },
  onLine: ProcessInput["onLine"],
): Run {
  const open = new Map<OutputStream, LineSplitter>();
  for (const stream of ["stdout", "stderr"] satisfies OutputStream[]) {
    const splitter = new LineSplitter((line) => onLine(stream, line));
    open.set(stream, splitter);
    child[stream].on("data", (chunk) => splitter.write(chunk));
    child[stream].on("end", () => {
      splitter.end();
      open.delete(stream);
    });
  }
  let exited: Outcome | undefined;
  child.on("exit", (code, signal) => exited = ending(code, signal));
  const closed = new Promise<Outcome>((resolve) => {
    child.on("error", (error) => resolve({ kind: "notStarted", error }));
    child.on("close", (code, signal) => resolve(exited ?? ending(code, signal)));
  });
  return {
    closed,
    get exited() {
      return exited;
    },
    get openStream() {
      return [...open.keys()][0];
    },
    release() {
      for (const [stream, splitter] of open) {
        child[stream].destroy();
        splitter.end();
      }
      child.unref();
    },
  };
}

function ending(code: number | null, signal: string | null): Outcome {
  return code === null ? { kind: "killed", signal: signal ?? "" } : { kind: "exited", code };
}

/** The outcome, or what came before it: the deadline or the wish of the caller to end. */
async function firstOf(
  closed: Promise<Outcome>,
  { timeoutSeconds, signal }: Pick<ProcessInput, "timeoutSeconds" | "signal">,
): Promise<Outcome | "timedOut" | "aborted"> {
  const ended = Promise.withResolvers<"timedOut" | "aborted">();
  const delay = Math.min(timeoutSeconds * 1000, LONGEST_DELAY_MS);
  const timer = setTimeout(() => ended.resolve("timedOut"), delay);
  const abort = (): void => ended.resolve("aborted");
  signal?.addEventListener("abort", abort);
  try {
    return await Promise.race([closed, ended.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
