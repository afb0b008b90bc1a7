/**
 * Operations on what lets a deployment begin, with target `Runtime_20261125.<Operation>`: policies of
 * groups, locks, freeze windows, schedules. Times in seconds since the epoch, but for those that
 * people write, which are ISO 8601.
 * @module
 */
import { z } from "zod";
import { LONGEST_FREEZE, Recurrence } from "../domain/deployment_schedule.ts";
import { GroupPolicy } from "../domain/group_policy.ts";
import { Name } from "../domain/name.ts";
import { RevisionLocation } from "../domain/revision.ts";

const Group = z.object({ applicationName: Name, deploymentGroupName: Name });
/** Without a group it is about the whole application. */
const ScopeInput = z.object({ applicationName: Name, deploymentGroupName: Name.optional() });
/** Why, for people who read it later. */
const Reason = z.string().trim().min(1).max(256);

/** PutGroupPolicy (admin): sets the whole policy of a group. */
export const PutGroupPolicyInput = Group.extend({ policy: GroupPolicy });
/** GetGroupPolicy (viewer): an empty policy for a group that was given none. */
export const GetGroupPolicyInput = Group;
export const GetGroupPolicyOutput = z.object({ policy: GroupPolicy });

/** LockDeployments (deployer): nothing begins until it is unlocked; asked again, the last one counts. */
export const LockDeploymentsInput = ScopeInput.extend({ message: Reason });
/** UnlockDeployments (deployer). */
export const UnlockDeploymentsInput = ScopeInput;
/** ListLocks (viewer): oldest first. */
export const ListLocksOutput = z.object({
  locks: z.array(z.object({
    /** The application, or `application/group`. */
    subject: z.string(),
    message: z.string(),
    /** The ARN of who locked. */
    lockedBy: z.string(),
    time: z.number(),
  })),
});
export type ListLocksOutput = z.infer<typeof ListLocksOutput>;

/** PutFreezeWindow (admin): makes or replaces one; without an application it is for all. */
export const PutFreezeWindowInput = Recurrence.extend({
  name: Name,
  applicationName: Name.optional(),
  deploymentGroupName: Name.optional(),
  durationMinutes: z.number().int().min(1).max(LONGEST_FREEZE),
});
/** DeleteFreezeWindow (admin): what waited for its end begins. */
export const DeleteFreezeWindowInput = z.object({ name: Name });
/** ListFreezeWindows (viewer): in the order of names. */
export const ListFreezeWindowsOutput = z.object({
  freezeWindows: z.array(z.object({
    name: z.string(),
    /** The application, or `application/group`; absent for all. */
    subject: z.string().optional(),
    cron: z.string(),
    timeZone: z.string(),
    durationMinutes: z.number().int(),
    open: z.boolean(),
    /** When an open one closes; absent for one that does not. */
    openUntil: z.number().optional(),
    nextStartTime: z.number().optional(),
  })),
});
export type ListFreezeWindowsOutput = z.infer<typeof ListFreezeWindowsOutput>;

/** What ScheduleDeployment (deployer) takes besides the input of CreateDeployment. */
export const ScheduleMembers = {
  /** ISO 8601 with its offset; left out: now. */
  startAt: z.iso.datetime({ offset: true }).optional(),
  /** Freeze windows do not hold the deployment up; it goes on record. */
  overrideFreeze: z.object({ reason: Reason }).optional(),
};

/** RetryDeployment (deployer): the same again, on all hosts or those it did not succeed on. */
export const RetryDeploymentInput = z.object({
  deploymentId: z.string(),
  failedOnly: z.boolean().default(false),
});

/** PutSchedule (deployer): makes or replaces one. */
export const PutScheduleInput = Recurrence.extend({
  name: Name,
  applicationName: Name,
  deploymentGroupName: Name,
  /** Left out: the one that was registered last, each time. */
  revision: RevisionLocation.optional(),
});
/** DeleteSchedule (deployer). */
export const DeleteScheduleInput = z.object({ name: Name });
/** ListSchedules (viewer): in the order of names. */
export const ListSchedulesOutput = z.object({
  schedules: z.array(z.object({
    name: z.string(),
    /** `application/group`. */
    subject: z.string(),
    cron: z.string(),
    timeZone: z.string(),
    revision: RevisionLocation.optional(),
    createdBy: z.string(),
    createTime: z.number(),
    nextTime: z.number().optional(),
    lastTime: z.number().optional(),
    /** What came of the last time. */
    lastOutcome: z.enum(["deployed", "refused", "missed"]).optional(),
    lastDeploymentId: z.string().optional(),
    /** Why the last time was refused. */
    lastMessage: z.string().optional(),
  })),
});
export type ListSchedulesOutput = z.infer<typeof ListSchedulesOutput>;
