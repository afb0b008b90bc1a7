/**
 * Appends events to a file, one JSON line each. The file is opened for every line, so that whatever
 * rotates it may move it away at any time; the line is one write in append mode, so that no other
 * writer's comes into it, and is on disk before the event counts as delivered.
 * @module
 */
import { constants } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";

/** `path` is relative and was checked by `EventReceiver`; below `folder` it goes, nowhere else. */
export async function appendEvent(folder: string, path: string, line: string): Promise<void> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // A link in the file's place could lead out of the folder.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
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
