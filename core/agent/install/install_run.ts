/**
 * Carries a planned Install out, or takes the old version away when there is none: journal and list
 * first, then the disk, and everything durable before the end is written down.
 *
 * The order of the steps is what makes a crash harmless. Until its last step the cleanup list names
 * old and new paths alike; then one rename makes it the new version's, and the pointer follows.
 * @module
 */
import { dirname, join } from "node:path";
import { installJournalPath, installJsonPath, lastSuccessfulInstallPath } from "../layout.ts";
import { writePointer } from "../pointer_file.ts";
import { hostAccounts } from "./accounts.ts";
import { Changes } from "./changes.ts";
import { CONTEXT_PREFIX, removeAll } from "./cleanup.ts";
import type { InstallResult } from "./install.ts";
import { InstallError } from "./install_error.ts";
import { InstallJournal } from "./install_journal.ts";
import { type Instruction, instructionsJson } from "./instruction.ts";
import type { LastInstall } from "./last_install.ts";
import { isForeign, isMade, Performance } from "./perform.ts";
import { Placer } from "./place.ts";
import type { Plan } from "./plan.ts";
import { replaceFile } from "./replace_file.ts";
import type { Releases } from "./switch_release.ts";
import type { Writer } from "./writer.ts";

export interface InstallParts {
  /** The deployment's folder, which the group's pointer names in the end. */
  readonly deploymentRoot: string;
  /** `<root>/deployment-instructions` */
  readonly instructionsDir: string;
  readonly groupId: string;
  readonly last: LastInstall;
  readonly releases: Releases;
  readonly writer: Writer;
}

/** One Install, or the removal that a refused one amounts to. */
export class InstallRun {
  readonly #parts: InstallParts;
  readonly #last: LastInstall;
  readonly #writer: Writer;
  readonly #journal: InstallJournal;
  readonly #changes = new Changes();
  /** The list holds what this Install makes, in order, and nothing else. */
  #isListExact = true;

  constructor(parts: InstallParts) {
    this.#parts = parts;
    this.#last = parts.last;
    this.#writer = parts.writer;
    const path = installJournalPath(parts.instructionsDir, parts.groupId);
    this.#journal = new InstallJournal(path, parts.writer);
  }

  /** The end of a deployment that cannot be installed: the old version is gone, and so is its list. */
  async removeOld(): Promise<void> {
    const { list, leftovers, interrupted } = this.#last;
    if (!list.exists && interrupted === undefined) return;
    this.#begin([]);
    await this.#remove([...leftovers.all()]);
    await this.#changes.sync(this.#writer, []);
    if (list.exists) list.delete();
    this.#journal.end();
  }

  async install(planned: Plan): Promise<InstallResult> {
    const { instructions, retained } = planned;
    const { instructionsDir, groupId, deploymentRoot } = this.#parts;
    this.#writer.makeFolder(instructionsDir);
    this.#begin(instructions);
    const removed = await this.#remove([...this.#last.leftovers.unclaimed()]);
    const unchanged = await this.#place(instructions);
    this.#parts.releases.switch();
    writePointer(
      lastSuccessfulInstallPath(instructionsDir, groupId),
      deploymentRoot,
      this.#writer,
    );
    this.#journal.end();
    const directories = instructions.filter(({ kind }) => kind === "mkdir").length;
    return {
      removed,
      directories,
      files: instructions.filter(isMade).length - directories,
      unchanged,
      retained: retained.length,
      hasRecovered: this.#last.interrupted !== undefined,
    };
  }

