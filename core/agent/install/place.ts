/**
 * Puts files, links and directories where an Install wants them.
 *
 * A new path is made at its place. One that is there already (of the last Install, adopted or to be
 * overwritten) stays when its content is right, and only gets what a fresh copy would have: mode,
 * owner and time. Otherwise the new file is made under another name and renamed over the old one, so
 * that nobody ever reads half of it, or writes through a link that somebody put there. Only where the
 * directory takes no new name from an agent that is not root is the old file written into.
 * @module
 */
import type { Buffer } from "node:buffer";
import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { fileModeMask } from "../file_mode_mask.ts";
import { isMissing, systemErrorCode } from "../system_error.ts";
import type { Changes } from "./changes.ts";
import type { Instruction } from "./instruction.ts";
import { holds, readSmall, sameContent } from "./same_content.ts";
import type { Writer } from "./writer.ts";

export interface PlaceTools {
  readonly writer: Writer;
  readonly changes: Changes;
  /** A new file has this name until it takes the place of an old one in its directory. */
  readonly draftName: string;
  /** Puts a path into the cleanup list. */
  readonly record: (path: string) => void;
  /** What an earlier Install may have given access lists or labels; undefined when not known. */
  readonly labelled: ReadonlySet<string> | undefined;
  /** When the last Install ended, in milliseconds; what changed later was touched by others. */
  readonly lastInstall: number;
}

type Put<K extends Instruction["kind"]> = Extract<Instruction, { kind: K }>;
interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Milliseconds; times that differ by less are the same, read and written through a float. */
const TIME_GRAIN = 0.01;
const SPECIAL_BITS = 0o6000;
const SETGID = 0o2000;

export class Placer {
  /** Files and links that stayed as they were. */
  unchanged = 0;
  readonly #tools: PlaceTools;
  readonly #userId = process.geteuid?.() ?? 0;
  readonly #groupId = process.getegid?.() ?? 0;
  readonly #directoryMode = 0o777 & ~fileModeMask();
  /** The directory asked for last, and the group that what is made in it gets, if it says so. */
  #parent: { path: string; group: number | undefined } = { path: "", group: undefined };
  /** Real paths of the first `#counted` instructions, filled when two paths turn out to be one. */
  readonly #copied = new Set<string>();
  #counted = 0;

  constructor(tools: PlaceTools) {
    this.#tools = tools;
  }

  mkdir({ path, there }: Put<"mkdir">): void {
    const { writer, changes } = this.#tools;
    if (there) return this.#renewDirectory(path);
    try {
      writer.mkdir(path);
      changes.name(path);
    } catch (error) {
      // Two destinations may be one directory, reached through a link of the host.
      if (systemErrorCode(error) !== "EEXIST" || !lstatSync(path).isDirectory()) throw error;
    }
  }

