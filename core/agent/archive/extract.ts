/**
 * Unpacks a bundle from disk, in this process: no `tar` or `unzip` need be installed, and every entry
 * is judged before it is written (policy.ts).
 * @module
 */
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import type { ExtractionLimits } from "./policy.ts";
import { compressionOf, extractTarStream } from "./tar.ts";
import { extractZip } from "./zip.ts";

export interface ArchiveInput {
  /** The bundle on disk. */
  file: string;
  bundleType: "tar" | "tgz" | "zip";
  /** A new or empty directory; made if absent. After a failure it is half filled: remove it. */
  destination: string;
  /** Other than DEFAULT_LIMITS. */
  limits?: Partial<ExtractionLimits>;
  signal?: AbortSignal;
}

/** What was unpacked: files and links (directories not counted), and the bytes of the files. */
export interface Unpacked {
  files: number;
  bytes: number;
}

/** Bytes read at once. */
const READ = 256 * 1024;

/**
 * Unpacks a bundle. Throws ArchiveRefused, ArchiveBroken, UnpackFailed, an abort's reason, or the
 * error of reading the file.
 */
export async function extractArchive(
  { file, bundleType, ...input }: ArchiveInput,
): Promise<Unpacked> {
  if (bundleType === "zip") return await extractZip(file, input);
  const compression = compressionOf(bundleType, firstByteOf(file));
  const source = createReadStream(file, { highWaterMark: READ });
  return await extractTarStream(source, { ...input, compression });
}

/** Undefined for an empty file. */
function firstByteOf(file: string): number | undefined {
  const fd = openSync(file, "r");
  try {
    const bytes = new Uint8Array(1);
    return readSync(fd, bytes) === 1 ? bytes[0] : undefined;
  } finally {
    closeSync(fd);
  }
}
