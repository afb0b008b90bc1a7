/**
 * What a group's cleanup list should say, when the list itself is lost: from `install.json`, which
 * tells every path the last Install made, or from the revision that was installed last. Whatever is
 * not surely the group's own is left out, because the next Install removes what the list names.
 * Changes nothing.
 * @module
 */
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { AppSpec } from "../../domain/appspec.ts";
import { isMissing } from "../system_error.ts";
import { CONTEXT_PREFIX } from "./cleanup.ts";
import { found, hostDisk } from "./disk.ts";
import { isMade } from "./perform.ts";
import { plan } from "./plan.ts";
import { isWithin, releaseDirectories } from "./releases.ts";
import { isIdentical } from "./same_content.ts";
import { contextPath } from "./security_commands.ts";
import { targetPath } from "./target_path.ts";

/** The part of install.json that names what was made. */
const Recorded = z.object({
  instructions: z.array(z.discriminatedUnion("type", [
    z.object({ type: z.literal("mkdir"), directory: z.string() }),
    z.object({ type: z.literal("copy"), source: z.string(), destination: z.string() }),
    z.object({ type: z.literal("semanage"), file: z.string() }),
    z.object({ type: z.enum(["chmod", "chown", "setfacl"]) }),
  ])),
});
export type Recorded = z.infer<typeof Recorded>;

/** Undefined when there is no such file, or it is damaged. */
export function readRecorded(path: string): Recorded | undefined {
  try {
    return Recorded.safeParse(JSON.parse(readFileSync(path, "utf8"))).data;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The deployment whose revision the files came from; undefined when there are none. */
export function recordedDeployment({ instructions }: Recorded): string | undefined {
  for (const instruction of instructions) {
    if (instruction.type !== "copy") continue;
    const id = /\/([^/]+)\/deployment-archive\//.exec(instruction.source)?.[1];
    if (id !== undefined) return id;
  }
  return undefined;
}

export interface HostSettings {
  readonly installRoot?: string;
  /** As AppSpecs name them. */
  readonly releaseDirectories: readonly string[];
  /** Whether another group has installed a path. */
  readonly isOthers: (path: string) => boolean;
}

export interface Rebuilt {
  /** Of a cleanup list, in order. */
  readonly lines: readonly string[];
  /** How many of them are files or links. */
  readonly files: number;
  /** Files and links that were to be installed. */
  readonly known: number;
}

/**
 * Of what install.json names, all that exists. When that Install did not succeed (`hasEnded` is
 * "no"), a file counts only with the revision's own content: another may be somebody else's.
 */
export function fromRecorded(
  { instructions }: Recorded,
  hasEnded: "yes" | "no",
  settings: HostSettings,
): Rebuilt {
  const { isOthers } = settings;
  const isVersions = versionsOf(settings);
  const lines: string[] = [];
  let [files, known] = [0, 0];
  for (const instruction of instructions) {
    if (instruction.type === "mkdir") {
      const { directory } = instruction;
      if (hostDisk.kind(directory) === "directory" && !isVersions(directory)) lines.push(directory);
    } else if (instruction.type === "copy" && !isVersions(instruction.destination)) {
      const { source, destination } = instruction;
      known++;
      const kind = hostDisk.kind(destination);
      if ((kind !== "file" && kind !== "symlink") || isOthers(destination)) continue;
      if (hasEnded === "no" && !isCopyOf(source, destination)) continue;
      lines.push(destination);
      files++;
    }
  }
  const left = new Set(lines);
  for (const instruction of instructions) {
    if (instruction.type !== "semanage" || !left.has(instruction.file)) continue;
    lines.push(`${CONTEXT_PREFIX}${contextPath(instruction.file)}`);
  }
  return { lines, files, known };
}

/**
 * Of what a revision would install here, the files that are there with the same content, and
 * directories at or below a destination that hold nothing else. Throws what planning throws.
 */
export function fromRevision(
  archiveDir: string,
  appSpec: AppSpec,
  settings: HostSettings,
): Rebuilt {
  const { installRoot, isOthers } = settings;
  const archive = hostDisk.realPath(archiveDir) ?? archiveDir;
  const isVersions = versionsOf(settings);
  const { instructions } = plan({
    appSpec: { ...appSpec, permissions: [] },
    archiveDir,
    fileExistsBehavior: "DISALLOW",
    ...(installRoot !== undefined && { installRoot }),
    // As on a host where nothing is installed: then the plan has every path.
    disk: {
      ...hostDisk,
      existing: (path) => isWithin(path, archive) ? hostDisk.existing(path) : undefined,
    },
  });
  const made = instructions.filter(isMade).filter(({ path }) => !isVersions(path));
  const ours = new Set<string>();
  let known = 0;
  for (const instruction of made) {
    if (instruction.kind === "mkdir") continue;
    known++;
    const { source, path } = instruction;
    if (isCopyOf(source, path) && !isOthers(path)) ours.add(path);
  }
  const files = ours.size;
  const destinations = appSpec.files.map((one) => targetPath(one.destination, installRoot));
  const directories = made.filter(({ kind }) => kind === "mkdir").map(({ path }) => path);
  // The innermost first: a directory holds only ours when those in it do.
  for (const path of directories.toSorted((a, b) => b.length - a.length)) {
    const isBelow = destinations.some((destination) => isWithin(path, destination));
    if (isBelow && holdsOnly(path, ours)) ours.add(path);
  }
  return { lines: made.map(({ path }) => path).filter((path) => ours.has(path)), files, known };
}

/** An empty directory holds nothing of ours, so nothing says that it is. */
function holdsOnly(directory: string, ours: ReadonlySet<string>): boolean {
  if (hostDisk.kind(directory) !== "directory") return false;
  const names = readdirSync(directory);
  return names.length > 0 && names.every((name) => ours.has(join(directory, name)));
}

function isCopyOf(source: string, path: string): boolean {
  return found(() => lstatSync(source, { throwIfNoEntry: false })) !== undefined &&
    found(() => lstatSync(dirname(path), { throwIfNoEntry: false })) !== undefined &&
    found(() => isIdentical(source, path)) === true;
}

/**
 * Versions of release directories are removed as a whole and stand in no list; a listed directory
 * that is no link yet is one of an Install in place.
 */
function versionsOf({ releaseDirectories: listed, installRoot }: HostSettings) {
  const all = releaseDirectories(listed, installRoot, "version")
    .map((one) => ({ ...one, isLink: hostDisk.kind(one.link) === "symlink" }));
  return (path: string): boolean =>
    all.some(({ link, releases, isLink }) =>
      isWithin(path, releases) || (isLink && isWithin(path, link))
    );
}
