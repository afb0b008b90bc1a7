/**
 * What an archive's entry may be. A bundle comes from whoever may push one and is unpacked by an
 * agent that is mostly root, so every entry is judged before anything of it is written: it lies below
 * the unpack directory, below real directories only, is a file, a directory or a link that stays
 * inside, and replaces nothing but a file by a file. Decides by name and size alone; touches no disk.
 * @module
 */
import { ArchiveRefused, quoted } from "./archive_error.ts";
import { refuseTarget, segmentsOf } from "./entry_path.ts";

/** How much an archive may unpack to. */
export interface ExtractionLimits {
  /** Contents of all files together, in bytes. */
  bytes: number;
  /** Entries, and the directories that they imply. Each costs about 150 bytes of memory. */
  entries: number;
  /** Unpacked bytes for one packed byte, counted over the archive so far. */
  ratio: number;
  /** Unpacked bytes up to which any ratio is good. */
  ratioFromBytes: number;
  /** An entry's whole path, and a link's target, in bytes of UTF-8. */
  pathBytes: number;
  /** One name between two slashes, in bytes of UTF-8. */
  segmentBytes: number;
  /** Names in a path. */
  depth: number;
}

/** Far above real bundles, and low enough that a hostile one ends before the host does. */
export const DEFAULT_LIMITS: Readonly<ExtractionLimits> = {
  bytes: 16 * 1024 ** 3,
  entries: 1_000_000,
  ratio: 1_000,
  ratioFromBytes: 64 * 1024 ** 2,
  pathBytes: 4_096, // PATH_MAX of Linux
  segmentBytes: 255, // NAME_MAX of its file systems
  depth: 128,
};

/** An entry as the archive states it. */
export type EntryClaim =
  | { kind: "file"; name: string; bytes: number }
  | { kind: "directory"; name: string }
  | { kind: "symlink"; name: string; target: string }
  | { kind: "link"; name: string; target: string }
  | { kind: "special"; name: string; what: string };

/**
 * An entry that may be written: `path` below the unpack directory ("" is the directory itself) and
 * the directories to be made for it, outermost first.
 */
export type AdmittedEntry =
  & { path: string; parents: readonly string[] }
  & (
    | { kind: "file"; already: "absent" | "file" }
    | { kind: "directory"; already: "absent" | "directory" }
    | { kind: "symlink"; already: "absent" | "symlink"; target: string }
    | { kind: "link"; from: string }
  );

type Known = { kind: "file" | "directory" } | { kind: "symlink"; target: string };

const FILE: Known = { kind: "file" };
const DIRECTORY: Known = { kind: "directory" };
const ALLOWED_KINDS = "only files, directories, symbolic and hard links are allowed";

/** Judges the entries of one archive in their order, remembering what came before. */
export class ArchivePolicy {
  readonly limits: Readonly<ExtractionLimits>;
  readonly #known = new Map<string, Known>([["", DIRECTORY]]);
  #bytes = 0;
  #entries = 0;
  #latest = "";

