/** StopDeployment of one that waits for another: it ends at once, as no host has begun it. @module */
import type { Deployment } from "../domain/deployment.ts";
import { getDeployment } from "../store/deployments.ts";
import type { Tx } from "../store/group_commit.ts";
import { endDeployment } from "./end_deployment.ts";

/** Ends a deployment that waits, as it is then; undefined, and nothing is written, if it has begun. */
export function stopQueued(
  tx: Tx,
  id: string,
  stop: NonNullable<Deployment["stop"]>,
  random: Uint8Array,
): Deployment | undefined {
  const queued = getDeployment(tx, id);
  if (queued?.status !== "Queued") return undefined;
  const ended: Deployment = {
    ...queued,
    status: "Stopped",
    stop,
    completeTime: stop.at,
    error: {
      code: "MANUAL_STOP",
      message: "The deployment was stopped by a StopDeployment request, before it began.",
    },
  };
  return { ...ended, ...endDeployment(tx, ended, [], { now: stop.at, random }).change };
}
