/**
 * Turns an AppSpec and an unpacked revision into the instructions of an Install, in order (spec 5.3,
 * 5.4 step 3). It reads the disk through `Disk` and changes nothing, so a file that is in the way is
 * found before anything is made.
 *
 * Links are re-created. A link to a directory is followed, as CodeDeploy's agent does, but only to
 * one inside the revision that is not being copied already: a link must not draw the host's own files
 * into an application, and a circle of links must end.
 * @module
 */
import { basename, dirname, join } from "node:path";
import type { AppSpec, FileMapping } from "../../domain/appspec.ts";
import { FileExistsBehavior } from "../../domain/deployment.ts";
import type { Disk, EntryKind } from "./disk.ts";
import { Draft } from "./draft.ts";
import { fileExists, InstallError } from "./install_error.ts";
import type { Instruction, There } from "./instruction.ts";
import { planPermission } from "./plan_permissions.ts";
import { targetPath } from "./target_path.ts";

export interface PlanInput {
  readonly appSpec: AppSpec;
  /** The unpacked revision, absolute. */
  readonly archiveDir: string;
  /** The deployment's setting, in any case; the AppSpec's own goes before it (trap 7). */
  readonly fileExistsBehavior: string;
  readonly installRoot?: string;
  /** As it would be without what the last Install left. */
  readonly disk: Disk;
  /** Whether the last Install left something at the path that the new one can take over. */
  readonly claim?: (path: string, as: "file" | "directory") => boolean;
  /** Whether what somebody else has at the path counts as installed by us. */
  readonly adopts?: (source: string, path: string) => boolean;
  /** Is told of each path that is in the way; without it the first one is thrown. */
  readonly onCollision?: (path: string) => void;
}

export interface Plan {
  readonly instructions: readonly Instruction[];
  /** Files that were there already and stay as they are. */
  readonly retained: readonly string[];
}

/** Throws InstallError when the revision cannot be installed here. */
export function plan(input: PlanInput): Plan {
  const planner = new Planner(input);
  for (const mapping of input.appSpec.files) planner.addFiles(mapping);
  for (const permission of input.appSpec.permissions) {
    const object = targetPath(permission.object, input.installRoot);
    const isDirectory = (path: string): boolean => input.disk.existing(path) === "directory";
    planPermission(planner.draft, permission, object, isDirectory);
  }
  return { instructions: planner.draft.instructions, retained: planner.retained };
}

class Planner {
  readonly draft = new Draft();
  readonly retained: string[] = [];
  readonly #archive: string;
  readonly #installRoot: string | undefined;
  readonly #behavior: FileExistsBehavior;
  readonly #disk: Disk;
  readonly #claim: NonNullable<PlanInput["claim"]>;
  readonly #adopts: NonNullable<PlanInput["adopts"]>;
  readonly #onCollision: PlanInput["onCollision"];
  /** Real paths of the directories being copied now, the outermost first. */
  readonly #copying: string[] = [];

  constructor(input: PlanInput) {
    const { appSpec, archiveDir, fileExistsBehavior, installRoot, disk } = input;
    this.#archive = disk.realPath(archiveDir) ?? archiveDir;
    this.#installRoot = installRoot;
    this.#behavior = appSpec.fileExistsBehavior ?? parseBehavior(fileExistsBehavior);
    this.#disk = disk;
    this.#claim = input.claim ?? (() => false);
    this.#adopts = input.adopts ?? (() => false);
    this.#onCollision = input.onCollision;
  }