  constructor(limits: Partial<ExtractionLimits> = {}) {
    this.limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** Contents of the admitted files, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The name of the entry judged last, for a failure that comes without one. */
  get latest(): string {
    return this.#latest;
  }

  /** What to write for an entry. Throws ArchiveRefused. */
  admit(claim: EntryClaim): AdmittedEntry {
    this.#latest = claim.name;
    this.#count(claim.name);
    const segments = segmentsOf(claim.name, this.limits);
    if (claim.kind === "special") {
      throw new ArchiveRefused(claim.name, "special-file", `is ${claim.what}: ${ALLOWED_KINDS}`);
    }
    const path = segments.join("/");
    if (path === "" && claim.kind !== "directory") {
      const what = "names the bundle's root itself: only a directory may be called that";
      throw new ArchiveRefused(claim.name, "name", what);
    }
    const parents = path === "" ? [] : this.#missingParents(claim.name, segments);
    const entry = this.#judge(claim, path, parents, segments.length - 1);
    for (const parent of parents) {
      this.#count(claim.name);
      this.#known.set(parent, DIRECTORY);
    }
    this.#known.set(path, this.#remembered(entry));
    return entry;
  }

  /** Refuses a bomb: `unpacked` bytes that came out of `packed` bytes so far. */
  weigh(packed: number, unpacked: number): void {
    const { ratio, ratioFromBytes } = this.limits;
    if (unpacked <= ratioFromBytes || unpacked <= packed * ratio) return;
    const what = `unpacks to ${unpacked} bytes out of ${packed}: at most ${ratio} for one are ` +
      `allowed once ${ratioFromBytes} are exceeded`;
    throw new ArchiveRefused(this.#latest, "ratio", what);
  }

  #judge(
    claim: Exclude<EntryClaim, { kind: "special" }>,
    path: string,
    parents: readonly string[],
    folderDepth: number,
  ): AdmittedEntry {
    const known = this.#known.get(path);
    switch (claim.kind) {
      case "file":
        if (known && known.kind !== "file") throw replaces(claim.name, known, "a file");
        this.#addBytes(claim.name, claim.bytes);
        return { kind: "file", path, parents, already: known ? "file" : "absent" };
      case "directory":
        if (known && known.kind !== "directory") throw replaces(claim.name, known, "a directory");
        return { kind: "directory", path, parents, already: known ? "directory" : "absent" };
      case "symlink": {
        const { name, target } = claim;
        const same = known?.kind === "symlink" && known.target === target;
        if (known && !same) throw replaces(name, known, "a symbolic link");
        refuseTarget(name, target, folderDepth);
        return { kind: "symlink", path, parents, target, already: same ? "symlink" : "absent" };
      }
      case "link":
        if (known) throw replaces(claim.name, known, "a hard link");
        return { kind: "link", path, parents, from: this.#linkedFile(claim.name, claim.target) };
    }
  }

  /** The path of the earlier file that a hard link names. */
  #linkedFile(name: string, target: string): string {
    const path = this.#targetPath(name, target);
    const known = this.#known.get(path);
    if (known?.kind === "file") return path;
    const found = known ? noun(known) : "which no earlier entry made";
    const what = `is a hard link to ${quoted(target)}, ${found}: ` +
      "only links to an earlier file of the bundle are allowed";
    throw new ArchiveRefused(name, known ? "link-target" : "link-missing", what);
  }

  /** A hard link's target is spelled, and judged, like an entry's name. */
  #targetPath(name: string, target: string): string {
    try {
      return segmentsOf(target, this.limits).join("/");
    } catch (error) {
      if (!(error instanceof ArchiveRefused)) throw error;
      const reason = error.reason === "absolute-path" ? "link-absolute" : "link-outside";
      const what = `is a hard link to ${quoted(target)}: ` +
        "only links to an earlier file of the bundle are allowed";
      throw new ArchiveRefused(name, reason, what);
    }
  }

  /** The directories above an entry that are not there yet; each that is must be a real one. */
  #missingParents(name: string, segments: readonly string[]): string[] {
    const missing: string[] = [];
    for (let depth = segments.length - 1; depth > 0; depth--) {
      const parent = segments.slice(0, depth).join("/");
      const known = this.#known.get(parent);
      // What lies above a known directory was looked at when that one was made.
      if (known?.kind === "directory") break;
      if (known) throw notADirectory(name, parent, known);
      missing.unshift(parent);
    }
    return missing;
  }

  #remembered(entry: AdmittedEntry): Known {
    if (entry.kind === "symlink") return { kind: "symlink", target: entry.target };
    return entry.kind === "directory" ? DIRECTORY : FILE;
  }

  #count(name: string): void {
    this.#entries++;
    if (this.#entries <= this.limits.entries) return;
    const what = `is one too many: at most ${this.limits.entries} entries are allowed`;
    throw new ArchiveRefused(name, "too-many-entries", what);
  }

  #addBytes(name: string, bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.limits.bytes) return;
    const what = `brings the bundle to ${this.#bytes} unpacked bytes: ` +
      `at most ${this.limits.bytes} are allowed`;
    throw new ArchiveRefused(name, "too-many-bytes", what);
  }
}

function noun(known: Known): string {
  return known.kind === "symlink" ? "a symbolic link" : `a ${known.kind}`;
}

function replaces(name: string, known: Known, by: string): ArchiveRefused {
  const what = `would replace ${noun(known)} of the bundle by ${by}: ` +
    "an entry may come twice only as a file, a directory or the very same symbolic link";
  return new ArchiveRefused(name, "replaces", what);
}

function notADirectory(name: string, parent: string, known: Known): ArchiveRefused {
  const reason = known.kind === "symlink" ? "through-link" : "not-a-directory";
  const what = `lies below ${quoted(parent)}, ${noun(known)} of the bundle: ` +
    "entries may lie below real directories only";
  return new ArchiveRefused(name, reason, what);
}
