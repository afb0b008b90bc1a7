/**
 * Appends events to a file, one JSON line each. The file is opened for every line, so that whatever
 * rotates it may move it away at any time; the line is one write in append mode, so that no other
 * writer's comes into it, and is on disk before the event counts as delivered.
 * @module
 */
import { constants } from "node:fs";
import { lstat, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { DeliveryFailure } from "./destination.ts";

/** `path` is relative and was checked by `EventReceiver`; below `folder` it goes, nowhere else. */
export async function appendEvent(folder: string, path: string, line: string): Promise<void> {
  const file = join(folder, path);
  await makeFolders(folder, path.split("/").slice(0, -1));
  // A link in the file's place could lead out of the folder, a pipe would wait for its reader.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT |
    constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(file, flags, 0o640);
  try {
    const { size } = await handle.stat();
    // A write that broke off halfway left a line without its end; the next one begins a new line.
    const start = size > 0 && !(await endsLine(file, size)) ? "\n" : "";
    await handle.appendFile(`${start}${line}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes what is missing of `names` below each other. A link among them could lead out of the folder. */
async function makeFolders(folder: string, names: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let at = folder;
  for (const name of names) {
    at = join(at, name);
    const there = await lstat(at).catch(absent);
    if (!there) await mkdir(at, { recursive: true, mode: 0o700 });
    else if (!there.isDirectory()) throw new DeliveryFailure(`${at} is not a folder`);
  }
}

function absent(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
  throw error;
}

async function endsLine(file: string, size: number): Promise<boolean> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const last = new Uint8Array(1);
    await handle.read(last, 0, 1, size - 1);
    return last[0] === 0x0a;
  } finally {
    await handle.close();
  }
}
