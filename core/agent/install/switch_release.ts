/**
 * Makes a version of each release directory beside the old one and changes over (see releases.ts).
 *
 * The order is the safety: a note says that a version is unfinished for as long as it is, only whole
 * versions are ever linked, a linked one is never changed, and a link is replaced by one rename. So
 * an Install that fails or is killed leaves the old version linked, and the next one sweeps up.
 * @module
 */
import { lstatSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isMissing } from "../system_error.ts";
import { CONTEXT_PREFIX } from "./cleanup.ts";
import type { Disk } from "./disk.ts";
import { InstallError } from "./install_error.ts";
import type { Instruction } from "./instruction.ts";
import {
  labelsNote,
  otherOwner,
  ownerNote,
  ownerOf,
  standing,
  unfinished,
  unfinishedNote,
  versions,
} from "./release_state.ts";
import type { ReleaseSteps } from "./release_steps.ts";
import { inReleases, isWithin, type ReleaseDirectory, withoutVersions } from "./releases.ts";

/** What an Install is asked for, as far as release directories are concerned. */
export interface ReleaseInput {
  readonly groupId: string;
  /** Those that this revision installs into. */
  readonly used: readonly ReleaseDirectory[];
  /** Listed, but this revision has nothing for them. */
  readonly unused: readonly ReleaseDirectory[];
  /** Paths that the group's last Install made in place. */
  readonly installed: ReadonlySet<string>;
  /** Name of the deployment whose Install ended last; undefined without one. */
  readonly previous: string | undefined;
  /** How many versions are kept, the linked one included; at least 1. */
  readonly keep: number;
}

/** What an Install has done to release directories. */
export interface ReleaseResult {
  /** Links that lead to the new version now. */
  readonly links: readonly string[];
  /** Folders of old versions that are gone. */
  readonly pruned: readonly string[];
  /** Why old versions could not be removed: the new one is in place all the same. */
  readonly problem?: string;
}

/** What a version is called that no deployment is known for. */
const NAMELESS = "in-place";

export class Releases {
  readonly #input: ReleaseInput;
  readonly #steps: ReleaseSteps;

  constructor(input: ReleaseInput, steps: ReleaseSteps) {
    this.#input = input;
    this.#steps = steps;
  }

  /** Throws InstallError when a directory cannot become, or be, a link. Changes nothing. */
  check(): void {
    const { used, installed, groupId } = this.#input;
    for (const directory of used) {
      const owner = ownerOf(directory);
      if (owner !== undefined && owner !== groupId) throw otherOwner(directory, owner);
      const there = standing(directory, installed);
      if (there.kind === "foreign") throw there.refusal;
    }
  }

