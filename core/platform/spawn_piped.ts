/**
 * A process whose standard output and error are pipes, and its input as well when it gets one.
 *
 * Node's `"pipe"` is a pipe under Deno, but a pair of sockets under Bun, and a socket cannot be
 * opened by a name: `echo … > /dev/stderr`, common in scripts, would fail with ENXIO. Under Bun the
 * pipes are therefore made here.
 * @module
 */
import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { closeSync } from "node:fs";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { openLibc } from "./libc.ts";

export interface PipedProcess {
  readonly child: ChildProcess;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

export interface PipedOptions extends Omit<SpawnOptions, "stdio"> {
  /** "pipe": what is written to the child's `stdin`; otherwise there is nothing to read. */
  readonly input?: "pipe";
}

/** As `spawn`. Throws what `spawn` throws. */
export function spawnPiped(
  program: string,
  words: readonly string[],
  { input, ...options }: PipedOptions,
): PipedProcess {
  const stdin = input ?? "ignore";
  if (typeof Bun !== "undefined") {
    const pipes = [makePipe(), makePipe()] as const;
    const [out, err] = pipes;
    if (out && err) return spawnWith([out, err], stdin, [program, words], options);
    for (const pipe of pipes) if (pipe) closeBoth(pipe);
  }
  const child = spawn(program, words, { ...options, stdio: [stdin, "pipe", "pipe"] });
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error(`${program} was started without pipes`);
  return { child, stdout, stderr };
}

interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

function spawnWith(
  [out, err]: readonly [Pipe, Pipe],
  stdin: "pipe" | "ignore",
  [program, words]: readonly [program: string, words: readonly string[]],
  options: SpawnOptions,
): PipedProcess {
  try {
    const stdio: SpawnOptions["stdio"] = [stdin, out.writeEnd, err.writeEnd];
    const child = spawn(program, words, { ...options, stdio });
    return { child, stdout: readableOf(out), stderr: readableOf(err) };
  } catch (error) {
    for (const { readEnd } of [out, err]) closeSync(readEnd);
    throw error;
  } finally {
    // The process has its own; as long as these are open, its end cannot be seen.
    for (const { writeEnd } of [out, err]) closeSync(writeEnd);
  }
}

/** `Bun.file` waits for a pipe by epoll; the streams of `node:fs` would hold a thread for each. */
function readableOf({ readEnd }: Pipe): Readable {
  const stream = Bun.file(readEnd).stream() as unknown as ReadableStream; // because Bun types its streams apart from node's
  return Readable.fromWeb(stream).once("close", () => closeSync(readEnd));
}

function closeBoth({ readEnd, writeEnd }: Pipe): void {
  closeSync(readEnd);
  closeSync(writeEnd);
}

const O_CLOEXEC = 0o2000000;
let libc: ReturnType<typeof openPipes>;

function openPipes() {
  return openLibc({ pipe2: ["buffer", "i32"] });
}

/** Undefined when the C library cannot be called, or there are no more files to be had. */
function makePipe(): Pipe | undefined {
  libc ??= openPipes();
  const ends = new Int32Array(2);
  if (libc?.pipe2(new Uint8Array(ends.buffer), O_CLOEXEC) !== 0) return undefined;
  const [readEnd, writeEnd] = ends;
  if (readEnd === undefined || writeEnd === undefined) return undefined;
  return { readEnd, writeEnd };
}
