/**
 * From what the server explains of a deployment, and how it was seen to end, to the exit code and the
 * four parts a person reads. Pure.
 * @module
 */
import type { ExplainDeploymentOutput } from "../wire/explain_api.ts";
import { causeTree } from "./cause_tree.ts";
import { type DeploymentView, firstFailure, type TargetEvent } from "./deployment_view.ts";
import { EXIT } from "./exit.ts";
import type { FailureReport } from "./failure.ts";
import { hookLines } from "./host_failure.ts";
import { harmless } from "./words.ts";

/** Hosts shown of those that run when a wait is given up. */
const SHOWN_HOSTS = 5;

/** A deployment's four parts, whatever became of it. */
export function explainedReport(
  { deploymentId, status, cause, state, next }: ExplainDeploymentOutput,
): Omit<FailureReport, "exitCode"> {
  const why = cause ? `: ${harmless(cause.text)}` : "";
  return {
    cause: `Deployment ${deploymentId} ${BECAME[status] ?? `is ${status}`}${why}`,
    evidence: [...(cause?.evidence ?? []).map(harmless), ...causeTree(cause?.because ?? [])],
    state: state.map(harmless).join("; "),
    next,
  };
}

const BECAME: Partial<Record<ExplainDeploymentOutput["status"], string>> = {
  Succeeded: "succeeded",
  Failed: "failed",
  Stopped: "was stopped",
};

/** The report of a deployment that was followed to an end without success. */
export function failureReport(
  view: DeploymentView,
  rollback: DeploymentView | undefined,
  explained: ExplainDeploymentOutput | Error,
): FailureReport {
  const rolledBack = rollback?.deployment?.status === "Succeeded";
  const report = explained instanceof Error
    ? unexplained(view, explained)
    : explainedReport(explained);
  return {
    ...report,
    exitCode: rolledBack ? EXIT.rolledBack : EXIT.failed,
    evidence: [...report.evidence, ...printedByHooks(view)],
  };
}

/** All there is to say when the server does not answer any more, or is of an earlier version. */
function unexplained(
  { id, deployment }: DeploymentView,
  { message }: Error,
): Omit<FailureReport, "exitCode"> {
  const error = deployment?.error;
  const status = deployment?.status ?? "Created";
  const why = error ? `: ${error.code}: ${harmless(error.message)}` : "";
  return {
    cause: `Deployment ${id} ${BECAME[status] ?? `is ${status}`}${why}`,
    evidence: [],
    state: `the server could not tell more: ${harmless(message)}`,
    next: [`runtime explain ${id}`],
  };
}

/** What the hooks after the first failure printed, which is no lifecycle event's. */
function printedByHooks(view: DeploymentView): string[] {
  const host = firstFailure(view)?.target.targetId ?? "";
  return hookLines(view.hookLogs.get(host) ?? []).map((line) => `${host} | ${line}`);
}

/** The report of a wait that was given up; the deployment itself goes on. */
export function timeoutReport(view: DeploymentView, seconds: number): FailureReport {
  const status = view.deployment?.status ?? "Created";
  return {
    exitCode: EXIT.timedOut,
    cause: `Deployment ${view.id} is still ${status} after ${seconds} s`,
    evidence: runningHosts(view),
    state: `${view.id} goes on; only the waiting has ended`,
    next: [`runtime logs ${view.id} -f`, `runtime stop ${view.id}`],
  };
}

function runningHosts(view: DeploymentView): string[] {
  const running = withStatus(view, "InProgress").slice(0, SHOWN_HOSTS);
  return running.map((target) => {
    const event = target.events.find((one) => one.status === "InProgress");
    return event ? `${target.targetId} runs ${event.name}` : `${target.targetId} is in progress`;
  });
}

function withStatus(view: DeploymentView, status: TargetEvent["status"]): TargetEvent[] {
  return [...view.targets.values()].filter((target) => target.status === status);
}
