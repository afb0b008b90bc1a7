/**
 * One process of a script: its output by lines, its end, and its deadline (spec 4.3).
 *
 * The deadline covers the exit and the closing of standard output and error: a child left in the
 * background that holds one of them is a failure of its own once the time is over (trap 15), though
 * the child itself is left alone.
 * @module
 */
import process from "node:process";
import { type PipedProcess, spawnPiped } from "../core/platform/spawn_piped.ts";
import { LineSplitter } from "./line_splitter.ts";
import { endGroup } from "../core/platform/process_group.ts";
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
  /** Undefined keeps this process's own. */
  readonly ids?: { readonly uid: number; readonly gid: number } | undefined;
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
  const piped = start(input);
  if (piped instanceof Error) return { kind: "notStarted", error: piped };
  const { pid } = piped.child;
  const run = follow(piped, input.onLine);
  if (pid !== undefined) input.onSpawn?.({ pid });
  const first = await firstOf(run.closed, input);
  if (typeof first !== "string") return first;
  if (first === "timedOut" && run.exited !== undefined) {
    run.release();
    return run.openStream ? { kind: "leftOpen", stream: run.openStream } : run.exited;
  }
  if (pid !== undefined) await endGroup(pid);
  // A process that even KILL cannot end at once (it waits for a disk) must not hold the event up.
  await firstOf(run.closed, { timeoutSeconds: 1 });
  run.release();
  return { kind: first };
}

function start({ command, environment, ids }: ProcessInput): PipedProcess | Error {
  const [program, ...words] = command;
  const options = { detached: true, env: { ...process.env, ...environment }, ...ids };
  try {
    return spawnPiped(program, words, options);
  } catch (error) {
    // A script without a first line `#!…` is one for the shell, as when a shell starts it.
    if (error instanceof Error && "code" in error && error.code === "ENOEXEC") {
      return spawnPiped("/bin/sh", [program, ...words], options);
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

function follow({ child, stdout, stderr }: PipedProcess, onLine: ProcessInput["onLine"]): Run {
  const { promise: closed, resolve } = Promise.withResolvers<Outcome>();
  const outputs = { stdout, stderr };
  const open = new Map<OutputStream, LineSplitter>();
  let exited: Outcome | undefined;
  const look = (): void => {
    if (exited && open.size === 0) resolve(exited);
  };
  for (const name of ["stdout", "stderr"] satisfies OutputStream[]) {
    const splitter = new LineSplitter((line) => onLine(name, line));
    const end = (): void => {
      splitter.end();
      open.delete(name);
      look();
    };
    open.set(name, splitter);
    // A pipe that cannot be read any more has nothing to say either.
    outputs[name].on("data", (chunk) => splitter.write(chunk)).on("end", end).on("error", end);
  }
  child.on("error", (error) => resolve({ kind: "notStarted", error }));
  child.on("exit", (code, signal) => {
    exited = ending(code, signal);
    look();
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
      for (const [name, splitter] of open) {
        outputs[name].destroy();
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
