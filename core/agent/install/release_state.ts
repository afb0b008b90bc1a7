/**
 * What stands at a release directory before an Install, and whether it may become, or is, a link to
 * versions. Changes nothing: every refusal comes before anything is touched.
 * @module
 */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { isMissing } from "../system_error.ts";
import { InstallError } from "./install_error.ts";
import type { ReleaseDirectory } from "./releases.ts";

/** `installed` is a directory of an Install in place; `foreign` is not ours to replace, and why. */
export type Standing =
  | { readonly kind: "missing" | "empty" | "installed" }
  | { readonly kind: "release"; readonly name: string }
  | { readonly kind: "foreign"; readonly refusal: InstallError };

/** Entries that a refusal names. */
const NAMED = 5;

/** `installed` are the paths that the last Install of the group in place has made. */
export function standing(
  { link, releases }: ReleaseDirectory,
  installed: ReadonlySet<string>,
): Standing {
  const there = lstatSync(link, { throwIfNoEntry: false });
  if (there === undefined) return { kind: "missing" };
  if (there.isSymbolicLink()) {
    const target = resolve(dirname(link), readlinkSync(link));
    if (dirname(target) === releases) return { kind: "release", name: basename(target) };
    return foreign(
      link,
      `is a symbolic link to ${target}, which the agent did not make`,
      `Remove the link, which leaves ${target} as it is, or take ${link} off the list`,
    );
  }
  if (!there.isDirectory()) {
    return foreign(link, "is not a directory", `Move it away, or take ${link} off the list`);
  }
  if (readdirSync(link).length === 0) return { kind: "empty" };
  const others = foreignEntries(link, installed).map((path) => relative(link, path));
  if (others.length === 0) return { kind: "installed" };
  const more = others.length > NAMED ? ` and ${others.length - NAMED} more` : "";
  return foreign(
    link,
    "is a directory with something in it that the last deployment of this group did not install: " +
      others.slice(0, NAMED).join(", ") + more,
    `Move that out of ${link} (what outlives a version belongs elsewhere), or take ${link} off the ` +
      "list",
  );
}

/** The group whose versions the folder holds; undefined when it holds none yet. */
export function ownerOf({ releases }: ReleaseDirectory): string | undefined {
  try {
    return readFileSync(ownerNote(releases), "utf8").trim() || undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Names the group, so that two groups cannot take a directory from each other. */
export function ownerNote(releases: string): string {
  return join(releases, ".group");
}

export function otherOwner({ link, releases }: ReleaseDirectory, owner: string): InstallError {
  return refusal(
    link,
    `holds versions of another deployment group, ${owner}`,
    `Install to another directory, or, if that group is gone, remove ${ownerNote(releases)}`,
  );
}

/** The versions in the folder of releases. */
export function versions(releases: string): string[] {
  return namesIn(releases).filter((name) => !name.startsWith("."));
}

/** Names of versions that are not whole: an Install or a removal of them did not end. */
export function unfinished(releases: string): string[] {
  return namesIn(releases).flatMap((name) => /^\.(.+)\.unfinished$/.exec(name)?.[1] ?? []);
}

export function unfinishedNote(releases: string, version: string): string {
  return join(releases, `.${version}.unfinished`);
}

/** Lists what of a version has a SELinux label. */
export function labelsNote(releases: string, version: string): string {
  return join(releases, `.${version}.labels`);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Below a directory of others nothing is looked at: it is named as a whole. */
function foreignEntries(directory: string, installed: ReadonlySet<string>): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .sort((a, b) => a.name < b.name ? -1 : 1)
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      if (!installed.has(path)) return [path];
      return entry.isDirectory() ? foreignEntries(path, installed) : [];
    });
}

function foreign(link: string, what: string, next: string): Standing {
  return { kind: "foreign", refusal: refusal(link, what, next) };
}

function refusal(link: string, what: string, next: string): InstallError {
  return new InstallError(
    link,
    `The deployment failed because ${link}, a release directory of this host ` +
      `(release_directories), ${what}. Nothing was changed. ${next}, and then try again.`,
  );
}
