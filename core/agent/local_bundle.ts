/**
 * A bundle that lies on this machine, as a folder or an archive, in place of one that is downloaded.
 * @module
 */
import { realpath, rm, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { HostBundleType } from "../domain/https_location.ts";
import type { AgentFailure } from "./failure.ts";
import { extractArchive, type Unpacked } from "./archive/extract.ts";
import { stripLeadingDirectory } from "./archive/strip.ts";
import { copyTree } from "./copy_tree.ts";
import { badLocalInput } from "./local_failure.ts";

export type LocalBundleType = "directory" | HostBundleType;

export interface LocalBundle {
  /** Absolute, without symbolic links. */
  path: string;
  type: LocalBundleType;
}

const ENDINGS: readonly (readonly [ending: string, type: HostBundleType])[] = [
  [".tgz", "tgz"],
  [".tar.gz", "tgz"],
  [".tar", "tar"],
  [".zip", "zip"],
];

/** Finds the bundle, its type from what is there unless it is given. Throws AgentFailure. */
export async function findLocalBundle(
  location: string,
  type: LocalBundleType | undefined,
): Promise<LocalBundle> {
  const path = await realpath(resolve(location)).catch((cause) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw noBundle(reason, "name the folder that holds appspec.yml, or a .tgz, .tar or .zip file");
  });
  const found = await stat(path);
  return { path, type: typeOf(path, found.isDirectory() ? "directory" : "file", type) };
}

/** The type of archive that a name's ending shows. */
export function archiveTypeOf(name: string): HostBundleType | undefined {
  return ENDINGS.find(([ending]) => name.toLowerCase().endsWith(ending))?.[1];
}

function typeOf(
  path: string,
  found: "directory" | "file",
  given: LocalBundleType | undefined,
): LocalBundleType {
  const wanted = given ?? (found === "directory" ? found : archiveTypeOf(path));
  if (wanted === undefined) {
    throw noBundle(`${path} ends in none of .tgz .tar.gz .tar .zip`, "say what it is: --type tgz");
  }
  if ((wanted === "directory") === (found === "directory")) return wanted;
  throw noBundle(`${path} is a ${found}, and --type says ${wanted}`, "leave --type out");
}

/** Nothing to run is where the person said; nothing was done. */
export function noBundle(evidence: string, next: string): AgentFailure {
  return badLocalInput("-l, --bundle-location: there is no bundle to run", evidence, next);
}

/**
 * Puts the bundle's content into `archive`, replacing what is there; the agent's own folders in
 * `except` do not belong to it. Throws what copying or unpacking throws, and leaves nothing then.
 */
export async function unpackLocalBundle(
  bundle: LocalBundle,
  archive: string,
  { except, signal }: { except: readonly string[]; signal: AbortSignal },
): Promise<Unpacked> {
  await rm(archive, { recursive: true, force: true });
  try {
    if (bundle.type === "directory") {
      return await copyTree({ from: bundle.path, to: archive, except, signal });
    }
    const unpacked = await extractArchive({
      file: bundle.path,
      bundleType: bundle.type,
      destination: archive,
      signal,
    });
    await stripLeadingDirectory(archive);
    return unpacked;
  } catch (error) {
    await rm(archive, { recursive: true, force: true });
    throw error;
  }
}
