/**
 * Whether a new deployment begins at once, waits, or is refused: by the group's policy for a busy
 * group, by locks and freeze windows, by the time it asks for (trap 31 where nothing else is said).
 * @module
 */
import { DomainError } from "../domain/errors.ts";
import { begunDeploymentOf, waitingOf } from "../store/deployments.ts";
import type { Tx } from "../store/group_commit.ts";
import { groupPolicy } from "../store/group_policies.ts";
import { lockOf } from "../store/locks.ts";
import type { EngineContext } from "./context.ts";
import type { CreateDeploymentInput } from "./create_deployment.ts";
import { freezeOf, freezeText, frozenOut, type Gated, lockedOut } from "./gate.ts";
import { wallTime } from "./wall_clock.ts";

export interface Turn {
  waits: boolean;
  /** What it waits for, for people; none when it begins at once. */
  messages: readonly string[];
  /** It takes the place of those that wait. */
  supersedes: boolean;
  /** The deployment under way that it takes the place of. */
  stopping?: string;
}

/** The longest time ahead that a deployment may ask for: a year. */
const FARTHEST_MS = 366 * 24 * 3_600_000;

/** Throws DeploymentLimitExceeded for what may neither begin nor wait, InvalidInput for a bad time. */
export function turnOf(
  tx: Tx,
  group: Gated & { name: string },
  input: Pick<CreateDeploymentInput, "revision" | "startAt" | "overrideFreeze">,
  { now: clock, busyGroup }: Pick<EngineContext, "now" | "busyGroup">,
): Turn {
  const now = clock();
  const onBusy = groupPolicy(tx, group.id).onBusy ?? busyGroup;
  const { startAt } = input;
  // What a restart runs again is known when it is asked for, so it cannot wait.
  const isRestart = input.revision === "restart";
  if (startAt !== undefined) checkStart(startAt, now, isRestart);
  const freeze = input.overrideFreeze ? undefined : freezeOf(tx, group, startAt ?? now);
  if (freeze && (onBusy !== "queue" || isRestart)) throw frozenOut(freeze);
  if (startAt !== undefined) return waiting(`Begins at ${wallTime(startAt, "UTC")}.`);
  const lock = lockOf(tx, group);
  if (lock) throw lockedOut(lock);
  const active = begunDeploymentOf(tx, group.id);
  if (active && (onBusy === "refuse" || isRestart)) {
    throw new DomainError(
      "DeploymentLimitExceededException",
      "deploymentGroupName",
      `The Deployment Group '${group.name}' already has an active Deployment '${active}'`,
    );
  }
  if (onBusy === "supersede") {
    return active
      ? { ...waiting(`Waits for ${active} to stop.`), supersedes: true, stopping: active }
      : { ...AT_ONCE, supersedes: true };
  }
  if (active) return waiting(`Waits for ${active} to end.`);
  if (freeze) return waiting(`${freezeText(freeze)}.`);
  const isBehind = onBusy === "queue" && !isRestart && waitingOf(tx, group.id, now).length > 0;
  return isBehind ? waiting("Waits for those that came before.") : AT_ONCE;
}

const AT_ONCE: Turn = { waits: false, messages: [], supersedes: false };

function waiting(message: string): Turn {
  return { waits: true, messages: [message], supersedes: false };
}

function checkStart(startAt: number, now: number, isRestart: boolean): void {
  const wrong = isRestart
    ? "a RESTART runs what is on the hosts when it is asked for, so it cannot wait; leave startAt out"
    : startAt <= now
    ? `${wallTime(startAt, "UTC")} is in the past; it is ${wallTime(now, "UTC")} now`
    : startAt - now > FARTHEST_MS
    ? `${wallTime(startAt, "UTC")} is more than a year ahead`
    : undefined;
  if (wrong === undefined) return;
  throw new DomainError("InvalidInputException", "startAt", `startAt: ${wrong}`);
}
