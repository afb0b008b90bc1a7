/**
 * What a deployment group has beyond CodeDeploy's own settings: what becomes of a request while
 * another deployment is under way, who may approve, how long a rollback's events may take.
 * @module
 */
import { z } from "zod";

/**
 * What becomes of a request for a group that has a deployment under way: `refuse` is CodeDeploy's
 * answer (trap 31), `queue` lets it wait, `supersede` lets it take the place of the one under way
 * and of all that wait for it.
 */
export const BusyGroup = z.enum(["refuse", "queue", "supersede"]);
export type BusyGroup = z.infer<typeof BusyGroup>;

export const GroupPolicy = z.object({
  /** Left out: as the server was started (`--busy-group`). */
  onBusy: BusyGroup.exactOptional(),
  /** Names or ARNs of users who may approve; left out: everybody who may deploy. */
  approvers: z.array(z.string().min(1).max(256)).min(1).max(50).exactOptional(),
  rollback: z.object({
    /** The most that a lifecycle event of a rollback may take; left out: as any other event. */
    eventTimeoutSeconds: z.number().int().min(1).max(3600).exactOptional(),
  }).exactOptional(),
});
export type GroupPolicy = z.infer<typeof GroupPolicy>;

/** Whether the group lets the user with this ARN approve, as far as the policy decides. */
export function isApprover({ approvers }: GroupPolicy, arn: string): boolean {
  if (approvers === undefined) return true;
  return approvers.includes(arn) || approvers.includes(userName(arn));
}

/** The name at the end of a user's ARN; empty for any other, whose last part anybody may choose. */
function userName(arn: string): string {
  return arn.match(/^arn:aws:iam::\d*:user\/(?:.*\/)?([^/]+)$/)?.[1] ?? "";
}
