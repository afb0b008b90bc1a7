/**
 * Unpacks zip from a file. The central directory is read by yauzl, which leaves names as bytes so
 * that our policy judges them, and what the entries hold by us. Zip keeps no owners.
 * @module
 */
import { closeSync, fstatSync, openSync } from "node:fs";
// @ts-types="npm:@types/yauzl@3.4.0"
import { type Entry, fromRandomAccessReaderPromise, getFileNameLowLevel } from "yauzl";
import { ArchiveBroken, ArchiveRefused, isVerdict, messageOf, quoted } from "./archive_error.ts";
import { BlockReader } from "./block_reader.ts";
import type { ArchiveInput, Unpacked } from "./extract.ts";
import { type AdmittedEntry, ArchivePolicy, type EntryClaim } from "./policy.ts";
import { type Attributes, openUnpackTree, type UnpackTree } from "./unpack_tree.ts";
import { EntryContents, METHOD } from "./zip_contents.ts";
import { dataStart, ZipRegions } from "./zip_layout.ts";

type ZipInput = Pick<ArchiveInput, "destination" | "limits" | "signal">;

/** Bit 11 of an entry's flags: its name is UTF-8. */
const UTF8_NAME = 0x800;
/** The system an entry was made on, in the upper byte of "version made by". */
const MADE_ON = { dos: 0, unix: 3, macos: 19 };
/** File types of a Unix mode. */
const TYPE = { mask: 0o170000, file: 0o100000, directory: 0o040000, symlink: 0o120000 };
const SPECIAL = new Map([
  [0o010000, "a FIFO"],
  [0o020000, "a character device"],
  [0o060000, "a block device"],
  [0o140000, "a socket"],
]);

/** Unpacks a zip file. Throws as `extractArchive` does. */
export async function extractZip(file: string, input: ZipInput): Promise<Unpacked> {
  const { destination, limits, signal } = input;
  const fd = openSync(file, "r");
  try {
    const policy = new ArchivePolicy(limits);
    using tree = openUnpackTree(destination);
    const run = new ZipRun({ fd, policy, tree, signal });
    await run.unpackAll();
    tree.finish();
    return { files: tree.files, bytes: policy.bytes };
  } finally {
    closeSync(fd);
  }
}

interface ZipRunParts {
  fd: number;
  policy: ArchivePolicy;
  tree: UnpackTree;
  signal: AbortSignal | undefined;
}

class ZipRun {
  readonly #fd: number;
  readonly #reader: BlockReader;
  readonly #policy: ArchivePolicy;
  readonly #tree: UnpackTree;
  readonly #signal: AbortSignal | undefined;
  readonly #regions = new ZipRegions();

  constructor({ fd, policy, tree, signal }: ZipRunParts) {
    this.#fd = fd;
    this.#reader = new BlockReader(fd);
    this.#policy = policy;
    this.#tree = tree;
    this.#signal = signal;
  }