  addFiles(mapping: FileMapping): void {
    const source = this.#sourcePath(mapping);
    const destination = targetPath(mapping.destination, this.#installRoot);
    const kind = this.#disk.kind(source);
    if (kind === undefined) throw missingSource(mapping, source);
    const directory = this.#directory(source, kind);
    if (directory !== undefined) {
      this.#addAncestors(destination);
      this.#addDirectory(source, directory, destination);
    } else {
      const path = join(destination, basename(source));
      this.#addAncestors(path);
      this.#addFile(source, kind, path);
    }
  }

  #sourcePath({ source }: FileMapping): string {
    const path = join(this.#archive, source.replaceAll("\\", "/"));
    if (path === this.#archive || path.startsWith(`${this.#archive}/`)) {
      return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
    }
    throw new InstallError(
      path,
      "The deployment failed because the application specification file specifies a source " +
        `(${source}) outside the revision. Update the files section of the AppSpec file, and then ` +
        "try again.",
    );
  }

  /** The real path of a source whose contents are to be copied, undefined for anything else. */
  #directory(source: string, kind: EntryKind): string | undefined {
    if (kind === "file" || kind === "other") return undefined;
    const real = this.#disk.realPath(source);
    if (kind === "directory") return real ?? source;
    if (real === undefined || this.#copying.includes(real)) return undefined;
    const isInside = real === this.#archive || real.startsWith(`${this.#archive}/`);
    return isInside && this.#disk.kind(real) === "directory" ? real : undefined;
  }

  #addDirectory(source: string, real: string, destination: string): void {
    const there = this.#existing(destination);
    if (there === undefined) this.#mkdir(destination);
    else if (there !== "directory") return this.#collide(destination);
    this.#copying.push(real);
    for (const { name, kind } of this.#disk.entries(source)) {
      const [from, to] = [join(source, name), join(destination, name)];
      // Only links need to ask the disk where they lead: most entries cost nothing here.
      const directory = kind === "directory" ? join(real, name) : this.#directory(from, kind);
      if (directory !== undefined) this.#addDirectory(from, directory, to);
      else this.#addFile(from, kind, to);
    }
    this.#copying.pop();
  }

  #addFile(source: string, kind: EntryKind, path: string): void {
    const there = this.#there(source, kind, path);
    if (there === "retained") {
      this.retained.push(path);
      return;
    }
    if (kind === "other") {
      throw new InstallError(
        source,
        `The deployment failed because ${source} is a pipe, socket or device, which cannot be ` +
          "installed. Remove it from the revision, and then try again.",
      );
    }
    const found = there && { there };
    if (kind === "file") this.draft.put({ kind: "copy", source, path, ...found });
    else {
      const target = this.#disk.linkTarget(source);
      this.draft.put({ kind: "symlink", source, target, path, ...found });
    }
  }

  /** What is where a file or link is to be put, and may give way. */
  #there(source: string, kind: EntryKind, path: string): There | "retained" | undefined {
    const directory = dirname(path);
    if (this.draft.makesAnew(directory)) return undefined;
    if (this.#claim(path, "file")) return "ours";
    if (this.draft.makes(directory)) return undefined;
    const there = this.#disk.existing(path);
    if (there === undefined) return undefined;
    if (this.#behavior === "RETAIN") return "retained";
    if (this.#adopts(source, path)) return "foreign";
    // A link that is to replace a file fails when it is made, as with CodeDeploy.
    const cannot = kind === "symlink" || there === "directory";
    if (this.#behavior === "DISALLOW" || (cannot && this.#onCollision)) this.#collide(path);
    return cannot ? undefined : "foreign";
  }

  #collide(path: string): void {
    if (!this.#onCollision) throw fileExists(path);
    this.#onCollision(path);
  }

  #mkdir(path: string): void {
    const isInNew = this.draft.makesAnew(dirname(path));
    if (!isInNew && this.#claim(path, "directory")) this.draft.mkdir(path, "ours");
    else this.draft.mkdir(path);
  }

  /** Every missing directory above a path, the outermost first. */
  #addAncestors(path: string): void {
    const missing: string[] = [];
    let parent = dirname(path);
    while (parent !== "/" && !this.draft.makes(parent)) {
      const there = this.#disk.existing(parent);
      if (there === "directory") break;
      if (there !== undefined) return this.#collide(parent);
      missing.unshift(parent);
      parent = dirname(parent);
    }
    for (const directory of missing) this.#mkdir(directory);
  }

  /** A directory that this Install makes is empty, so most files need no look at the disk. */
  #existing(path: string): Exclude<EntryKind, "symlink"> | undefined {
    return this.draft.makes(dirname(path)) ? undefined : this.#disk.existing(path);
  }
}

function parseBehavior(value: string): FileExistsBehavior {
  const behavior = FileExistsBehavior.safeParse(value.toUpperCase());
  if (behavior.success) return behavior.data;
  throw new InstallError(
    "",
    "The deployment failed because an invalid option was specified for fileExistsBehavior: " +
      `${value}. Valid options include OVERWRITE, RETAIN, and DISALLOW.`,
  );
}

function missingSource({ source }: FileMapping, path: string): InstallError {
  return new InstallError(
    path,
    `No such file or directory @ rb_sysopen - ${path}: the files section of the AppSpec file names ` +
      `the source ${
        JSON.stringify(source)
      }, which is not in the revision. Add it to the revision ` +
      "or correct the files section, and then try again.",
  );
}
