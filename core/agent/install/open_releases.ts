/**
 * What an Install needs to know of its release directories before it changes anything: which of them
 * this revision uses, and what the group's last Install has left in them.
 * @module
 */
import { basename } from "node:path";
import type { AppSpec } from "../../domain/appspec.ts";
import { lastSuccessfulInstallPath } from "../layout.ts";
import { readPointer } from "../pointer_file.ts";
import { parseCleanup } from "./cleanup.ts";
import type { CleanupList } from "./cleanup_list.ts";
import { hostDisk } from "./disk.ts";
import type { ReleaseSteps } from "./release_steps.ts";
import { isUsed, releaseDirectories } from "./releases.ts";
import { Releases } from "./switch_release.ts";

export interface ReleaseSettings {
  /** As AppSpecs name them; none without. */
  readonly releaseDirectories?: readonly string[];
  /** How many versions stay of each, the linked one included; at least 1. */
  readonly maxRevisions?: number;
}

const DEFAULT_MAX_REVISIONS = 5;

/**
 * The release directories of an Install, none being the usual case. `list` is the group's cleanup
 * list. Throws InstallError for a directory that cannot be one.
 */
export function openReleases(
  input: ReleaseSettings & {
    readonly appSpec: Pick<AppSpec, "files">;
    readonly archiveDir: string;
    readonly deploymentRoot: string;
    readonly instructionsDir: string;
    readonly groupId: string;
    readonly installRoot?: string;
  },
  list: Pick<CleanupList, "text">,
  steps: ReleaseSteps,
): Releases {
  const { instructionsDir, groupId, installRoot, deploymentRoot } = input;
  const deployment = basename(deploymentRoot);
  const listed = releaseDirectories(input.releaseDirectories ?? [], installRoot, deployment);
  const used = listed.filter(({ link }) => isUsed(link, input, hostDisk));
  const previous = readPointer(lastSuccessfulInstallPath(instructionsDir, groupId));
  const releases = new Releases({
    groupId,
    used,
    unused: listed.filter((one) => !used.includes(one)),
    installed: new Set(listed.length === 0 ? [] : parseCleanup(list.text).paths),
    previous: previous === undefined ? undefined : basename(previous),
    keep: input.maxRevisions ?? DEFAULT_MAX_REVISIONS,
  }, steps);
  releases.check();
  return releases;
}
