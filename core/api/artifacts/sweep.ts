/** Takes away what a crash or a lost client has left. @module */
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { referencedContent } from "../../store/objects.ts";
import type { Store } from "../../store/store.ts";
import { deleteUpload, uploadIds, uploadsBefore } from "../../store/uploads.ts";

/** An upload that was not completed for so long has lost its client; in milliseconds. */
const UPLOAD_LIFE_MS = 7 * 24 * 3600 * 1000;

/**
 * Removes bodies that never became objects, uploads begun more than seven days ago, parts of uploads
 * that have ended, and content no row speaks of. `directory` is that of `artifactStore`. Only for
 * the start: no request may be served meanwhile.
 */
export async function sweepIncoming(
  deps: { store: Store; directory: string; now(): number },
): Promise<void> {
  const { store, directory, now } = deps;
  await rm(join(directory, "incoming"), { recursive: true, force: true });
  await sweepUploads(store, now());
  const uploads = join(directory, "uploads");
  const underWay = uploadIds(store.read);
  for (const name of await namesIn(uploads)) {
    if (!underWay.has(name)) await rm(join(uploads, name), { recursive: true, force: true });
  }
  const referenced = referencedContent(store.read);
  for (const shelf of await namesIn(directory)) {
    if (!/^[0-9a-f]{2}$/.test(shelf)) continue;
    for (const name of await namesIn(join(directory, shelf))) {
      const ours = /^[0-9a-f]{64}$/.test(name);
      if (ours && !referenced.has(name)) await rm(join(directory, shelf, name), { force: true });
    }
  }
}

/** Ends uploads that have lost their clients; answers the ids of those, whose parts may go. */
export async function sweepUploads(store: Store, now: number): Promise<string[]> {
  const lost = uploadsBefore(store.read, now - UPLOAD_LIFE_MS).map(({ uploadId }) => uploadId);
  for (const uploadId of lost) await store.commit((tx) => deleteUpload(tx, uploadId));
  return lost;
}

async function namesIn(directory: string): Promise<string[]> {
  return existsSync(directory) ? await readdir(directory) : [];
}
