/**
 * One time of a recurring schedule: the deployment it makes, and that its time has been, are one
 * commit, so that no time runs twice, whenever the server ends. A time that the server missed by less
 * than an hour runs when it is back; what is older is skipped, and the schedule says so.
 * @module
 */
import { desc, eq, sql } from "drizzle-orm";
import type { Schedule, ScheduleOutcome } from "../domain/deployment_schedule.ts";
import { DomainError } from "../domain/errors.ts";
import type { RevisionLocation } from "../domain/revision.ts";
import type { Tx } from "../store/group_commit.ts";
import { applications, deploymentGroups, revisions } from "../store/schema.ts";
import { findSchedule, noteDue, SCHEDULE_LIMIT } from "../store/schedules.ts";
import type { EngineContext } from "./context.ts";
import { type Created, createDeployment } from "./create_deployment.ts";
import { nextTime } from "./recurrence.ts";

/** How late a time may run, in milliseconds. */
const GRACE = 3_600_000;

/**
 * Next times by all that they depend on: working one out takes up to 10 ms, and whoever lists the
 * schedules asks for all of them.
 */
const NEXT = new Map<string, number | undefined>();

/** When a schedule's next time is, in milliseconds; it may have been already. */
export function nextDue(schedule: Schedule): number | undefined {
  const { cron, timeZone, createTime, lastDue } = schedule;
  const after = lastDue ?? createTime;
  const key = [cron, timeZone, after].join("\n");
  if (!NEXT.has(key)) {
    // Of each schedule one is in use; those of times that have been go with all the others.
    if (NEXT.size >= 2 * SCHEDULE_LIMIT) NEXT.clear();
    NEXT.set(key, nextTime(schedule, after));
  }
  return NEXT.get(key);
}

/** What came of the times of a schedule up to now. */
export interface ScheduleRun {
  outcome: ScheduleOutcome;
  created?: Created;
}

/** Runs what is due; undefined, and nothing is written, when nothing is or the schedule is gone. */
export function runDue(tx: Tx, name: string, context: EngineContext): ScheduleRun | undefined {
  const now = context.now();
  const schedule = findSchedule(tx, name);
  const due = schedule && nextDue(schedule);
  if (!schedule || due === undefined || due > now) return undefined;
  const recent = nextTime(schedule, Math.max(due - 1, now - GRACE));
  const run = recent === undefined || recent > now
    ? { outcome: { kind: "missed" } as const } // because a kind is a word of its own, and no text
    : runOnce(tx, schedule, context);
  // Of several times that are over one run is enough: the revision would be the same.
  noteDue(tx, name, now, run.outcome);
  return run;
}

function runOnce(tx: Tx, schedule: Schedule, context: EngineContext): ScheduleRun {
  try {
    const names = namesOfGroup(tx, schedule.groupId);
    const created = createDeployment(
      tx,
      {
        applicationName: names.applicationName,
        deploymentGroupName: names.deploymentGroupName,
        revision: schedule.revision ?? latestRevision(tx, names),
        description: `Schedule ${schedule.name}`,
        ignoreApplicationStopFailures: false,
        updateOutdatedInstancesOnly: false,
      },
      context,
      context.randomBytes(9),
    );
    return { outcome: { kind: "deployed", deploymentId: created.id }, created };
  } catch (error) {
    // A refusal comes before anything is written (createDeployment).
    if (!(error instanceof DomainError)) throw error;
    return { outcome: { kind: "refused", message: error.message } };
  }
}

/** A schedule goes with its group, so that there is one. */
function namesOfGroup(tx: Tx, groupId: string) {
  const names = tx.select({
    applicationId: applications.id,
    applicationName: applications.name,
    deploymentGroupName: deploymentGroups.name,
  }).from(deploymentGroups)
    .innerJoin(applications, eq(applications.id, deploymentGroups.applicationId))
    .where(eq(deploymentGroups.id, groupId)).get();
  if (names) return names;
  throw new Error(`the deployment group ${groupId} of a schedule is gone`);
}

function latestRevision(
  tx: Tx,
  { applicationId, applicationName }: { applicationId: string; applicationName: string },
): RevisionLocation {
  const latest = tx.select({ location: revisions.location }).from(revisions)
    .where(eq(revisions.applicationId, applicationId))
    .orderBy(desc(revisions.registerTime), sql`rowid desc`).limit(1).get();
  if (latest) return latest.location;
  throw new DomainError(
    "RevisionDoesNotExistException",
    "revision",
    `The application ${applicationName} has no revision yet. Push one: ` +
      `runtime push DIR --app ${applicationName}`,
  );
}
