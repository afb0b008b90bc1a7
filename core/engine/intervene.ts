/**
 * What a person may do to a rollout that is under way, beside stopping it: pause it and let it go on,
 * pass over what it waits for, approve or refuse what it asks approval for. Checked here, decided by
 * `advance`, and written into the audit by the commit of the decision.
 * @module
 */
import type { AuditAction } from "../domain/audit.ts";
import { type Deployment, TERMINAL_DEPLOYMENT } from "../domain/deployment.ts";
import { DomainError, type ErrorName } from "../domain/errors.ts";
import { type GroupPolicy, isApprover } from "../domain/group_policy.ts";
import { holdName } from "../domain/progress.ts";
import type { Input } from "../rollout/advance.ts";
import type { RolloutState } from "../rollout/state.ts";
import type { WaitType } from "./continue_deployment.ts";

export type Intervention =
  | { kind: "pause"; message?: string }
  | { kind: "resume" }
  /** Past what is waited for now, or past all holds that are to come. */
  | { kind: "promote"; whole: boolean }
  | { kind: "approve" }
  | { kind: "reject"; message?: string }
  /** A stop that goes back to the revision before. */
  | { kind: "abort"; message?: string };

/** What an intervention is for the rollout, and for the audit. */
export interface Intervening {
  input: Input;
  action: AuditAction;
  reason?: string;
}

/** A rollout as its runner has it, or as it is kept. */
type Intervenable =
  & Pick<RolloutState, "id" | "status" | "progress">
  & Partial<Pick<RolloutState, "error" | "stop" | "terminationWait">>;

/** Throws where there is nothing to intervene in, or the caller has no right to approve. */
export function intervene(
  { id, status, progress, error, stop, terminationWait }: Intervenable,
  wish: Intervention,
  by: string,
  policy: GroupPolicy,
): Intervening {
  if (stop) throw refusal(`The deployment ${id} is being stopped`);
  // Who aborts one that fails anyhow asks for what may come too late: the revision before.
  if (error && wish.kind !== "abort") {
    throw refusal(`The deployment ${id} has failed: ${error.code}`);
  }
  switch (wish.kind) {
    case "pause": {
      const { message } = wish;
      const said = message === undefined ? {} : { message };
      if (progress.paused) {
        throw refusal(`The deployment ${id} is paused already, by ${progress.paused.by}`);
      }
      return { input: { kind: "pause", by, ...said }, action: "paused", ...withReason(message) };
    }
    case "resume":
      if (!progress.paused) throw refusal(`The deployment ${id} is not paused: it is ${status}`);
      return { input: { kind: "unpause" }, action: "resumed" };
    case "promote": {
      const { hold } = progress;
      // Among all that is to come there may be an approval.
      if (wish.whole || hold?.hold.kind === "approval") ownRight(policy, by, id);
      const promoting = (reason: string): Intervening => ({
        input: { kind: "promote", by, whole: wish.whole },
        action: "promoted",
        reason,
      });
      if (wish.whole) return promoting("to its end");
      if (hold) return promoting(`past "${holdName(hold)}"`);
      const wait = stageWaitOf(status, terminationWait);
      if (wait) return { ...promoting(`past ${wait}`), input: { kind: "continue", wait } };
      throw refusal(
        `The deployment ${id} waits for nothing that could be passed over: it is ${status}`,
      );
    }
    case "approve":
    case "reject": {
      const { hold } = progress;
      if (hold?.hold.kind !== "approval") {
        throw refusal(`The deployment ${id} does not wait for an approval: it is ${status}`);
      }
      ownRight(policy, by, id);
      const name = holdName(hold);
      if (wish.kind === "approve") {
        return { input: { kind: "approve" }, action: "approved", reason: name };
      }
      const { message } = wish;
      const why = stopFor(`"${name}" was rejected by ${by}`, message);
      const reason = message === undefined ? name : `${name}: ${message}`;
      return { input: { ...why, rollback: false }, action: "rejected", reason };
    }
    case "abort": {
      const why = stopFor(`The deployment was aborted by ${by}`, wish.message);
      return { input: { ...why, rollback: true }, action: "aborted", ...withReason(wish.message) };
    }
  }
}

/** The wait of a blue/green deployment that is under way. */
function stageWaitOf(
  status: RolloutState["status"],
  terminationWait: RolloutState["terminationWait"],
): WaitType | undefined {
  if (status === "Ready") return "READY_WAIT";
  return terminationWait && terminationWait.skippedAt === undefined
    ? "TERMINATION_WAIT"
    : undefined;
}

/** Throws unless the deployment has begun and not ended. */
export function refuseIfNotUnderWay({ id, status }: Pick<Deployment, "id" | "status">): void {
  if (TERMINAL_DEPLOYMENT.has(status)) {
    throw refusal(
      `The deployment ${id} has already ended: it is ${status}`,
      "DeploymentAlreadyCompletedException",
    );
  }
  if (status === "Created" || status === "Queued") {
    throw refusal(
      `The deployment ${id} has not begun: it is ${status}`,
      "DeploymentNotStartedException",
    );
  }
}

function stopFor(what: string, message: string | undefined) {
  const text = message === undefined ? what : `${what}: ${message}`;
  return { kind: "stop", error: { code: "MANUAL_STOP", message: `${text}.` } } as const;
}

function withReason(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason };
}

function ownRight(policy: GroupPolicy, by: string, id: string): void {
  if (isApprover(policy, by)) return;
  throw new DomainError(
    "AccessDeniedException",
    "deploymentId",
    `${by} may not approve for the deployment group of ${id}; its policy names ` +
      `${policy.approvers?.join(", ")} (runtime policy show)`,
  );
}

function refusal(
  message: string,
  name: ErrorName = "InvalidDeploymentStatusException",
): DomainError {
  return new DomainError(name, "deploymentId", message);
}
