/**
 * A deployment that takes the place of all others of its group: those that wait end at once, the one
 * under way is stopped, without a rollback, as the new one brings its hosts on.
 * @module
 */
import type { Deployment, ErrorInformation } from "../domain/deployment.ts";
import { changeDeployment, waitingOf } from "../store/deployments.ts";
import type { Tx } from "../store/group_commit.ts";
import { namesOf } from "./begin.ts";
import type { EngineContext } from "./context.ts";
import { becameOf, tell } from "./tell.ts";

/** Why a deployment ended for which another one came. */
export function supersededBy(id: string): ErrorInformation {
  return { code: "MANUAL_STOP", message: `The deployment was superseded by ${id}.` };
}

/** Ends those that wait in favour of `by`, but not those whose time is still to come. */
export function endWaiting(tx: Tx, by: Deployment, context: EngineContext): Deployment[] {
  const now = context.now();
  const waiting = waitingOf(tx, by.groupId, now).filter(({ id }) => id !== by.id);
  return waiting.map((one) => {
    const change = {
      status: "Stopped",
      stop: { at: now, rollback: false },
      completeTime: now,
      error: supersededBy(by.id),
    } as const; // because a status is a word of its own, and no text
    changeDeployment(tx, one.id, change);
    const ended = { ...one, ...change };
    tell(tx, becameOf("Stopped", undefined), ended, namesOf(tx, ended), context);
    return ended;
  });
}