  async unpackAll(): Promise<void> {
    try {
      const packed = fstatSync(this.#fd).size;
      const options = { autoClose: false, decodeStrings: false };
      const zip = await fromRandomAccessReaderPromise(this.#reader, packed, options);
      for await (const entry of zip.eachEntry()) {
        this.#signal?.throwIfAborted();
        await this.#unpack(entry, packed);
      }
      this.#regions.refuseOverlaps();
    } catch (error) {
      if (this.#signal?.aborted) throw this.#signal.reason;
      throw this.#sorted(error);
    }
  }

  /** What yauzl and zlib throw is about the archive, unless the system itself failed to read. */
  #sorted(error: unknown): unknown {
    if (isVerdict(error)) return error;
    if (error instanceof Error && "syscall" in error) return error;
    const { latest } = this.#policy;
    const place = latest === "" ? "at its beginning" : `at its entry ${quoted(latest)} or after it`;
    const message = `the bundle is no whole zip archive, ${place}: ${messageOf(error)}`;
    return new ArchiveBroken(message, { cause: error });
  }

  async #unpack(entry: Entry, packed: number): Promise<void> {
    const name = nameOf(entry);
    refuseUnreadable(entry, name);
    const contents = this.#contentsOf(entry, name, packed);
    const admitted = this.#policy.admit(this.#claimOf(entry, name, contents));
    // Packed data may be shared by many entries, so the whole file is weighed, not the entry.
    this.#policy.weigh(packed, this.#policy.bytes);
    await this.#write(admitted, attributesOf(entry, admitted.kind), contents);
  }

  #contentsOf(entry: Entry, name: string, packed: number): EntryContents {
    const start = dataStart(this.#reader, entry, name);
    const end = start + entry.compressedSize;
    if (end > packed) {
      const what = `is damaged: it ends at byte ${end} of ${packed}`;
      throw new ArchiveBroken(`the bundle's entry ${quoted(name)} ${what}`);
    }
    this.#regions.add(name, entry.relativeOffsetOfLocalHeader, end);
    return new EntryContents({ reader: this.#reader, entry, name, start });
  }

  async #write(
    admitted: AdmittedEntry,
    attributes: Attributes,
    contents: EntryContents,
  ): Promise<void> {
    switch (admitted.kind) {
      case "file":
        if (contents.isSmall) {
          return this.#tree.file(admitted, attributes, [contents.whole()]);
        }
        return await contents.stream(
          (chunks) => this.#tree.streamedFile(admitted, attributes, chunks),
          this.#signal,
        );
      case "directory":
        return this.#tree.directory(admitted, attributes);
      case "symlink":
        return this.#tree.symlink(admitted, attributes);
      case "link":
        throw new ArchiveBroken(`zip has no hard links, but ${quoted(admitted.path)} is one`);
    }
  }

  #claimOf(entry: Entry, name: string, contents: EntryContents): EntryClaim {
    const type = unixMode(entry) & TYPE.mask;
    const what = SPECIAL.get(type);
    if (what !== undefined) return { kind: "special", name, what };
    if (type === TYPE.symlink) {
      return { kind: "symlink", name, target: this.#targetOf(entry, name, contents) };
    }
    if (type === TYPE.directory || name.endsWith("/")) return { kind: "directory", name };
    return { kind: "file", name, bytes: entry.uncompressedSize };
  }

  /** A symbolic link's contents are its target. */
  #targetOf(entry: Entry, name: string, contents: EntryContents): string {
    const { pathBytes } = this.#policy.limits;
    if (entry.uncompressedSize > pathBytes || !contents.isSmall) {
      const what = `is a symbolic link with a target of ${entry.uncompressedSize} bytes: ` +
        `at most ${pathBytes} are allowed`;
      throw new ArchiveRefused(name, "path-length", what);
    }
    return contents.whole().toString("utf8");
  }
}

/**
 * The name as text: UTF-8 where it is marked, has Info-ZIP's Unicode field, or was made on Unix, code
 * page 437 otherwise. Some tools for Windows write backslashes for slashes, which `unzip` corrects.
 */
function nameOf(entry: Entry): string {
  const system = entry.versionMadeBy >>> 8;
  const unix = system === MADE_ON.unix || system === MADE_ON.macos;
  const flags = entry.generalPurposeBitFlag | (unix ? UTF8_NAME : 0);
  // "Strict" here means that backslashes come as they are.
  const name = getFileNameLowLevel(flags, entry.fileNameRaw, entry.extraFields, true);
  return system === MADE_ON.dos && !name.includes("/") ? name.replaceAll("\\", "/") : name;
}

function refuseUnreadable(entry: Entry, name: string): void {
  if (entry.isEncrypted()) {
    throw new ArchiveRefused(name, "encrypted", "is encrypted: pack the bundle without a password");
  }
  const method = entry.compressionMethod;
  if (method === METHOD.stored || method === METHOD.deflated) return;
  const what = `is compressed by method ${method}: only "stored" (0) and "deflate" (8) are allowed`;
  throw new ArchiveRefused(name, "compression", what);
}

/** Type and permissions as of Unix; 0 where the entry was made without. */
function unixMode(entry: Entry): number {
  return entry.externalFileAttributes >>> 16;
}

function attributesOf(entry: Entry, kind: AdmittedEntry["kind"]): Attributes {
  const time = entry.getLastModDate().getTime() / 1000;
  return {
    mode: unixMode(entry) || (kind === "directory" ? 0o755 : 0o644),
    mtimeSeconds: Number.isFinite(time) ? time : undefined,
    owner: undefined,
  };
}
