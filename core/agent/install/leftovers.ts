/**
 * What the last Install of a group left on this machine, by its cleanup list, and how the machine
 * would look without it.
 *
 * CodeDeploy's agent removes these paths first and then looks at the disk (spec 5.4). Here they are
 * removed in thought, one after another as the list says, so that the new version is planned as if
 * they were gone. A path that the new version puts something of the same type at is claimed and may
 * stay; the others are to be removed.
 *
 * Paths are compared without links: a list and an AppSpec may reach one file by two ways.
 * @module
 */
import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { dirname } from "node:path";
import { type EntryKind, found, hostDisk, kindOf } from "./disk.ts";

/** As many links on the way to one path as Linux follows. */
const LINKS_AT_MOST = 40;

/** `removed`: all of the list is gone. `claimed`: but for what the new version has claimed. */
type View = "removed" | "claimed";

export class Leftovers {
  /** Real paths that would be gone, in the order in which they would go. */
  readonly #gone = new Map<string, EntryKind>();
  readonly #claimed = new Set<string>();
  /** Directories already resolved; what is there in a view stays there. */
  readonly #known = { removed: new Map<string, string>(), claimed: new Map<string, string>() };
  /** The directory listed last; a list names the paths of one directory one after another. */
  #listed: { directory: string; kinds: Map<string, EntryKind> } = {
    directory: "",
    kinds: new Map(),
  };

  /** `paths` of a cleanup list, the last one first. */
  constructor(paths: Iterable<string>) {
    for (const path of paths) this.#removeInThought(path);
    this.#known.removed.clear(); // a directory looked up early may have gone later
    this.#listed.kinds.clear();
  }

  /** What would stand at `path`, links followed, if all of the list were removed. */
  existing(path: string): Exclude<EntryKind, "symlink"> | undefined {
    if (this.#gone.size === 0) return hostDisk.existing(path);
    const place = this.#place(path, "removed");
    const real = place === undefined ? undefined : this.#follow(place, "removed", 0);
    const kind = real === undefined ? undefined : entryAt(real);
    return kind === "symlink" ? undefined : kind;
  }

  /** Whether an old path is at `path` and may stay, or be replaced by renaming. It is kept then. */
  claim(path: string, as: "file" | "directory"): boolean {
    if (this.#gone.size === 0) return false;
    const place = this.#place(path, "claimed");
    if (place === undefined) return false;
    const kind = this.#gone.get(place);
    if (kind === undefined || (kind === "directory") !== (as === "directory")) return false;
    this.#claimed.add(place);
    return true;
  }

  /** What nobody has claimed, in order of removal. */
  *unclaimed(): Generator<string> {
    for (const path of this.#gone.keys()) if (!this.#claimed.has(path)) yield path;
  }

  /** Everything, in order of removal. */
  all(): Iterable<string> {
    return this.#gone.keys();
  }

  #removeInThought(path: string): void {
    const place = this.#place(path, "removed");
    if (place === undefined || this.#gone.has(place)) return;
    const kind = this.#kinds(dirname(place)).get(lastName(place));
    if (kind === undefined || (kind === "directory" && !this.#isEmpty(place))) return;
    this.#gone.set(place, kind);
  }

  #isEmpty(directory: string): boolean {
    return readdirSync(directory).every((name) => this.#gone.has(below(directory, name)));
  }

  /** One look at a directory costs less than one at each of its entries. */
  #kinds(directory: string): Map<string, EntryKind> {
    if (this.#listed.directory === directory) return this.#listed.kinds;
    const kinds = new Map<string, EntryKind>();
    // What a line takes for a directory may have become a file.
    for (const entry of found(() => readdirSync(directory, { withFileTypes: true })) ?? []) {
      // Some file systems do not tell types along with names.
      const kind = kindOf(entry) ?? "other";
      const { name } = entry;
      kinds.set(name, kind === "other" ? entryAt(below(directory, name)) ?? kind : kind);
    }
    this.#listed = { directory, kinds };
    return kinds;
  }

  /** The path with a real directory before its last name; undefined when there is none. */
  #place(path: string, view: View): string | undefined {
    const directory = this.#directory(dirname(path), view);
    return directory === undefined ? undefined : below(directory, lastName(path));
  }

  #directory(path: string, view: View): string | undefined {
    if (path === "/") return path;
    const known = this.#known[view].get(path);
    if (known !== undefined) return known;
    const parent = this.#directory(dirname(path), view);
    if (parent === undefined) return undefined;
    const real = this.#follow(below(parent, lastName(path)), view, 0);
    if (real !== undefined) this.#known[view].set(path, real);
    return real;
  }

  /** Where a place leads, through links; undefined when it leads nowhere in this view. */
  #follow(place: string, view: View, links: number): string | undefined {
    if (this.#gone.has(place) && !(view === "claimed" && this.#claimed.has(place))) {
      return undefined;
    }
    const kind = entryAt(place);
    if (kind !== "symlink") return kind === undefined ? undefined : place;
    if (links === LINKS_AT_MOST) return undefined;
    const target = readlinkSync(place);
    let at = target.startsWith("/") ? "/" : dirname(place);
    for (const name of target.split("/")) {
      if (name === "" || name === ".") continue;
      const next = name === ".." ? dirname(at) : this.#follow(below(at, name), view, links + 1);
      if (next === undefined) return undefined;
      at = next;
    }
    return at;
  }
}

function entryAt(path: string): EntryKind | undefined {
  return kindOf(found(() => lstatSync(path, { throwIfNoEntry: false })));
}

function below(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
