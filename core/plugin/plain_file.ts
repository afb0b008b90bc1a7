/**
 * Files that plugins read and replace. A pipe or a device is refused, as reading it could wait for
 * ever, and so is a link in the place of a file to be replaced.
 * @module
 */
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, readlink, rename, rm } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";

const FILE_BYTES_MAX = 8 * 1024 * 1024;
/** Of a file that was not there before. */
const NEW_FILE_MODE = 0o644;

/** UTF-8; undefined when there is no such file, or it was one of a process that has ended. */
export async function readText(path: string): Promise<string | undefined> {
  mustBeAbsolute(path);
  try {
    return await textOf(path);
  } catch (error) {
    // ESRCH: the process of a file below /proc has ended, before or after it was opened.
    if (hasCode(error, "ENOENT") || hasCode(error, "ESRCH")) return undefined;
    throw error;
  }
}

async function textOf(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error(`${path} is not a file`);
    return await beginningOf(file, path);
  } finally {
    await file.close();
  }
}

/** Files of the kernel say that they have no bytes, so what comes is counted. */
async function beginningOf(file: FileHandle, path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for (let size = 0; size <= FILE_BYTES_MAX;) {
    const { bytesRead, buffer } = await file.read(new Uint8Array(65_536));
    if (bytesRead === 0) return Buffer.concat(chunks).toString("utf8");
    chunks.push(buffer.subarray(0, bytesRead));
    size += bytesRead;
  }
  throw new Error(`${path} is longer than ${FILE_BYTES_MAX / 1024 / 1024} MiB`);
}

/** On disk, whole, when it settles; what goes wrong leaves the old file as it is. */
export async function replaceText(path: string, text: string): Promise<void> {
  mustBeAbsolute(path);
  const old = await plainFile(path);
  // The dot and the ending keep it from programs that read a folder by `*.conf`.
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.new`);
  // "x": whatever has this name already is not followed.
  const file = await open(beside, "wx", 0o600);
  try {
    try {
      await file.writeFile(text);
      if (old) await keepOwner(file, old, path);
      await file.chmod(old ? old.mode & 0o7777 : NEW_FILE_MODE);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

async function plainFile(path: string): Promise<Stats | undefined> {
  const found = await lstat(path).catch((error) => {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  });
  if (found?.isSymbolicLink()) {
    throw new Error(`${path} is a link to ${await readlink(path)}; name the file itself`);
  }
  if (found && !found.isFile()) throw new Error(`${path} is not a file`);
  return found;
}

async function keepOwner(file: FileHandle, { uid, gid }: Stats, path: string): Promise<void> {
  const now = await file.stat();
  if (now.uid === uid && now.gid === gid) return;
  try {
    await file.chown(uid, gid);
  } catch (cause) {
    throw new Error(
      `${path} belongs to user ${uid} and group ${gid}, and this server may not make a file of ` +
        `theirs; give it the server's own user and group`,
      { cause },
    );
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function mustBeAbsolute(path: string): void {
  if (!isAbsolute(path)) throw new Error(`${path} must be a whole path, from / on`);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
