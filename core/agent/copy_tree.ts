/**
 * Copies a folder that serves as a bundle. It gets the rules of an archive: symbolic links are copied
 * as links and may not lead out, and nothing but files, folders and links is taken, so that what works
 * here also works once it is pushed.
 * @module
 */
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readlink,
  symlink,
  utimes,
} from "node:fs/promises";
import { join, relative } from "node:path";
import { ArchiveRefused } from "./archive/archive_error.ts";
import { refuseTarget } from "./archive/entry_path.ts";

export interface TreeCopy {
  from: string;
  /** Must not exist yet. */
  to: string;
  /** Absolute paths that are left out, with all below them. */
  except: readonly string[];
  signal?: AbortSignal;
}

/** Copies; answers files and links, and the bytes of the files. Throws ArchiveRefused. */
export async function copyTree(copy: TreeCopy): Promise<{ files: number; bytes: number }> {
  const copied = { files: 0, bytes: 0 };
  await copyFolder(copy.from, copy.to, 0);
  return copied;

  /** `depth` is how many folders lie between the bundle's root and this one. */
  async function copyFolder(from: string, to: string, depth: number): Promise<void> {
    copy.signal?.throwIfAborted();
    await mkdir(to, { recursive: depth === 0 });
    for (const name of await readdir(from)) {
      const source = join(from, name);
      if (!copy.except.includes(source)) await copyEntry(source, join(to, name), depth);
    }
    const { mode } = await lstat(from);
    // Its owner must be able to fill it, and the next clean-up to empty it.
    await chmod(to, (mode & 0o777) | 0o700);
  }

  async function copyEntry(source: string, target: string, depth: number): Promise<void> {
    const found = await lstat(source);
    if (found.isDirectory()) return await copyFolder(source, target, depth + 1);
    const entry = relative(copy.from, source);
    if (found.isSymbolicLink()) {
      const text = await readlink(source);
      refuseTarget(entry, text, depth);
      await symlink(text, target);
    } else if (found.isFile()) {
      await copyFile(source, target);
      await chmod(target, found.mode & 0o7777);
      await utimes(target, found.atime, found.mtime);
      copied.bytes += found.size;
    } else {
      const what = "is neither a file, a folder nor a symbolic link: only these are allowed";
      throw new ArchiveRefused(entry, "special-file", what);
    }
    copied.files++;
  }
}
