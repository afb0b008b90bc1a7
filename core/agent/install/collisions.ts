/**
 * Whose the files are that are in the way of an Install: users of this host by their names, and
 * deployment groups by the cleanup lists that their Installs left.
 * @module
 */
import { lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { cleanupPath } from "../layout.ts";
import { userName } from "./accounts.ts";
import { found } from "./disk.ts";
import { fileExists, InstallError } from "./install_error.ts";

const LIST = "-cleanup";

/** What other groups have installed on this host, read when it is first asked for. */
export class OtherGroups {
  readonly #instructionsDir: string;
  readonly #own: string;
  #owners: Map<string, string> | undefined;

  constructor(instructionsDir: string, groupId: string) {
    this.#instructionsDir = instructionsDir;
    this.#own = basename(cleanupPath(instructionsDir, groupId));
  }

  /** The id of the group that has installed a path; undefined when none has. */
  ownerOf(path: string): string | undefined {
    this.#owners ??= this.#read();
    return this.#owners.get(path) ?? this.#owners.get(withoutLinks(path));
  }

  #read(): Map<string, string> {
    const owners = new Map<string, string>();
    // Before the first Install of all there is no folder.
    for (const name of found(() => readdirSync(this.#instructionsDir)) ?? []) {
      if (!name.endsWith(LIST) || name === this.#own) continue;
      const lines = readFileSync(join(this.#instructionsDir, name), "utf8").split("\n");
      for (const line of lines) {
        if (line.startsWith("/")) owners.set(line, name.slice(0, -LIST.length));
      }
    }
    return owners;
  }
}

/** One refusal for all paths in the way, each with its owner. At least one path. */
export function allInTheWay(paths: ReadonlySet<string>, groups: OtherGroups): InstallError {
  const [first = ""] = paths;
  const lines = [...paths].map((path) => `${path} (${ownersOf(path, groups)})`);
  const [only = ""] = lines;
  const what = paths.size === 1
    ? `${fileExists("").message}${only}.`
    : `The deployment failed because ${paths.size} specified files already exist at these ` +
      `locations:\n  ${lines.join("\n  ")}\n`;
  return new InstallError(
    first,
    `${what} Nothing was removed or written. Remove them, or set file_exists_behavior to OVERWRITE ` +
      "or RETAIN in the AppSpec file, and then try again.",
  );
}

function ownersOf(path: string, groups: OtherGroups): string {
  const owner = `owner: ${userName(lstatSync(path).uid)}`;
  const group = groups.ownerOf(path);
  return group === undefined ? owner : `${owner}, installed by deployment group ${group}`;
}

function withoutLinks(path: string): string {
  return join(realpathSync(dirname(path)), basename(path));
}
