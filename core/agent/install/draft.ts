/**
 * The instructions of an Install while they are being planned, with what later ones need to know of
 * earlier ones: which paths are taken, and by what (spec 5.3, conflicts).
 * @module
 */
import type { Permission } from "../../domain/appspec_permissions.ts";
import { InstallError } from "./install_error.ts";
import type { Instruction } from "./instruction.ts";

const REMOVE_ONE = "Remove one of the source file paths from the AppSpec file, and then try again.";
const UPDATE_FILES = "Update your AppSpec file or directory structure, and then try again.";

export class Draft {
  readonly instructions: Instruction[] = [];
  /** Destination to source. */
  readonly #files = new Map<string, string>();
  readonly #links = new Set<string>();
  readonly #directories = new Set<string>();
  /** Directories that are there already. */
  readonly #kept = new Set<string>();
  readonly #permissioned = new Set<string>();

  get files(): Iterable<string> {
    return this.#files.keys();
  }

  get directories(): Iterable<string> {
    return this.#directories;
  }

  makes(directory: string): boolean {
    return this.#directories.has(directory);
  }

  /** A directory that is made by this Install and was not there before, so nothing is in it. */
  makesAnew(directory: string): boolean {
    return this.#directories.has(directory) && !this.#kept.has(directory);
  }

  copies(file: string): boolean {
    return this.#files.has(file);
  }

  /** A file or link that this Install puts at a path. Throws InstallError when the path is taken. */
  put(instruction: Extract<Instruction, { kind: "copy" | "symlink" }>): void {
    const { source, path } = instruction;
    const other = this.#files.get(path);
    if (other !== undefined) throw this.#twoSources(source, other, path);
    if (this.#directories.has(path)) {
      throw new InstallError(
        path,
        "The deployment failed because the application specification file calls for installing the " +
          `file ${source}, but a file with that name already exists at the location (${path}). ` +
          UPDATE_FILES,
      );
    }
    this.#files.set(path, source);
    if (instruction.kind === "symlink") this.#links.add(path);
    this.#add(instruction);
  }

  /** A directory; making it twice is one instruction. Throws InstallError when a file goes there. */
  mkdir(path: string, there?: "ours"): void {
    const file = this.#files.get(path);
    if (file !== undefined) {
      throw new InstallError(
        path,
        "The deployment failed because the application specification file includes an mkdir command " +
          `more than once for the same destination path (${path}) from (${file}). Update the files ` +
          "section of the AppSpec file, and then try again.",
      );
    }
    if (this.#directories.has(path)) return;
    this.#directories.add(path);
    if (there) this.#kept.add(path);
    this.#add({ kind: "mkdir", path, ...(there && { there }) });
  }

  /** Mode, acls, context, owner and group, in this order (spec 5.5). */
  permit(path: string, permission: Permission): void {
    if (this.#permissioned.has(path)) {
      throw new InstallError(
        path,
        `The deployment failed because the permissions setting for (${path}) is specified more than ` +
          "once in the application specification file. Update the files section of the AppSpec " +
          "file, and then try again.",
      );
    }
    this.#permissioned.add(path);
    const { mode, acls, context, owner, group } = permission;
    // A link has no mode or label of its own, and what it leads to is not ours to change (trap 11).
    if (!this.#links.has(path)) {
      if (mode !== undefined) this.#add({ kind: "chmod", path, mode });
      if (acls) this.#add({ kind: "setfacl", path, acls });
      if (context) this.#add({ kind: "semanage", path, context });
    }
    if (owner !== undefined || group !== undefined) {
      const names = {
        ...(owner !== undefined && { owner }),
        ...(group !== undefined && { group }),
      };
      this.#add({ kind: "chown", path, ...names });
    }
  }

  #add(instruction: Instruction): void {
    // The cleanup file holds one path a line; a line break in a name would forge a second one.
    if (/[\n\0]/.test(instruction.path)) {
      throw new InstallError(
        instruction.path,
        "The deployment failed because the revision has a file whose name contains a line break " +
          `(${JSON.stringify(instruction.path)}). Rename it, and then try again.`,
      );
    }
    this.instructions.push(instruction);
  }

  #twoSources(source: string, other: string, path: string): InstallError {
    return new InstallError(
      path,
      "The deployment failed because the application specification file specifies two source files " +
        `named ${source} and ${other} for the same destination (${path}). ${REMOVE_ONE}`,
    );
  }
}
