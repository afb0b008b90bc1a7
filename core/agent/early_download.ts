/**
 * When the bundle of a deployment is fetched: in DownloadBundle, as CodeDeploy's agent does, or, with
 * `:stop_script_from: new`, before the first event that would otherwise run an earlier revision's
 * scripts. Once the archive is there, every event runs its scripts (spec 4.2 a).
 * @module
 */
import { existsSync } from "node:fs";
import { IGNORABLE_EVENTS, type LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { Order } from "../wire/agent_protocol.ts";
import { BundleError } from "./bundle_request.ts";
import type { EventContext } from "./host.ts";
import type { Layout } from "./layout.ts";
import { readPointer } from "./pointer_file.ts";

/** Whose scripts ApplicationStop, BeforeBlockTraffic and AfterBlockTraffic run. */
export type StopScriptFrom = "previous" | "new";

/** An order, as far as its bundle's place on this host goes; a run without a server has none. */
interface Ordered {
  readonly specification: Pick<Order["specification"], "DeploymentGroupId" | "DeploymentId">;
}

/** Whether an event needs the bundle before it begins, and it is not there. */
export function wantsBundle(
  event: LifecycleEventName,
  order: Ordered,
  from: StopScriptFrom,
  places: Layout,
): boolean {
  // Whose failures may be ignored are the events that stop the old revision, and no others.
  return from === "new" && IGNORABLE_EVENTS.includes(event) && !isUnpacked(order, places);
}

/**
 * Fetches the bundle by `download` if the event needs it now. DownloadBundle always needs it, and
 * finds it done when this very deployment's was unpacked and found right before. Throws BundleError.
 */
export async function bundleFor(
  event: LifecycleEventName,
  order: Ordered,
  { onLine, signal }: Pick<EventContext, "onLine" | "signal">,
  { from, places, download }: {
    readonly from: StopScriptFrom;
    readonly places: Layout;
    readonly download: () => Promise<void>;
  },
): Promise<void> {
  if (event === "DownloadBundle") {
    if (from === "previous" || !isUnpacked(order, places)) return await download();
    return onLine("agent", "The bundle was unpacked before, for stop_script_from: new");
  }
  if (!wantsBundle(event, order, from, places)) return;
  try {
    await download();
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error;
    throw new BundleError(
      `The scripts of ${event} come from the new revision (stop_script_from: new), which could not ` +
        `be downloaded: ${error.message}`,
      { cause: error },
    );
  }
}

/**
 * The archive gets its name when it was found right, and the group's pointer is written after that:
 * an agent that was killed in between downloads once more.
 */
function isUnpacked({ specification }: Ordered, places: Layout): boolean {
  const { DeploymentGroupId, DeploymentId } = specification;
  const { root, archive } = places.deployment(DeploymentGroupId, DeploymentId);
  return readPointer(places.mostRecentInstall(DeploymentGroupId)) === root && existsSync(archive);
}
