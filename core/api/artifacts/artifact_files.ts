/**
 * Files of the artifact store, below one directory:
 *
 *     incoming/<random>                   a body that is still arriving
 *     uploads/<upload>/<number>-<md5>     parts of a multipart upload
 *     <first two hex>/<sha256>            content, named by what it is
 *
 * A file is complete and on disk before it gets its name, and has its name before a row speaks of
 * it. A crash in between leaves at most a file nobody speaks of, which `sweepIncoming` takes away.
 * @module
 */
import { rmSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { artifactFile } from "../../store/objects.ts";
import type { UploadPart } from "../../store/uploads.ts";

export class ArtifactFiles {
  readonly #directory: string;
  readonly #isReferenced: (sha256: string) => boolean;
  /** Content that has its name but not yet its row, and by how many requests. */
  readonly #placing = new Map<string, number>();

  constructor(directory: string, isReferenced: (sha256: string) => boolean) {
    this.#directory = directory;
    this.#isReferenced = isReferenced;
  }

  /** Makes room for a body that is arriving; `name` is one nobody else uses. */
  async incoming(name: string): Promise<string> {
    const directory = join(this.#directory, "incoming");
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return join(directory, name);
  }

  content(sha256: string): string {
    return artifactFile(this.#directory, sha256);
  }

  part(part: Pick<UploadPart, "uploadId" | "partNumber" | "etag">): string {
    const directory = join(this.#directory, "uploads", part.uploadId);
    return join(directory, `${part.partNumber}-${part.etag}`);
  }

  /**
   * Gives a complete file its name by content, then runs `commit`, which writes the row that speaks
   * of it. When that fails the file goes again, unless another object has the same content.
   */
  async place<T>(file: string, sha256: string, commit: () => Promise<T>): Promise<T> {
    this.#placing.set(sha256, (this.#placing.get(sha256) ?? 0) + 1);
    let placed = false;
    try {
      await moveDurably(file, this.content(sha256));
      const value = await commit();
      placed = true;
      return value;
    } finally {
      const others = (this.#placing.get(sha256) ?? 1) - 1;
      if (others > 0) this.#placing.set(sha256, others);
      else this.#placing.delete(sha256);
      if (!placed) {
        rmSync(file, { force: true });
        this.removeUnreferenced(sha256);
      }
    }
  }

  /**
   * Removes content that no row speaks of. All in one turn of the event loop, so that no request can
   * begin to place the same content between the question and the removal.
   */
  removeUnreferenced(sha256: string): void {
    if (this.#placing.has(sha256) || this.#isReferenced(sha256)) return;
    rmSync(this.content(sha256), { force: true });
  }

  /** Removes all parts of an upload that has ended. */
  async removeUpload(uploadId: string): Promise<void> {
    await rm(join(this.#directory, "uploads", uploadId), { recursive: true, force: true });
  }
}

/** Renames a file that has been synced, and syncs the directories that changed by it. */
export async function moveDurably(from: string, to: string): Promise<void> {
  const directory = dirname(to);
  const made = await mkdir(directory, { recursive: true, mode: 0o700 });
  await rename(from, to);
  await syncDirectory(directory);
  if (made !== undefined) await syncDirectory(dirname(directory));
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
