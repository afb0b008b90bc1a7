/**
 * Install: takes the last deployment's files away and puts this one's there, by the algorithm of
 * CodeDeploy's agent (spec 5.4), in its order. Old files go before new ones are checked, so a refusal
 * under DISALLOW leaves the host without either, as CodeDeploy does (trap 2).
 *
 * Killed at any point, it may simply be run again: what it had made is in the cleanup list.
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import type { AppSpec } from "../../domain/appspec.ts";
import { cleanupPath, installJsonPath, lastSuccessfulInstallPath } from "../layout.ts";
import { writePointer } from "../pointer_file.ts";
import { hostAccounts } from "./accounts.ts";
import { cleanUp } from "./cleanup.ts";
import { CleanupList } from "./cleanup_list.ts";
import { hostDisk } from "./disk.ts";
import { instructionsJson } from "./instruction.ts";
import { perform } from "./perform.ts";
import { plan } from "./plan.ts";

export interface InstallInput {
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
}

/** Counts of paths. */
export interface InstallResult {
  /** Of the last deployment. */
  readonly removed: number;
  readonly directories: number;
  /** Copied files and links. */
  readonly files: number;
  /** Left as they were (RETAIN). */
  readonly retained: number;
}

/** Throws InstallError naming the path at fault. */
export async function install(input: InstallInput): Promise<InstallResult> {
  const { instructionsDir, groupId } = input;
  const listPath = cleanupPath(instructionsDir, groupId);
  mkdirSync(instructionsDir, { recursive: true });
  const removed = await cleanUp(listPath);
  const { instructions, retained } = plan({ ...input, disk: hostDisk });
  writeFileSync(installJsonPath(instructionsDir, groupId), instructionsJson(instructions));
  const list = new CleanupList(listPath);
  try {
    await perform(instructions, list, hostAccounts());
  } finally {
    list.close();
  }
  writePointer(lastSuccessfulInstallPath(instructionsDir, groupId), input.deploymentRoot);
  const directories = instructions.filter(({ kind }) => kind === "mkdir").length;
  const files = instructions.filter(({ kind }) => kind === "copy" || kind === "symlink").length;
  return { removed, directories, files, retained: retained.length };
}