  #begin(instructions: readonly Instruction[]): void {
    const labels = instructions.filter(({ kind }) => kind === "setfacl" || kind === "semanage");
    const before = this.#last.labelled ?? this.#last.removals.paths;
    const labelled = new Set([...before, ...labels.map(({ path }) => path)]);
    this.#journal.begin({
      at: Date.now(),
      deployment: this.#parts.deploymentRoot,
      labelled: [...labelled],
    });
  }

  #remove(paths: readonly string[]): Promise<number> {
    const { contexts } = this.#last.removals;
    this.#journal.announce({ what: "removing", paths: paths.length });
    const tools = { writer: this.#writer, journal: this.#journal, changes: this.#changes };
    return removeAll(contexts, paths, tools);
  }

  /** Answers how many files stayed as they were. */
  async #place(instructions: readonly Instruction[]): Promise<number> {
    const { instructionsDir, groupId } = this.#parts;
    this.#list(instructions);
    const json = installJsonPath(instructionsDir, groupId);
    replaceFile(json, instructionsJson(instructions), this.#writer);
    this.#journal.announce({ what: "placing", instructions: instructions.length });
    await this.#parts.releases.prepare();
    const placer = this.#placer();
    const performance = new Performance(instructions, {
      placer,
      writer: this.#writer,
      changes: this.#changes,
      accounts: hostAccounts(),
      journal: this.#journal,
      record: (lines) => this.#record(lines),
    });
    try {
      await performance.run();
    } catch (error) {
      throw await this.#settled(instructions, performance, error);
    }
    const lines = instructions.filter(isMade).map(({ path }) => path);
    await this.#finish(instructions, [...lines, ...performance.labels]);
    return placer.unchanged;
  }

  #placer(): Placer {
    return new Placer({
      writer: this.#writer,
      changes: this.#changes,
      draftName: this.#draftName,
      record: (path) => this.#record([path]),
      labelled: this.#last.labelled,
      lastInstall: this.#last.endedAt,
    });
  }

  get #draftName(): string {
    return `.runtime-${this.#parts.groupId}.new`;
  }

  /** Names in the list what is about to be made, behind what the last Install made. */
  #list(instructions: readonly Instruction[]): void {
    const made = instructions.filter(isMade);
    const own = made.filter((instruction) => !isForeign(instruction)).map(({ path }) => path);
    const paths = this.#parts.releases.ownLines(own);
    const drafts = new Set<string>();
    for (const { kind, path, there } of made) {
      if (there && kind !== "mkdir") drafts.add(join(dirname(path), this.#draftName));
    }
    this.#journal.announce({ what: "listing", paths: paths.length });
    this.#last.list.add(paths);
    if (drafts.size > 0) this.#record([...drafts]);
    this.#isListExact &&= !this.#last.list.exists && paths.length === made.length;
  }

  #record(lines: readonly string[]): void {
    this.#parts.releases.noteLabels(lines);
    this.#isListExact &&= lines.every((line) => line.startsWith(CONTEXT_PREFIX));
    this.#last.list.add(this.#parts.releases.ownLines(lines));
  }

  /** What was placed is on the disk before the list is of it alone. */
  async #finish(instructions: readonly Instruction[], lines: readonly string[]): Promise<void> {
    this.#journal.announce({ what: "syncing" });
    const files = instructions.filter(({ kind }) => kind === "copy").map(({ path }) => path);
    await this.#changes.sync(this.#writer, files);
    this.#journal.announce({ what: "finishing" });
    if (!this.#isListExact) this.#last.list.replace(this.#parts.releases.ownLines(lines));
  }

  /** After a failure the list names what is there; it is the next deployment's to remove. */
  async #settled(
    instructions: readonly Instruction[],
    { begun, labels }: Performance,
    error: unknown,
  ): Promise<unknown> {
    const isLeft = (instruction: Instruction, index: number): boolean =>
      isMade(instruction) && (instruction.there === "ours" ||
        index < (isForeign(instruction) ? begun - 1 : begun));
    // What nobody foresaw is left as a crash would leave it.
    if (!(error instanceof InstallError)) return error;
    const reason = messageOf(error);
    try {
      this.#journal.announce({ what: "failed", instructions: begun, reason });
      const lines = instructions.filter(isLeft).map(({ path }) => path);
      await this.#finish(instructions, [...lines, ...labels]);
      this.#journal.end();
    } catch (second) {
      // Journal and list are whole all the same, and the next Install goes by them.
      const message = `${reason} What was done could not be written down either: `;
      return new InstallError("", message + messageOf(second), { cause: error });
    }
    return error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
