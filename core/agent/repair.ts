/**
 * `runtime agent repair`: finds what is wrong with the agent's own files below its root and mends
 * it. What a group's last Install made is found again, so that the next one removes it; pointers to
 * folders that are gone are put right; what killed processes left behind goes.
 * @module
 */
import { existsSync, lstatSync, readFileSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AppSpecError } from "../domain/appspec.ts";
import { type AgentConfig, readConfig } from "./config.ts";
import { busyDeployments } from "./busy_deployments.ts";
import { AgentFailure, EXIT } from "./failure.ts";
import { parseCleanup } from "./install/cleanup.ts";
import { CleanupList } from "./install/cleanup_list.ts";
import { OtherGroups } from "./install/collisions.ts";
import { AppSpecMissingError, readAppSpec } from "./install/find_appspec.ts";
import { InstallError } from "./install/install_error.ts";
import {
  fromRecorded,
  fromRevision,
  type HostSettings,
  readRecorded,
  recordedDeployment,
} from "./install/rebuilt_list.ts";
import { hostWriter } from "./install/writer.ts";
import {
  cleanupPath,
  deploymentPaths,
  installJournalPath,
  installJsonPath,
  type Layout,
  layout,
} from "./layout.ts";
import { type FailureReport, reportOf } from "./local_failure.ts";
import { lockLocal } from "./local_lock.ts";
import { lockRoot, RootInUse } from "./lock.ts";
import { readPointer, writePointer } from "./pointer_file.ts";
import { removeTree } from "./remove_tree.ts";
import {
  type Finding,
  type Findings,
  findingsOf,
  type GroupView,
  type ListSource,
} from "./repair_findings.ts";
import { asAgentFailure, entriesOf, foldersIn, NO_GROUPS } from "./status.ts";
import { isMissing } from "./system_error.ts";

export interface RepairReport extends Findings {
  readonly root: string;
  /** Whether what could be mended was. */
  readonly isApplied: boolean;
}

export interface RepairOptions {
  /** Path of codedeployagent.yml. */
  readonly config: string;
  /** `look` changes nothing. */
  readonly mode: "look" | "apply";
}

type Settings = Pick<AgentConfig, "rootDir" | "releaseDirectories" | "ongoingDeployments"> & {
  readonly installRoot?: string;
};

/** Looks, and mends when it is to; a failure says why nothing was done. */
export async function repair(
  { config: file, mode }: RepairOptions,
): Promise<{ report: RepairReport } | { failure: FailureReport }> {
  try {
    const config = await readConfig(file);
    return { report: await repairRoot(config, mode) };
  } catch (error) {
    return { failure: reportOf(asAgentFailure(error)) };
  }
}

/** As `repair`, of a configuration that was read. Throws AgentFailure, or an error of the disk. */
export async function repairRoot(
  config: Settings,
  mode: RepairOptions["mode"],
): Promise<RepairReport> {
  const places = layout(config.rootDir);
  const { root } = places;
  if (!existsSync(root)) return { root, findings: [], untouched: [], isApplied: mode === "apply" };
  if (mode === "look") {
    return { root, ...findingsOf(await view(config, places)), isApplied: false };
  }
  const letGo = await lock(places);
  try {
    const found = findingsOf(await view(config, places));
    for (const finding of found.findings) await mend(finding);
    return { root, ...found, isApplied: true };
  } finally {
    await letGo();
  }
}

/** Neither an agent nor a local run may work here. */
async function lock(places: Layout): Promise<() => Promise<void>> {
  let letGo: () => Promise<void>;
  try {
    letGo = await lockRoot(places.root);
  } catch (cause) {
    if (!(cause instanceof RootInUse)) throw cause;
    throw new AgentFailure({
      exitCode: EXIT.failed,
      cause: `An agent works on ${places.root}`,
      evidence: `process ${cause.pid} holds ${join(places.root, "agent.lock")}`,
      state: "nothing was done",
      next: "stop the agent (systemctl stop runtime-agent), mend, and start it again; without " +
        "--apply it may run",
    }, { cause });
  }
  try {
    const letLocalGo = await lockLocal(places);
    return async () => {
      await letLocalGo();
      await letGo();
    };
  } catch (error) {
    await letGo();
    throw error;
  }
}

async function mend({ path, mend }: Finding): Promise<void> {
  switch (mend?.kind) {
    case "write":
      return new CleanupList(path, hostWriter).replace(mend.lines);
    case "point":
      return writePointer(path, mend.to);
    case "remove": {
      const there = lstatSync(path, { throwIfNoEntry: false });
      return there?.isDirectory() ? await removeTree(path) : await rm(path, { force: true });
    }
  }
}

const SUFFIX = /^(.+?)(?:-cleanup|-install\.json|_last_successful_install|_most_recent_install)$/;
const JOURNAL = /^(.+)-install\.journal$/;

