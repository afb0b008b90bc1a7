/**
 * The leading directory of an archive: `tar czf app.tgz app/` and GitHub's archives put everything
 * below one directory, and CodeDeploy's agent takes that level away when an AppSpec lies in it.
 * @module
 */
import type { Dirent } from "node:fs";
import { lstat, mkdtemp, readdir, readlink, rename, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { ArchiveRefused, quoted } from "./archive_error.ts";
import { levelsUp } from "./entry_path.ts";

/**
 * Moves the contents of the only top entry of `dir` up into it, if that entry is a directory holding
 * something whose name matches /appspec/i (CodeDeploy's agent, unpacking). Throws ArchiveRefused if a
 * symbolic link, which stays inside the archive as it is, would then lead out of `dir`.
 */
export async function stripLeadingDirectory(dir: string): Promise<void> {
  const leading = await leadingDirectory(dir);
  if (leading === undefined) return;
  await refuseEscapingLinks(join(dir, leading), leading, 0);
  // Set aside first, over an empty directory: it may hold an entry of its own name.
  const aside = await mkdtemp(join(dir, ".leading-"));
  await rename(join(dir, leading), aside);
  for (const name of await readdir(aside)) await rename(join(aside, name), join(dir, name));
  await rmdir(aside);
}

async function leadingDirectory(dir: string): Promise<string | undefined> {
  const [only, ...others] = await readdir(dir);
  if (only === undefined || others.length > 0) return undefined;
  const path = join(dir, only);
  if (!(await lstat(path)).isDirectory()) return undefined;
  const names = await readdir(path);
  return names.some((name) => /appspec/i.test(name)) ? only : undefined;
}

/** `depth` is how many directories lie between the stripped one and this one. */
async function refuseEscapingLinks(folder: string, name: string, depth: number): Promise<void> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const entryName = `${name}/${entry.name}`;
    if (entry.isDirectory()) await refuseEscapingLinks(path, entryName, depth + 1);
    if (!entry.isSymbolicLink()) continue;
    const target = await readlink(path);
    if (levelsUp(target) <= depth) continue;
    const what = `is a symbolic link to ${quoted(target)}, outside the directory that becomes ` +
      "the bundle's root: only relative targets inside it are allowed";
    throw new ArchiveRefused(entryName, "link-outside", what);
  }
}