  /**
   * Before anything is removed: the version in place becomes the first one of the releases, a link
   * that was lost between two steps comes back, and what earlier Installs left unfinished goes.
   */
  async begin(): Promise<void> {
    const { used, unused, installed, previous = NAMELESS } = this.#input;
    for (const directory of used) {
      const { link, releases } = directory;
      const first = join(releases, previous);
      await this.#sweep(directory);
      const { kind } = standing(directory, installed);
      if (kind === "missing" && versions(releases).includes(previous)) {
        this.#link(directory, first);
      }
      if (kind === "installed") {
        this.#claim(directory);
        await this.#remove(directory, previous); // of the same name, from before it was in place
        this.#try(link, "moved into its releases", () => this.#steps.rename(link, first));
        this.#link(directory, first);
      }
    }
    for (const directory of unused.filter((one) => this.#isOurs(one))) await this.#sweep(directory);
  }

  /** Whether a line of the group's cleanup list is about versions, which are removed as a whole. */
  keeps(path: string): boolean {
    const { used, unused } = this.#input;
    const links = [...used, ...unused.filter((one) => this.#isOurs(one))];
    return links.some(({ link }) => isWithin(path, link));
  }

  /** The disk to plan with. */
  view(disk: Disk): Disk {
    return withoutVersions(disk, this.#input.used.map(({ link }) => link));
  }

  /** The instructions that are left to do, in the releases; a linked version is whole already. */
  place(instructions: readonly Instruction[]): Instruction[] {
    const done = this.#input.used.filter((one) => this.#isLinked(one));
    return inReleases(
      instructions.filter(({ path }) => !done.some(({ link }) => isWithin(path, link))),
      this.#input.used,
    );
  }

  /** Room for the new versions, noted as unfinished. */
  async prepare(): Promise<void> {
    for (const directory of this.#toDo()) {
      this.#claim(directory);
      const version = basename(directory.release);
      await this.#remove(directory, version);
      this.#steps.write(unfinishedNote(directory.releases, version), "");
    }
  }

  /** The lines of a cleanup list that belong into the group's own: a version is removed as a whole. */
  ownLines(lines: readonly string[]): string[] {
    return lines.filter((line) => this.#versionOf(line) === undefined);
  }

  /** Notes beside a version which of its paths are about to be labelled; other lines are let be. */
  noteLabels(lines: readonly string[]): void {
    for (const line of lines.filter((line) => line.startsWith(CONTEXT_PREFIX))) {
      const directory = this.#versionOf(line);
      if (directory === undefined) continue;
      const note = labelsNote(directory.releases, basename(directory.release));
      this.#steps.append(note, `${line.slice(CONTEXT_PREFIX.length)}\n`);
    }
  }

  /** After copies and permissions: every reader sees the new version from here on. */
  switch(): void {
    for (const directory of this.#toDo()) {
      const { link, releases, release } = directory;
      const now = Date.now(); // a version is as old as its switch
      this.#steps.utimes(release, now, now);
      this.#removeNote(unfinishedNote(releases, basename(release)));
      this.#steps.syncFolder(releases);
      if (standing(directory, new Set()).kind === "empty") {
        this.#try(link, "replaced", () => this.#steps.rmdir(link));
      }
      this.#link(directory, release);
    }
    const { unused } = this.#input;
    for (const { link } of unused.filter((one) => this.#isOurs(one))) {
      // The new version has nothing here, just as an Install in place would leave nothing.
      this.#try(link, "removed", () => this.#steps.unlink(link));
      this.#steps.syncFolder(dirname(link));
    }
  }

  /** Whether any directory is listed that this revision, or the one before, has to do with. */
  get isAny(): boolean {
    return this.#input.used.length > 0;
  }

  /** When all is done: removes versions beyond `keep`, the oldest first, never the linked one. */
  async end(): Promise<ReleaseResult> {
    const links = this.#input.used.map(({ link }) => link);
    const pruned: string[] = [];
    try {
      await this.#prune(pruned);
      return { links, pruned };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return { links, pruned, problem: error.message };
    }
  }

  async #prune(pruned: string[]): Promise<void> {
    const { used, keep } = this.#input;
    for (const directory of used) {
      const { releases, release } = directory;
      const old = versions(releases).filter((version) => version !== basename(release))
        .map((version) => ({ version, at: lstatSync(join(releases, version)).mtimeMs }))
        .sort((a, b) => a.at - b.at);
      for (const { version } of old.slice(0, Math.max(0, old.length + 1 - keep))) {
        await this.#remove(directory, version);
        pruned.push(join(releases, version));
      }
    }
  }

  /** Whose version a line of a cleanup list is about. */
  #versionOf(line: string): ReleaseDirectory | undefined {
    const isLabel = line.startsWith(CONTEXT_PREFIX);
    const path = isLabel ? line.slice(CONTEXT_PREFIX.length) : line;
    return this.#input.used.find(({ releases, release }) =>
      // Labels are listed by paths without links.
      isWithin(path, isLabel ? join(realpathSync(releases), basename(release)) : release)
    );
  }

  #toDo(): ReleaseDirectory[] {
    return this.#input.used.filter((one) => !this.#isLinked(one));
  }

  #isLinked(directory: ReleaseDirectory): boolean {
    return linkedVersion(directory) === basename(directory.release);
  }

  #isOurs(directory: ReleaseDirectory): boolean {
    return linkedVersion(directory) !== undefined && ownerOf(directory) === this.#input.groupId;
  }

  #claim(directory: ReleaseDirectory): void {
    const { link, releases } = directory;
    this.#try(link, "given a folder for its releases", () => {
      this.#steps.makeFolder(releases);
      if (ownerOf(directory) === undefined) {
        this.#steps.write(ownerNote(releases), this.#input.groupId);
      }
    });
  }

  /** Relative, so that it leads to the same version from wherever the parent is mounted. */
  #link({ link, releases }: ReleaseDirectory, release: string): void {
    const made = join(releases, ".link");
    const target = join(basename(releases), basename(release));
    this.#try(link, "switched", () => {
      this.#removeNote(made); // of an agent that was killed here
      this.#steps.symlink(target, made);
      this.#steps.rename(made, link);
      this.#steps.syncFolder(dirname(link));
    });
  }

  async #sweep(directory: ReleaseDirectory): Promise<void> {
    const linked = linkedVersion(directory);
    for (const version of unfinished(directory.releases)) {
      if (version !== linked) await this.#remove(directory, version);
    }
  }

  /** A version with its notes; noted as unfinished meanwhile, for it may end half removed. */
  async #remove({ releases }: ReleaseDirectory, version: string): Promise<void> {
    if (![...versions(releases), ...unfinished(releases)].includes(version)) return;
    const note = unfinishedNote(releases, version);
    this.#steps.write(note, "");
    for (const path of labelled(labelsNote(releases, version))) this.#steps.removeContext(path);
    await this.#steps.removeTree(join(releases, version));
    this.#removeNote(labelsNote(releases, version));
    this.#removeNote(note);
  }

  #removeNote(path: string): void {
    if (lstatSync(path, { throwIfNoEntry: false })) this.#steps.unlink(path);
  }

  /** Tells which directory could not be changed; what the steps throw names a path at most. */
  #try(link: string, what: string, change: () => void): void {
    try {
      change();
    } catch (error) {
      if (!(error instanceof Error) || error instanceof InstallError) throw error;
      throw new InstallError(
        link,
        `The deployment failed because the release directory ${link} could not be ${what}: ` +
          `${error.message}. Whoever reads it sees the version it had before.`,
        { cause: error },
      );
    }
  }
}

/** Undefined for anything that is no link into its releases. */
function linkedVersion(directory: ReleaseDirectory): string | undefined {
  const there = lstatSync(directory.link, { throwIfNoEntry: false });
  if (!there?.isSymbolicLink()) return undefined;
  const found = standing(directory, new Set());
  return found.kind === "release" ? found.name : undefined;
}

/** Paths, one a line; a line without its end was never acted upon. */
function labelled(note: string): string[] {
  try {
    return readFileSync(note, "utf8").split("\n").slice(0, -1);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
