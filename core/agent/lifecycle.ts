/**
 * Performs lifecycle events on this machine: DownloadBundle and Install by the agent itself, every
 * other event by the scripts that the AppSpec names. Loaded with the first order.
 * @module
 */
import type { Diagnostics, LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { Order } from "../wire/agent_protocol.ts";
import type { AgentConfig } from "./config.ts";
import { counted } from "./counted.ts";
import { downloadBundle } from "./download.ts";
import { type EventContext, type Host, SUCCEEDED } from "./host.ts";
import { readAppSpec } from "./install/find_appspec.ts";
import { install } from "./install/install.ts";
import { type Layout, layout } from "./layout.ts";
import { pruneRevisions } from "./retention.ts";
import { runScriptEvent } from "./script_event.ts";

type Places = Pick<AgentConfig, "rootDir" | "s3Endpoint" | "identity" | "maxRevisions"> & {
  installRoot?: string;
};

/** The machine this process runs on. */
export function machine(config: Places): Host {
  const places = layout(config.rootDir);
  return {
    async run(event, order, context) {
      switch (event) {
        case "DownloadBundle":
          return await download(order, context, config, places);
        case "Install":
          return await installRevision(order, context, config, places);
        default:
          return await scripts(event, order, context, places);
      }
    },
  };
}

async function download(
  order: Order,
  context: EventContext,
  config: Places,
  places: Layout,
): Promise<Diagnostics> {
  const { DeploymentGroupId, DeploymentId } = order.specification;
  await pruneRevisions({
    layout: places,
    groupId: DeploymentGroupId,
    currentDeploymentId: DeploymentId,
    maxRevisions: config.maxRevisions,
  });
  await downloadBundle(order, places, config, context);
  return SUCCEEDED;
}

async function installRevision(
  { specification }: Order,
  { onLine }: EventContext,
  config: Places,
  places: Layout,
): Promise<Diagnostics> {
  const { DeploymentGroupId, DeploymentId, AppSpecFilename } = specification;
  const paths = places.deployment(DeploymentGroupId, DeploymentId);
  const done = await install({
    archiveDir: paths.archive,
    deploymentRoot: paths.root,
    instructionsDir: places.instructions,
    groupId: DeploymentGroupId,
    appSpec: readAppSpec(paths.archive, AppSpecFilename),
    fileExistsBehavior: specification.AgentActionOverrides.AgentOverrides.FileExistsBehavior,
    ...(config.installRoot !== undefined && { installRoot: config.installRoot }),
  });
  const was = done.retained === 1 ? "it was" : "they were";
  const kept = done.retained === 0 ? "" : `, ${done.retained} kept as ${was}`;
  const removed = counted(done.removed, "old path");
  onLine("agent", `Installed ${counted(done.files, "file")}${kept}; removed ${removed}`);
  return SUCCEEDED;
}

function scripts(
  event: LifecycleEventName,
  { specification }: Order,
  { onLine, onSpawn, signal }: EventContext,
  places: Layout,
): Promise<Diagnostics> {
  return runScriptEvent({
    event,
    specification,
    layout: places,
    onLine: ({ stream, text }) => onLine(stream, text),
    onSpawn: ({ pid }) => onSpawn(pid),
    signal,
  });
}
