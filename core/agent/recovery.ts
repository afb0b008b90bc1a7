/**
 * What becomes of an order that a killed agent left behind (law 1; text and code of CodeDeploy's
 * agent): a script that was running is ended and its event has failed, because nobody knows how far
 * it came; DownloadBundle and Install begin again; an event that waits for a restart of the machine
 * goes on with its next script; between events the run simply goes on.
 * @module
 */
import type { Diagnostics } from "../domain/lifecycle_event.ts";
import { unknownError } from "./host.ts";
import type { Journal } from "./journal.ts";
import type { TakenOrder } from "./journal_record.ts";
import { log } from "./log.ts";
import { isRepeatable } from "./order_run.ts";
import { endStrayScripts } from "./stray_script.ts";

const AFTER_RESTART: Diagnostics = {
  ...unknownError("Failed: Failing in-progress lifecycle event after an agent restart."),
  error_code: 7,
};

/** Prepares an order for going on: `runOrder` then runs what is left of it, if anything. */
export async function recoverOrder(taken: TakenOrder, journal: Journal): Promise<void> {
  const { commandId, specification } = taken.order;
  const running = taken.events.find((event) => event.status === "InProgress");
  if (!running) return;
  if (taken.reboot) return; // no script was running: the one before asked for the restart
  if (isRepeatable(running.name)) {
    log.warn("{commandId}: {event} begins again after a restart", {
      commandId,
      event: running.name,
    });
    return;
  }
  const { DeploymentId: deploymentId } = specification;
  const place = { root: journal.folder, deploymentId, event: running.name };
  for (const { pid, found } of await endStrayScripts(place, taken.script)) {
    log.warn("{commandId}: the script of {event} left by an earlier run, process {pid}: {found}", {
      commandId,
      event: running.name,
      pid,
      found,
    });
  }
  await journal.append({
    at: Date.now(),
    kind: "event",
    commandId,
    deploymentId,
    event: running.name,
    what: "finished",
    status: "Failed",
    diagnostics: AFTER_RESTART,
  });
}
