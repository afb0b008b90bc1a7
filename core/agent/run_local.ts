/**
 * `runtime agent run-local`: takes a bundle through its lifecycle events on this machine, without a
 * server, as CodeDeploy's `codedeploy-local` does. What downloads, unpacks, installs and runs scripts
 * is the agent's own code; a bundle that lies here is taken in place of a download.
 * @module
 */
import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, realpath } from "node:fs/promises";
import { resolve } from "node:path";
import process from "node:process";
import type { RunOutcome } from "../domain/after_hook.ts";
import type { LifecycleEvent, LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { LogLine } from "../wire/agent_protocol.ts";
import { type Folders, readFolders } from "./config.ts";
import { counted } from "./counted.ts";
import { type BundleSource, downloadBundle } from "./download.ts";
import { bundleFor } from "./early_download.ts";
import type { HookSpecification } from "./hook_environment.ts";
import { type EventContext, type EventEnd, SUCCEEDED, unknownError } from "./host.ts";
import { appSpecWarnings } from "./install/find_appspec.ts";
import { type DeploymentPaths, type Layout, layout } from "./layout.ts";
import { perform } from "./lifecycle.ts";
import {
  findLocalBundle,
  type LocalBundle,
  type LocalBundleType,
  unpackLocalBundle,
} from "./local_bundle.ts";
import { localEvents } from "./local_events.ts";
import { badLocalInput, type FailureReport, reportOf } from "./local_failure.ts";
import { runLocalHooks } from "./local_hooks.ts";
import { type FetchedBundle, fetchedBundle } from "./local_location.ts";
import { lockLocal } from "./local_lock.ts";
import { failedEvent } from "./local_report.ts";
import { writePointer } from "./pointer_file.ts";
import { pruneRevisions } from "./retention.ts";
import { systemErrorCode } from "./system_error.ts";

/** Paths are as the person gave them, relative to the working directory. */
export interface LocalRunOptions {
  location: string;
  /** Else what the location shows. */
  type?: LocalBundleType;
  fileExistsBehavior: HookSpecification["AgentActionOverrides"]["AgentOverrides"][
    "FileExistsBehavior"
  ];
  /** The group's id: revisions and what was installed are kept apart by it. */
  groupId: string;
  groupName: string;
  application: string;
  /** Names of lifecycle events; all without. */
  events?: readonly string[];
  appSpecFilename: string;
  /** A codedeployagent.yml, whose folders and ways to install are used. */
  config?: string;
  /** Over what the configuration says; without both, `.runtime-local`. */
  root?: string;
  installRoot?: string;
  /** Where AWS's variables are looked for; the process' own without. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** Ends the running script and the run. */
  signal: AbortSignal;
}

/** Hears how the run goes, while it goes. */
export interface LocalRunWatcher {
  begins(run: { deploymentId: string; events: readonly LifecycleEventName[]; root: string }): void;
  /** Once when it begins, InProgress, and once when it has ended. */
  event(event: LifecycleEvent): void;
  line(line: LogLine): void;
}

const DEFAULT_ROOT = ".runtime-local";
const DEFAULT_MAX_REVISIONS = 5;
/** Folders of the root that no group may be called. */
const RESERVED = new Set(["deployment-instructions", "deployment-logs", "agent-logs", ".", ".."]);

/** Runs the events up to the first failure; answers what failed, nothing when all went well. */
export async function runLocal(
  options: LocalRunOptions,
  watcher: LocalRunWatcher,
): Promise<FailureReport | undefined> {
  try {
    const events = localEvents(options.events);
    refuseGroup(options.groupId);
    const bundle = await bundleOf(options);
    const folders = await foldersOf(options);
    const places = layout(folders.rootDir, folders);
    const unlock = await lockLocal(places);
    try {
      return await new LocalRun({ options, watcher, events, bundle, folders, places }).run();
    } finally {
      await unlock();
    }
  } catch (error) {
    return reportOf(error);
  }
}

/** A bundle to fetch, and the way to it. */
type Away = FetchedBundle & { reach: BundleSource };

/** Only a run that fetches loads what that takes. */
async function bundleOf({ location, type, config, environment }: LocalRunOptions) {
  const fetched = fetchedBundle(location, type);
  if (!fetched) return await findLocalBundle(location, type);
  const { localReach } = await import("./local_reach.ts");
  return {
    ...fetched,
    reach: await localReach(fetched.revision, config, environment ?? process.env),
  };
}

interface LocalRunParts {
  options: LocalRunOptions;
  watcher: LocalRunWatcher;
  events: readonly LifecycleEventName[];
  bundle: LocalBundle | Away;
  folders: Folders;
  places: Layout;
}

class LocalRun {
  readonly #parts: LocalRunParts;
  readonly #specification: HookSpecification;
  readonly #paths: DeploymentPaths;
  /** By the event that ended the run, unless it failed by its scripts. */
  #thrown: unknown;

  constructor(parts: LocalRunParts) {
    const { options, places, bundle } = parts;
    this.#parts = parts;
    this.#specification = {
      DeploymentId: localDeploymentId(),
      DeploymentGroupId: options.groupId,
      DeploymentGroupName: options.groupName,
      ApplicationName: options.application,
      DeploymentCreator: "user",
      DeploymentType: "IN_PLACE",
      AppSpecFilename: options.appSpecFilename,
      AgentActionOverrides: {
        AgentOverrides: { FileExistsBehavior: options.fileExistsBehavior },
      },
      ...("revision" in bundle && { Revision: bundle.revision }),
    };
    this.#paths = places.deployment(options.groupId, this.#specification.DeploymentId);
  }

  async run(): Promise<FailureReport | undefined> {
    const { events, watcher, places } = this.#parts;
    const deploymentId = this.#specification.DeploymentId;
    watcher.begins({ deploymentId, events, root: places.root });
    const { report, outcome } = await this.#events();
    const hooks = { specification: this.#specification, layout: places, watcher };
    await runLocalHooks(outcome, hooks);
    return report;
  }

  async #events(): Promise<{ report?: FailureReport; outcome: RunOutcome }> {
    const { events, watcher, options, bundle } = this.#parts;
    const deploymentId = this.#specification.DeploymentId;
    for (const [index, name] of events.entries()) {
      const startTime = Date.now();
      watcher.event({ name, status: "InProgress", startTime });
      const { exitCode, ...diagnostics } = await this.#event(name);
      const status = diagnostics.error_code === 0 ? "Succeeded" : "Failed";
      watcher.event({ name, status, startTime, endTime: Date.now(), diagnostics });
      if (status === "Succeeded") continue;
      const report = failedEvent({
        deploymentId,
        event: name,
        diagnostics,
        notRun: events.slice(index + 1),
        paths: this.#paths,
        bundle,
        appSpecFilename: options.appSpecFilename,
        ended: options.signal.aborted ? "interrupted" : this.#denied() ? "denied" : "failed",
      });
      const code = exitCode === undefined ? {} : { exitCode };
      const failed: RunOutcome = { status: "Failed", failedEvent: name, ...code };
      return { report, outcome: options.signal.aborted ? { status: "Stopped" } : failed };
    }
    return { outcome: { status: "Succeeded" } };
  }

  async #event(name: LifecycleEventName): Promise<EventEnd> {
    const { folders, places, options, watcher } = this.#parts;
    const context: EventContext = {
      onLine: (stream, text) => watcher.line({ event: name, stream, at: Date.now(), text }),
      onSpawn() {},
      signal: options.signal,
    };
    try {
      options.signal.throwIfAborted();
      await bundleFor(name, { specification: this.#specification }, context, {
        from: folders.stopScriptFrom ?? "previous",
        places,
        download: () => this.#takeBundle(context),
      });
      if (name === "DownloadBundle") return SUCCEEDED;
      const end = await perform(name, this.#specification, context, folders);
      return "reboot" in end ? noReboot(end.reboot.script) : end;
    } catch (error) {
      this.#thrown = error;
      return unknownError(error instanceof Error ? error.message : String(error));
    }
  }

  /** Another user would be let in, or another place would do: say so to who only wants a try. */
  #denied(): boolean {
    const error = this.#thrown;
    const causes = [error, error instanceof Error ? error.cause : undefined];
    return causes.some((one) => ["EACCES", "EPERM", "EROFS"].includes(systemErrorCode(one) ?? ""));
  }

  /** DownloadBundle as the agent does it (spec 6.1), or a bundle of this machine in its place. */
  async #takeBundle(context: EventContext): Promise<void> {
    const { places, folders, options, bundle } = this.#parts;
    const { AppSpecFilename, DeploymentId, DeploymentGroupId } = this.#specification;
    await pruneRevisions({
      layout: places,
      groupId: options.groupId,
      currentDeploymentId: DeploymentId,
      maxRevisions: folders.maxRevisions,
    });
    await mkdir(this.#paths.root, { recursive: true });
    if ("revision" in bundle) {
      const specification = { DeploymentId, DeploymentGroupId, Revision: bundle.revision };
      await downloadBundle({ specification }, places, bundle.reach, context);
    } else {
      await this.#takeFrom(bundle, context);
    }
    for (const warning of appSpecWarnings(this.#paths.archive, AppSpecFilename)) {
      context.onLine("agent", warning);
    }
  }

  async #takeFrom(bundle: LocalBundle, { onLine, signal }: EventContext): Promise<void> {
    const { places, folders: { installRoot }, options } = this.#parts;
    const except = [await realpath(places.root)];
    if (installRoot !== undefined && existsSync(installRoot)) {
      except.push(await realpath(installRoot));
    }
    const taken = await unpackLocalBundle(bundle, this.#paths.archive, { except, signal });
    const size = `${counted(taken.files, "file")}, ${counted(taken.bytes, "byte")}`;
    onLine("agent", `Took ${bundle.path}: ${size}`);
    writePointer(places.mostRecentInstall(options.groupId), this.#paths.root);
  }
}

/** Nobody would go on with the run after that. */
function noReboot(script: string): EventEnd {
  const message = `${script} asks for a restart of the machine, which a local run does not do. ` +
    "The scripts after it did not run; restart the machine yourself to go on by hand";
  return unknownError(message, script);
}

/** `d-XXXXXXXXX-local`. */
function localDeploymentId(): string {
  const signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const id = Array.from({ length: 9 }, () => signs.charAt(randomInt(signs.length)));
  return `d-${id.join("")}-local`;
}

function refuseGroup(groupId: string): void {
  if (/^[\w.@:+-]+$/.test(groupId) && !RESERVED.has(groupId)) return;
  throw badLocalInput(
    `-g, --deployment-group: ${JSON.stringify(groupId)} cannot name a group`,
    "its folder is called so: letters, digits and . _ - only, and none of the root's own folders",
    "leave it out, or give another id",
  );
}

async function foldersOf({ config, root, installRoot }: LocalRunOptions): Promise<Folders> {
  const given: Folders = config === undefined
    ? { rootDir: DEFAULT_ROOT, maxRevisions: DEFAULT_MAX_REVISIONS }
    : await readFolders(config);
  const install = installRoot ?? given.installRoot;
  return {
    ...given,
    rootDir: resolve(root ?? given.rootDir),
    ...(install !== undefined && { installRoot: resolve(install) }),
  };
}
