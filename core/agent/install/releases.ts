/**
 * Release directories: destinations that are replaced as a whole (`:release_directories:`). A listed
 * directory D is a symbolic link to `<parent of D>/.<name of D>.releases/<deployment>`; a new version
 * is made beside the old one, and one rename of the link changes over.
 *
 * An Install is planned in the AppSpec's own names, as if nothing stood at D; only its finished
 * instructions are moved into the release. So conflicts, permissions and messages are those of an
 * installation in place. Pure, but for what it asks `Disk`.
 * @module
 */
import { basename, dirname, join, relative } from "node:path";
import type { AppSpec } from "../../domain/appspec.ts";
import type { Disk } from "./disk.ts";
import { InstallError } from "./install_error.ts";
import type { Instruction } from "./instruction.ts";
import { targetPath } from "./target_path.ts";

/** One listed directory in one deployment; all paths absolute, behind the install root. */
export interface ReleaseDirectory {
  /** The link that readers use. */
  readonly link: string;
  /** Holds one folder a version, and the agent's notes, whose names begin with a dot. */
  readonly releases: string;
  /** This deployment's version. */
  readonly release: string;
}

/** Throws InstallError for a list that cannot work. `listed` are paths as AppSpecs name them. */
export function releaseDirectories(
  listed: readonly string[],
  installRoot: string | undefined,
  deploymentId: string,
): ReleaseDirectory[] {
  const found: ReleaseDirectory[] = [];
  for (const path of new Set(listed.map((path) => targetPath(path, installRoot)))) {
    if (path === targetPath("/", installRoot)) {
      throw badList("/", "is the root of everything: list the directories below it");
    }
    const around = found.find(({ link }) => isWithin(path, link) || isWithin(link, path));
    if (around) {
      throw badList(path, `and ${around.link} lie inside each other: list the outer one alone`);
    }
    const releases = join(dirname(path), `.${basename(path)}.releases`);
    found.push({ link: path, releases, release: join(releases, deploymentId) });
  }
  return found;
}

/** Whether `path` is `directory` or lies below it. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);
}

/** Whether an Install of this revision would put anything at or below `link`. */
export function isUsed(
  link: string,
  { appSpec, archiveDir, installRoot }: {
    readonly appSpec: Pick<AppSpec, "files">;
    readonly archiveDir: string;
    readonly installRoot?: string;
  },
  disk: Pick<Disk, "existing">,
): boolean {
  return appSpec.files.some((mapping) => {
    const destination = targetPath(mapping.destination, installRoot);
    if (isWithin(destination, link)) return true;
    if (!isWithin(link, destination)) return false;
    // What is copied into a directory above may reach down to it.
    const source = join(archiveDir, mapping.source.replaceAll("\\", "/"));
    const inside = relative(destination, link);
    return disk.existing(source) === "directory"
      ? disk.existing(join(source, inside)) !== undefined
      : basename(source) === inside;
  });
}

/** The disk with nothing at `links`: a version is made from nothing, whatever the old one holds. */
export function withoutVersions(disk: Disk, links: readonly string[]): Disk {
  if (links.length === 0) return disk;
  const isHidden = (path: string): boolean => links.some((link) => isWithin(path, link));
  return {
    existing: (path) => isHidden(path) ? undefined : disk.existing(path),
    kind: (path) => isHidden(path) ? undefined : disk.kind(path),
    entries: (path) => disk.entries(path),
    realPath: (path) => isHidden(path) ? undefined : disk.realPath(path),
    linkTarget: (path) => disk.linkTarget(path),
  };
}

/**
 * The instructions with everything for a release directory in its release. Throws InstallError when
 * the AppSpec makes something else than a directory of it.
 */
export function inReleases(
  instructions: readonly Instruction[],
  directories: readonly ReleaseDirectory[],
): Instruction[] {
  return instructions.map((instruction) => {
    const { path, kind } = instruction;
    const directory = directories.find(({ link }) => isWithin(path, link));
    if (directory === undefined) return instruction;
    if (path === directory.link && (kind === "copy" || kind === "symlink")) {
      throw new InstallError(
        path,
        `The deployment failed because ${path} is a release directory of this host ` +
          "(release_directories), but the AppSpec file puts a file there. Correct the files " +
          "section of the AppSpec file or the agent's setting, and then try again.",
      );
    }
    return { ...instruction, path: directory.release + path.slice(directory.link.length) };
  });
}

function badList(path: string, why: string): InstallError {
  return new InstallError(
    path,
    `The deployment failed because release_directories of the agent cannot be used: ${path} ${why}.` +
      " Correct codedeployagent.yml, restart the agent, and then try again.",
  );
}
