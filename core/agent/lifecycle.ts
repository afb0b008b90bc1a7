/**
 * Performs lifecycle events on this machine: DownloadBundle and Install by the agent itself, every
 * other event by the scripts that the AppSpec names. Loaded with the first order.
 * @module
 */
import type { AppSpec } from "../domain/appspec.ts";
import { unknownEvents, unknownEventsSentence } from "../domain/appspec_events.ts";
import {
  AGENT_EVENTS,
  type Diagnostics,
  type LifecycleEventName,
} from "../domain/lifecycle_event.ts";
import type { Order } from "../wire/agent_protocol.ts";
import { afterHooksOf } from "./after_hooks.ts";
import type { AgentConfig } from "./config.ts";
import { counted } from "./counted.ts";
import { downloadBundle } from "./download.ts";
import { bundleFor, wantsBundle } from "./early_download.ts";
import type { HookSpecification } from "./hook_environment.ts";
import {
  type EventContext,
  type EventEnd,
  type Host,
  type RebootWanted,
  SUCCEEDED,
} from "./host.ts";
import { appSpecWarnings, readAppSpec } from "./install/find_appspec.ts";
import { install } from "./install/install.ts";
import { InstallError } from "./install/install_error.ts";
import type { ReleaseResult } from "./install/switch_release.ts";
import { type Layout, layout } from "./layout.ts";
import { pruneRevisions } from "./retention.ts";
import { runScriptEvent, scriptsOf } from "./script_event.ts";

type InstallSettings = Partial<
  & Pick<AgentConfig, "installRoot" | "existenceChecks" | "adoptIfIdentical">
  & Pick<AgentConfig, "releaseDirectories" | "maxRevisions">
>;

type Places =
  & Pick<AgentConfig, "rootDir" | "s3Endpoint" | "identity" | "maxRevisions">
  & InstallSettings
  & Partial<Pick<AgentConfig, "maxRate" | "fetch" | "stopScriptFrom">>
  & Partial<Pick<AgentConfig, "githubEndpoint" | "githubTokenFile" | "enableDeploymentsLog">>
  & Partial<Pick<AgentConfig, "enableArchiveReuse">>;

/** The machine this process runs on. */
export function machine(config: Places): Host {
  const places = layout(config.rootDir, config);
  const from = config.stopScriptFrom ?? "previous";
  return {
    async run(event, order, context) {
      const download = () => downloadRevision(order, context, config, places);
      await bundleFor(event, order, context, { from, places, download });
      if (event === "DownloadBundle") return SUCCEEDED;
      return await perform(event, order.specification, context, config);
    },
    afterHooks: afterHooksOf(places),
    isNoop(event, order) {
      const isWork = AGENT_EVENTS.has(event) || wantsBundle(event, order, from, places) ||
        scriptsOf({ event, specification: order.specification, layout: places }) !== undefined;
      return Promise.resolve(!isWork);
    },
  };
}

/** An event that works on an unpacked revision, wherever its bundle came from. May throw. */
export async function perform(
  event: Exclude<LifecycleEventName, "DownloadBundle">,
  specification: HookSpecification,
  context: EventContext,
  config: Pick<Places, "rootDir" | "enableDeploymentsLog"> & InstallSettings,
): Promise<EventEnd | RebootWanted> {
  const places = layout(config.rootDir, config);
  return event === "Install"
    ? await installRevision(specification, context, config, places)
    : await scripts(event, specification, context, places);
}

/** The one whose bundle the current deployment takes, and the one that a rollback of it would take. */
function neededBy(
  specification: Pick<
    Order["specification"],
    "ReuseArchiveFromDeploymentId" | "KeepArchiveOfDeploymentId"
  >,
): string[] {
  const { ReuseArchiveFromDeploymentId: reused, KeepArchiveOfDeploymentId: kept } = specification;
  return [reused, kept].filter((id) => id !== undefined && id !== null);
}

async function downloadRevision(
  order: Order,
  context: EventContext,
  config: Places,
  places: Layout,
): Promise<void> {
  const { DeploymentGroupId, DeploymentId } = order.specification;
  const reuses = config.enableArchiveReuse ?? true;
  await pruneRevisions({
    layout: places,
    groupId: DeploymentGroupId,
    currentDeploymentId: DeploymentId,
    maxRevisions: config.maxRevisions,
    needed: reuses ? neededBy(order.specification) : [],
  });
  await downloadBundle(order, places, { ...config, reuses }, context);
  const { archive } = places.deployment(DeploymentGroupId, DeploymentId);
  for (const warning of appSpecWarnings(archive, order.specification.AppSpecFilename)) {
    context.onLine("agent", warning);
  }
}

async function installRevision(
  specification: HookSpecification,
  { onLine }: EventContext,
  config: InstallSettings,
  places: Layout,
): Promise<Diagnostics> {
  const { DeploymentGroupId, DeploymentId, AppSpecFilename } = specification;
  const paths = places.deployment(DeploymentGroupId, DeploymentId);
  const appSpec = readAppSpec(paths.archive, AppSpecFilename);
  refuseUnknownEvents(appSpec, specification);
  const done = await install({
    archiveDir: paths.archive,
    deploymentRoot: paths.root,
    instructionsDir: places.instructions,
    groupId: DeploymentGroupId,
    appSpec,
    fileExistsBehavior: specification.AgentActionOverrides.AgentOverrides.FileExistsBehavior,
    ...(config.installRoot !== undefined && { installRoot: config.installRoot }),
    existenceChecks: config.existenceChecks ?? "after-removal",
    adoptIfIdentical: config.adoptIfIdentical ?? false,
    ...(config.releaseDirectories && { releaseDirectories: config.releaseDirectories }),
    ...(config.maxRevisions !== undefined && { maxRevisions: config.maxRevisions }),
  });
  if (done.hasRecovered) {
    onLine("agent", "An Install of this group had been cut off; what it left is put right");
  }
  const was = done.retained === 1 ? "it was" : "they were";
  const kept = done.retained === 0 ? "" : `, ${done.retained} kept as ${was}`;
  const same = done.unchanged === 0 ? "" : ` (${done.unchanged} unchanged)`;
  const removed = counted(done.removed, "old path");
  onLine("agent", `Installed ${counted(done.files, "file")}${same}${kept}; removed ${removed}`);
  if (done.releases) onLine("agent", releasesSentence(done.releases));
  return SUCCEEDED;
}

function releasesSentence({ links, pruned, problem }: ReleaseResult): string {
  const old = pruned.length === 0 ? "" : `; removed ${counted(pruned.length, "old version")}`;
  const not = problem === undefined ? "" : `; old versions could not be removed: ${problem}`;
  return `Switched ${links.join(", ")} to the new version${old}${not}`;
}

/** Only where the server says which events there are (spec 12.3); throws InstallError. */
function refuseUnknownEvents(appSpec: AppSpec, specification: HookSpecification): void {
  const { AllPossibleLifecycleEvents: possible, AppSpecFilename: file } = specification;
  const unknown = possible ? unknownEvents(appSpec, possible) : [];
  if (possible && unknown.length > 0) {
    throw new InstallError(file, unknownEventsSentence(file, unknown, possible));
  }
}

function scripts(
  event: LifecycleEventName,
  specification: HookSpecification,
  { onLine, onSpawn, signal, from }: EventContext,
  places: Layout,
): Promise<EventEnd | RebootWanted> {
  return runScriptEvent({
    event,
    specification,
    layout: places,
    onLine: ({ stream, text }) => onLine(stream, text),
    onSpawn: ({ pid }) => onSpawn(pid),
    signal,
    ...(from && { from }),
  });
}
