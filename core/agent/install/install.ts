/**
 * Install: takes the last deployment's files away and puts this one's there. What is visible in the
 * end is what CodeDeploy's agent leaves (spec 5.4): old files go before new ones are checked, so a
 * refusal under DISALLOW leaves the host without either (trap 2), unless the host is set to check
 * before it removes.
 *
 * The way there is another one. The new version is planned as if the old one were gone; what both
 * have stays in place or is replaced in one step, and only the rest is removed.
 *
 * Killed at any point, it may simply be run again: all that it may have made is in the cleanup list,
 * together with all that the last one had made, until its end.
 * @module
 */
import type { AppSpec } from "../../domain/appspec.ts";
import { cleanupPath } from "../layout.ts";
import { CleanupList } from "./cleanup_list.ts";
import { allInTheWay, OtherGroups } from "./collisions.ts";
import { hostDisk } from "./disk.ts";
import { InstallRun } from "./install_run.ts";
import { type LastInstall, readLastInstall } from "./last_install.ts";
import { openReleases, type ReleaseSettings } from "./open_releases.ts";
import { type Plan, plan } from "./plan.ts";
import { stepsOf } from "./release_steps.ts";
import { isIdentical } from "./same_content.ts";
import type { ReleaseResult, Releases } from "./switch_release.ts";
import { hostWriter, type Writer } from "./writer.ts";

export interface InstallInput extends ReleaseSettings {
  /** The unpacked revision. */
  readonly archiveDir: string;
  /** This deployment's folder; the group's pointer names it when Install has ended. */
  readonly deploymentRoot: string;
  /** `<root>/deployment-instructions` */
  readonly instructionsDir: string;
  readonly groupId: string;
  readonly appSpec: AppSpec;
  /** The deployment's setting, used when the AppSpec has none (trap 7). */
  readonly fileExistsBehavior: string;
  /** Goes before every destination and permissions object. */
  readonly installRoot?: string;
  /** When a file in the way is noticed; CodeDeploy's agent looks after the old files are gone. */
  readonly existenceChecks?: "after-removal" | "before-removal";
  /** Whether a file in the way with the same content counts as installed by this group. */
  readonly adoptIfIdentical?: boolean;
  /** What changes the machine; this host's without. */
  readonly writer?: Writer;
}

/** Counts of paths. */
export interface InstallResult {
  /** Of the last deployment, which this one does not have. */
  readonly removed: number;
  readonly directories: number;
  /** Files and links of this deployment, without the retained ones. */
  readonly files: number;
  /** Of these, the ones that were in place with the same content and stayed. */
  readonly unchanged: number;
  /** Left as they were (RETAIN). */
  readonly retained: number;
  /** An earlier Install had been cut off, and this one has put it right. */
  readonly hasRecovered: boolean;
  /** Release directories, if there are any: which changed over, and what was left. */
  readonly releases?: ReleaseResult;
}

/** Throws InstallError naming the path at fault. */
export async function install(input: InstallInput): Promise<InstallResult> {
  const { instructionsDir, groupId, writer = hostWriter } = input;
  const list = new CleanupList(cleanupPath(instructionsDir, groupId), writer);
  const releases = openReleases(input, list, stepsOf(writer));
  const last = readLastInstall(instructionsDir, groupId, list, (path) => !releases.keeps(path));
  const run = new InstallRun({ ...input, last, releases, writer });
  let planned: Plan;
  try {
    planned = planFor(input, last, releases);
  } catch (error) {
    if (input.existenceChecks !== "before-removal") {
      await releases.begin();
      await run.removeOld();
    }
    throw error;
  }
  await releases.begin();
  const placed = { ...planned, instructions: releases.place(planned.instructions) };
  const done = await run.install(placed);
  return releases.isAny ? { ...done, releases: await releases.end() } : done;
}

function planFor(input: InstallInput, { leftovers }: LastInstall, releases: Releases): Plan {
  const groups = new OtherGroups(input.instructionsDir, input.groupId);
  const collisions = new Set<string>();
  const planned = plan({
    ...input,
    disk: releases.view({ ...hostDisk, existing: (path) => leftovers.existing(path) }),
    claim: (path, as) => leftovers.claim(path, as),
    // What another group has installed is its to remove: it must not become ours as well.
    ...(input.adoptIfIdentical && {
      adopts: (source, path) => isIdentical(source, path) && groups.ownerOf(path) === undefined,
    }),
    ...(input.existenceChecks === "before-removal" && {
      onCollision: (path) => void collisions.add(path),
    }),
  });
  if (collisions.size > 0) throw allInTheWay(collisions, groups);
  return planned;
}
