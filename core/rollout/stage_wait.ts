/**
 * The two waits of a blue/green deployment (spec 7): before the traffic goes to green, for somebody
 * to continue it, and before blue is ended, for time to find out. Each keeps its beginning.
 * @module
 */
import type { Deployment, DeploymentStatus, ErrorInformation } from "../domain/deployment.ts";
import type { Progress } from "../domain/progress.ts";
import type { Stage } from "./stages.ts";
import type { RolloutState } from "./state.ts";

interface Change {
  status?: DeploymentStatus;
  progress?: Progress;
  terminationWait?: NonNullable<Deployment["terminationWait"]>;
}

export type StageWait =
  | { kind: "none"; change?: Change }
  | { kind: "waiting"; change?: Change }
  | { kind: "expired"; error: ErrorInformation };

const MINUTE = 60_000;

/** What is waited for before a stage begins. */
export function waitBefore(
  { before }: Stage,
  state: RolloutState,
  now: number,
  timeLapse: number,
): StageWait {
  if (before === "ready") return readyWait(state, now, timeLapse);
  if (before === "termination") return terminationWait(state, now, timeLapse);
  return { kind: "none" };
}

/**
 * STOP_DEPLOYMENT waits for ContinueDeployment, or a promotion to the end, and stops without it;
 * anything else goes on at once.
 */
function readyWait(
  { request, progress, status }: RolloutState,
  now: number,
  timeLapse: number,
): StageWait {
  const { actionOnTimeout, waitTimeInMinutes = 0 } = request.blueGreen?.deploymentReadyOption ?? {};
  if (actionOnTimeout !== "STOP_DEPLOYMENT") return { kind: "none" };
  if (progress.continuedAt !== undefined || progress.promoted) {
    return { kind: "none", ...(status === "Ready" && { change: { status: "InProgress" } }) };
  }
  if (progress.readySince === undefined) {
    return {
      kind: "waiting",
      change: { status: "Ready", progress: { ...progress, readySince: now } },
    };
  }
  if (now < readyEnd(request, progress.readySince, timeLapse)) return { kind: "waiting" };
  return {
    kind: "expired",
    error: {
      code: "TIMEOUT",
      message: `The deployment timed out while waiting for a notification to continue. This time ` +
        `out period is ${waitTimeInMinutes} minutes.`,
    },
  };
}

function terminationWait(
  { request, terminationWait }: RolloutState,
  now: number,
  timeLapse: number,
): StageWait {
  if (!terminationWait) return { kind: "waiting", change: { terminationWait: { startedAt: now } } };
  const { startedAt, skippedAt } = terminationWait;
  const isOver = skippedAt !== undefined || now >= terminationEnd(request, startedAt, timeLapse);
  return isOver ? { kind: "none" } : { kind: "waiting" };
}

/** Until when a deployment that is Ready waits to be continued, in milliseconds since the epoch. */
export function readyEnd(
  { blueGreen }: RolloutState["request"],
  since: number,
  timeLapse: number,
): number {
  const { waitTimeInMinutes = 0 } = blueGreen?.deploymentReadyOption ?? {};
  return since + waitTimeInMinutes * MINUTE / timeLapse;
}

/** When the original hosts are ended, in milliseconds since the epoch. */
export function terminationEnd(
  { blueGreen }: RolloutState["request"],
  since: number,
  timeLapse: number,
): number {
  const { terminationWaitTimeInMinutes = 0 } =
    blueGreen?.terminateBlueInstancesOnDeploymentSuccess ?? {};
  return since + terminationWaitTimeInMinutes * MINUTE / timeLapse;
}