async function view(config: Settings, places: Layout): Promise<GroupView[]> {
  const names = (await entriesOf(places.instructions)).map(({ name }) => name).sort();
  const folders = (await foldersIn(places.root)).map(({ name }) => name)
    .filter((name) => !NO_GROUPS.has(name) && name !== config.ongoingDeployments);
  // Folders first and the journal then: what was begun in between is in the journal.
  const groupIds = new Set(folders);
  for (const name of names) {
    const base = name.replace(/\.new$/, "");
    const groupId = (SUFFIX.exec(base) ?? JOURNAL.exec(base))?.[1];
    if (groupId !== undefined) groupIds.add(groupId);
  }
  const downloads = new Map<string, string[]>();
  for (const groupId of folders) {
    downloads.set(groupId, (await foldersIn(join(places.root, groupId))).map(({ name }) => name));
  }
  const busy = await busyDeployments(places);
  return [...groupIds].sort().map((groupId) =>
    groupView({ config, places, groupId, names, busy, deployments: downloads.get(groupId) ?? [] })
  );
}

interface Looked {
  readonly config: Settings;
  readonly places: Layout;
  readonly groupId: string;
  /** In the folder of instructions. */
  readonly names: readonly string[];
  readonly busy: ReadonlySet<string>;
  /** Names of the group's folders. */
  readonly deployments: readonly string[];
}

function groupView(looked: Looked): GroupView {
  const { places, groupId } = looked;
  const { instructions } = places;
  const listPath = cleanupPath(instructions, groupId);
  const journal = installJournalPath(instructions, groupId);
  const listText = textOf(listPath);
  const pointers = [places.lastSuccessfulInstall(groupId), places.mostRecentInstall(groupId)]
    .flatMap((path) => {
      const target = readPointer(path);
      return target === undefined ? [] : [{ path, target, isThere: existsSync(target) }];
    });
  return {
    groupId,
    ...(existsSync(journal) && { journal }),
    listPath,
    listText,
    source: listSource(looked),
    pointers,
    complete: completeOf(looked),
    leftovers: [...leftoversOf(looked), ...draftsOf(looked, listText ?? "")],
  };
}

function listSource({ config, places, groupId }: Looked): ListSource {
  const last = readPointer(places.lastSuccessfulInstall(groupId));
  const others = new OtherGroups(places.instructions, groupId);
  const settings: HostSettings = {
    releaseDirectories: config.releaseDirectories,
    ...(config.installRoot !== undefined && { installRoot: config.installRoot }),
    isOthers: (path) => others.ownerOf(path) !== undefined,
  };
  const json = installJsonPath(places.instructions, groupId);
  const recorded = readRecorded(json);
  if (recorded) {
    const deployment = recordedDeployment(recorded);
    const isWhole = deployment !== undefined && last !== undefined && deployment === basename(last);
    const rebuilt = fromRecorded(recorded, isWhole ? "yes" : "no", settings);
    return { from: basename(json), isWhole, ...rebuilt };
  }
  if (last === undefined) return { missing: "No deployment of the group is known" };
  const { archive } = deploymentPaths(last);
  try {
    const appSpec = readAppSpec(archive, "appspec.yml");
    const from = `the revision of ${basename(last)}`;
    return { from, isWhole: false, ...fromRevision(archive, appSpec, settings) };
  } catch (error) {
    const isKnown = error instanceof AppSpecError || error instanceof AppSpecMissingError ||
      error instanceof InstallError;
    if (!isKnown) throw error;
    return { missing: `The revision in ${archive} cannot tell` };
  }
}

/** The archive gets its name when it is whole. */
function completeOf({ places, groupId, deployments }: Looked): string[] {
  return deployments.map((name) => join(places.group(groupId), name))
    .filter((path) => existsSync(deploymentPaths(path).archive))
    .map((path) => ({ path, mtimeMs: statSync(path).mtimeMs }))
    .sort((a, b) => b.mtimeMs - a.mtimeMs)
    .map(({ path }) => path);
}

function leftoversOf(
  { places, groupId, names, busy, deployments }: Looked,
): GroupView["leftovers"] {
  const own = names.filter((name) => {
    const base = name.replace(/\.new$/, "");
    return base !== name && (SUFFIX.exec(base) ?? JOURNAL.exec(base))?.[1] === groupId;
  }).map((name) => ({ path: join(places.instructions, name), what: "a draft" }));
  const unpacked = deployments.map((name) => join(places.group(groupId), name))
    .filter((path) => !busy.has(path))
    .map((path) => ({
      path: `${deploymentPaths(path).archive}.new`,
      what: "a half-unpacked bundle",
    }))
    .filter(({ path }) => existsSync(path));
  return [...own, ...unpacked];
}

/** Files are replaced by way of a draft beside them, wherever they lie. */
function draftsOf({ places, groupId }: Looked, listText: string): GroupView["leftovers"] {
  const recorded = readRecorded(installJsonPath(places.instructions, groupId));
  const made = recorded?.instructions.flatMap((one) =>
    one.type === "copy" ? [one.destination] : []
  );
  const directories = new Set([...parseCleanup(listText).paths, ...made ?? []].map(dirname));
  return [...directories].map((directory) => join(directory, `.runtime-${groupId}.new`))
    .filter((path) => isFileOrLink(path))
    .map((path) => ({ path, what: "a draft" }));
}

function isFileOrLink(path: string): boolean {
  try {
    const there = lstatSync(path, { throwIfNoEntry: false });
    return there !== undefined && !there.isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
