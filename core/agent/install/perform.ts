/**
 * Carries the instructions of an Install out (spec 5.4 step 5), in batches. Their paths are in the
 * cleanup list by then, but for those of other owners that are to be overwritten: such a path becomes
 * ours, and is removed by the next deployment, only when its batch begins.
 *
 * Synchronous on purpose: a copy of a small file takes less time than a trip through the thread
 * pool, and ten thousand of them took half again as long with eight at once. Between batches other
 * work of the process gets its turn.
 * @module
 */
import { lstatSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { systemErrorCode } from "../system_error.ts";
import type { Accounts } from "./accounts.ts";
import type { Changes } from "./changes.ts";
import { CONTEXT_PREFIX } from "./cleanup.ts";
import { fileExists, InstallError } from "./install_error.ts";
import type { InstallJournal } from "./install_journal.ts";
import type { Instruction } from "./instruction.ts";
import type { Placer } from "./place.ts";
import { contextPath } from "./security_commands.ts";
import type { Writer } from "./writer.ts";

const BATCH = 256;

export interface PerformTools {
  readonly placer: Placer;
  readonly writer: Writer;
  readonly changes: Changes;
  readonly accounts: Accounts;
  readonly journal: Pick<InstallJournal, "append">;
  /** Puts lines into the cleanup list. */
  readonly record: (lines: readonly string[]) => void;
}

export class Performance {
  /** Instructions that were begun, the one that failed included. */
  begun = 0;
  /** Labels given, as lines of a cleanup list. */
  readonly labels: string[] = [];
  readonly #instructions: readonly Instruction[];
  readonly #tools: PerformTools;

  constructor(instructions: readonly Instruction[], tools: PerformTools) {
    this.#instructions = instructions;
    this.#tools = tools;
  }

  /** Throws InstallError, or the system's error with the path, at the first that fails. */
  async run(): Promise<void> {
    const { journal, record } = this.#tools;
    for (let begin = 0; begin < this.#instructions.length; begin += BATCH) {
      const batch = this.#instructions.slice(begin, begin + BATCH);
      const foreign = batch.filter(isForeign).map(({ path }) => path);
      if (foreign.length > 0) record(foreign);
      for (const instruction of batch) this.#performOne(instruction);
      journal.append({ what: "placed", instructions: this.begun });
      await setImmediate();
    }
  }

  #performOne(instruction: Instruction): void {
    this.begun++;
    try {
      this.#step(instruction);
    } catch (error) {
      throw explained(instruction, error);
    }
  }

  #step(instruction: Instruction): void {
    const { placer, writer, changes } = this.#tools;
    const { path } = instruction;
    switch (instruction.kind) {
      case "mkdir":
        return placer.mkdir(instruction);
      case "copy":
        return placer.copy(instruction, () => this.#instructions.slice(0, this.begun - 1));
      case "symlink":
        return placer.symlink(instruction);
    }
    changes.file(path);
    switch (instruction.kind) {
      case "chmod":
        return writer.chmod(path, Number.parseInt(instruction.mode, 8));
      case "setfacl":
        return writer.setAcl(path, instruction.acls);
      case "semanage": {
        const labelled = contextPath(path);
        this.labels.push(`${CONTEXT_PREFIX}${labelled}`);
        this.#tools.record(this.labels.slice(-1));
        return writer.setContext(labelled, instruction.context);
      }
      case "chown":
        return this.#changeOwner(path, instruction);
    }
  }

  #changeOwner(path: string, { owner, group }: Extract<Instruction, { kind: "chown" }>): void {
    const { accounts, writer } = this.#tools;
    const uid = owner === undefined ? undefined : accounts.user(owner);
    const gid = group === undefined ? undefined : accounts.group(group);
    if (owner !== undefined && uid === undefined) throw unknownName(path, "user", owner);
    if (group !== undefined && gid === undefined) throw unknownName(path, "group", group);
    const before = lstatSync(path);
    // A link itself changes hands, not what it leads to (trap 11).
    writer.chown(path, uid ?? before.uid, gid ?? before.gid);
  }
}

/** Whether somebody else's file or link is at the path. */
export function isForeign(instruction: Instruction): boolean {
  return isMade(instruction) && instruction.there === "foreign";
}

/** Whether it puts something at a path, which then belongs into the cleanup list. */
export function isMade(
  instruction: Instruction,
): instruction is Extract<Instruction, { kind: "mkdir" | "copy" | "symlink" }> {
  return ["mkdir", "copy", "symlink"].includes(instruction.kind);
}

function unknownName(path: string, kind: "user" | "group", name: string): InstallError {
  return new InstallError(
    path,
    `can't find ${kind} for ${name}: the permissions section of the AppSpec file gives ${path} to ` +
      `it. Create the ${kind} on this host or correct the AppSpec file, and then try again.`,
  );
}

function explained({ kind, path }: Instruction, error: unknown): unknown {
  if (error instanceof InstallError) return error;
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  if (code === "EEXIST") return fileExists(path);
  const reason = error instanceof Error ? error.message : String(error);
  const message = `The deployment failed because ${kind} ${path} did not succeed: ${reason}`;
  return new InstallError(path, message, { cause: error });
}