  /** `earlier` is what this Install has done before, in order. */
  copy({ source, path, there }: Put<"copy">, earlier: () => readonly Instruction[]): void {
    const wanted = lstatSync(source);
    // Read once, compared and written: for small files that costs half of what copying does.
    const content = readSmall(source, wanted.size);
    if (there) {
      if (this.#keep(source, wanted, path, content)) this.unchanged++;
      else this.#replaceFile(source, wanted, path, content);
      return;
    }
    try {
      this.#copyTo(source, wanted, path, content);
      this.#tools.changes.name(path);
    } catch (error) {
      if (systemErrorCode(error) !== "EEXIST" || !this.#mayReplace(path, earlier())) throw error;
      this.#tools.record(this.#draft(path));
      this.#replace(path, (draft) => this.#copyTo(source, wanted, draft, content));
    }
  }

  symlink({ target, path, there }: Put<"symlink">): void {
    const { writer, changes } = this.#tools;
    if (!there) {
      writer.symlink(target, path);
      changes.name(path);
    } else if (this.#keepLink(target, path)) this.unchanged++;
    else this.#replace(path, (draft) => writer.symlink(target, draft));
  }

  #draft(path: string): string {
    return join(dirname(path), this.#tools.draftName);
  }

  #replaceFile(source: string, wanted: Stats, path: string, content?: Buffer): void {
    try {
      this.#replace(path, (draft) => this.#copyTo(source, wanted, draft, content));
    } catch (error) {
      if (systemErrorCode(error) !== "EACCES") throw error;
      const there = lstatSync(path);
      if (!there.isFile() || !this.#mayRenew(there)) throw error;
      const { writer, changes } = this.#tools;
      writer.overwrite(source, path);
      // Writing takes setuid and setgid away.
      writer.chmod(path, wanted.mode & 0o7777);
      writer.utimes(path, wanted.atimeMs, wanted.mtimeMs);
      changes.file(path);
    }
  }

  #replace(path: string, make: (draft: string) => void): void {
    const { writer, changes } = this.#tools;
    const draft = this.#draft(path);
    try {
      make(draft);
      writer.rename(draft, path);
    } catch (error) {
      if (systemErrorCode(error) !== "EEXIST" && lstatSync(draft, { throwIfNoEntry: false })) {
        writer.unlink(draft);
      }
      throw error;
    }
    changes.file(path);
    changes.name(path);
  }

  /** With mode, owner and time of change. */
  #copyTo(source: string, wanted: Stats, path: string, content?: Buffer): void {
    const { writer, changes } = this.#tools;
    if (content) writer.copy(source, path, { bytes: content, mode: wanted.mode & 0o7777 });
    else writer.copy(source, path);
    const { uid, gid } = this.#ownerOf(wanted, path);
    // Only root may give files away; anyone else's copies stay their own, as with `cp -p`.
    const isInherited = this.#inheritedGroup(path) !== undefined;
    if (this.#userId === 0 && (uid !== 0 || gid !== this.#groupId || isInherited)) {
      writer.chown(path, uid, gid);
      // The system takes setuid and setgid away from what changes hands.
      if (wanted.mode & SPECIAL_BITS) writer.chmod(path, wanted.mode & 0o7777);
    }
    writer.utimes(path, wanted.atimeMs, wanted.mtimeMs);
    changes.file(path);
  }

  /** Whether the old file may stay, which it then does, with the attributes of a fresh copy. */
  #keep(source: string, wanted: Stats, path: string, content?: Buffer): boolean {
    const there = lstatSync(path);
    if (!there.isFile() || there.size !== wanted.size) return false;
    // A second name of the file is somebody's, and stays what it is.
    const isLabelled = this.#tools.labelled?.has(path) ?? true;
    if (there.nlink > 1 || isLabelled || !this.#mayRenew(there)) return false;
    if (!this.#isReadable(there)) return false;
    const isSame = content ? holds(path, content) : sameContent(source, path, wanted.size);
    if (!isSame) return false;
    this.#renew(path, there, this.#ownerOf(wanted, path), wanted.mode & 0o7777);
    if (Math.abs(there.mtimeMs - wanted.mtimeMs) >= TIME_GRAIN) {
      this.#tools.writer.utimes(path, wanted.atimeMs, wanted.mtimeMs);
      this.#tools.changes.file(path);
    }
    return true;
  }

  #keepLink(target: string, path: string): boolean {
    const there = lstatSync(path);
    if (!there.isSymbolicLink() || readlinkSync(path) !== target) return false;
    const group = this.#inheritedGroup(path) ?? this.#groupId;
    if (there.uid === this.#userId && there.gid === group) return true;
    if (!this.#mayRenew(there)) return false;
    this.#tools.writer.chown(path, this.#userId, group);
    return true;
  }

  #renewDirectory(path: string): void {
    if (this.#tools.labelled?.has(path)) this.#tools.writer.clearAcl(path);
    const there = lstatSync(path);
    if (!this.#mayRenew(there)) return;
    const group = this.#inheritedGroup(path);
    const mode = group === undefined ? this.#directoryMode : this.#directoryMode | SETGID;
    this.#renew(path, there, { uid: this.#userId, gid: group ?? this.#groupId }, mode);
  }

  #renew(path: string, there: Stats, owner: Owner, mode: number): void {
    const { writer, changes, lastInstall } = this.#tools;
    const changesHands = there.uid !== owner.uid || there.gid !== owner.gid;
    // A new owner, even the same one, takes away what a script gave the file: its capabilities.
    const isTouched = there.isFile() && there.ctimeMs >= lastInstall;
    if (changesHands || isTouched) writer.chown(path, owner.uid, owner.gid);
    const bits = there.mode & 0o7777;
    const mayHaveLost = (changesHands || isTouched) && (bits & SPECIAL_BITS) !== 0;
    if (bits !== mode || mayHaveLost) writer.chmod(path, mode);
    if (changesHands || isTouched || bits !== mode) changes.file(path);
  }

  /** Only root and its owner change a file's attributes. */
  #mayRenew({ uid }: Stats): boolean {
    return this.#userId === 0 || uid === this.#userId;
  }

  #isReadable({ mode }: Stats): boolean {
    return this.#userId === 0 || (mode & 0o400) !== 0;
  }

  #ownerOf({ uid, gid }: Stats, path: string): Owner {
    if (this.#userId === 0) return { uid, gid };
    return { uid: this.#userId, gid: this.#inheritedGroup(path) ?? this.#groupId };
  }

  /** The group of a directory that hands it on (setgid). */
  #inheritedGroup(path: string): number | undefined {
    const directory = path.slice(0, path.lastIndexOf("/")) || "/";
    if (this.#parent.path !== directory) {
      const { mode, gid } = statSync(directory);
      this.#parent = { path: directory, group: (mode & SETGID) === 0 ? undefined : gid };
    }
    return this.#parent.group;
  }

  /**
   * Something is where nothing was when the Install was planned. It may be replaced if it is a link
   * that leads nowhere, which counts as nothing (spec 5.3), or if this Install itself has put it
   * there by another way, as two destinations that are one directory.
   */
  #mayReplace(path: string, earlier: readonly Instruction[]): boolean {
    if (lstatSync(path).isSymbolicLink()) return leadsNowhere(path);
    const copies = earlier.slice(this.#counted).filter(({ kind }) => kind === "copy");
    for (const copy of copies) this.#copied.add(realPlace(copy));
    this.#counted = earlier.length;
    return this.#copied.has(realPlace({ path }));
  }
}

function leadsNowhere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch (error) {
    if (isMissing(error) || systemErrorCode(error) === "ELOOP") return true;
    throw error;
  }
}

function realPlace({ path }: Pick<Instruction, "path">): string {
  return join(realpathSync(dirname(path)), basename(path));
}
