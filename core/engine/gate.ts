/**
 * What keeps a group from being deployed to at a time: a lock, a freeze window. A rollback that the
 * server makes itself asks neither: it takes back what was let in.
 * @module
 */
import type { Lock } from "../domain/deployment_schedule.ts";
import type { DeploymentRequest } from "../domain/deployment.ts";
import { DomainError } from "../domain/errors.ts";
import type { Freeze } from "../rollout/freeze.ts";
import type { Db } from "../store/database.ts";
import { freezeWindowsOf } from "../store/freeze_windows.ts";
import { lockOf } from "../store/locks.ts";
import { openFreeze } from "./recurrence.ts";
import { wallTime, wallTimeAndUtc } from "./wall_clock.ts";

export interface Gate {
  lock: Lock | undefined;
  freeze: Freeze | undefined;
}

/** A group as the gate asks for it. */
export interface Gated {
  id: string;
  applicationId: string;
}

export function gateOf(db: Db, group: Gated, at: number): Gate {
  return { lock: lockOf(db, group), freeze: freezeOf(db, group, at) };
}

export function freezeOf(db: Db, group: Gated, at: number): Freeze | undefined {
  return openFreeze(freezeWindowsOf(db, group), at);
}

/** Whether a deployment that waits may begin. */
export function isOpen({ lock, freeze }: Gate, request: DeploymentRequest): boolean {
  return !lock && (!freeze || request.overrideFreeze !== undefined);
}

/** Refused like a group that is busy: what may not begin now may later. */
export function lockedOut({ subject, message, by, time }: Lock): DomainError {
  const [application = "", group] = subject.split("/");
  const where = group === undefined ? "" : ` --group ${group}`;
  return new DomainError(
    "DeploymentLimitExceededException",
    "deploymentGroupName",
    `${subject} is locked by ${by} since ${wallTime(time, "UTC")}: ${message}. ` +
      `Unlock it: runtime unlock --app ${application}${where}`,
  );
}

export function frozenOut(freeze: Freeze): DomainError {
  return new DomainError(
    "DeploymentLimitExceededException",
    "deploymentGroupName",
    `${freezeText(freeze)}. Begin in spite of it: --override-freeze REASON with runtime deploy, ` +
      `rollback or restart`,
  );
}

/** Which window is open, of what, and until when; without a full stop. */
export function freezeText({ window, until }: Freeze): string {
  const { name, subject = "every application", timeZone } = window;
  const end = until === undefined
    ? "and does not end by itself"
    : `until ${wallTimeAndUtc(until, timeZone)}`;
  return `The freeze window ${name} of ${subject} is open ${end}`;
}
