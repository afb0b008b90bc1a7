/**
 * From what was seen of a deployment, and of its rollback if there was one, to the exit code and the
 * four parts a person reads. Pure.
 * @module
 */
import { type DeploymentView, firstFailure, type TargetEvent } from "./deployment_view.ts";
import { EXIT } from "./exit.ts";
import type { FailureReport } from "./failure.ts";
import { failureTitle, hookLines, lastLines } from "./host_failure.ts";
import { harmless, hosts, hostsOf, some } from "./words.ts";

/** Lines of output shown of the first failed event. */
const SHOWN_LINES = 5;

/** The report of a deployment that ended without success; undefined when it succeeded. */
export function failureReport(
  view: DeploymentView,
  rollback?: DeploymentView,
): FailureReport | undefined {
  if (view.deployment?.status === "Succeeded") return undefined;
  const rolledBack = rollback?.deployment?.status === "Succeeded";
  return {
    exitCode: rolledBack ? EXIT.rolledBack : EXIT.failed,
    cause: `Deployment ${view.id} ${causeOf(view)}`,
    evidence: evidenceOf(view),
    state: rollback === undefined ? stateWithoutRollback(view) : stateOfRollback(rollback),
    next: nextOf(view, rollback),
  };
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
  const running = withStatus(view, "InProgress").slice(0, SHOWN_LINES);
  return running.map((target) => {
    const event = target.events.find((one) => one.status === "InProgress");
    return event ? `${target.targetId} runs ${event.name}` : `${target.targetId} is in progress`;
  });
}

function causeOf(view: DeploymentView): string {
  const verb = view.deployment?.status === "Stopped" ? "was stopped" : "failed";
  const first = firstFailure(view);
  if (first === undefined) {
    const { error } = view.deployment ?? {};
    return error === undefined ? verb : `${verb}: ${error.code}: ${harmless(error.message)}`;
  }
  const others = withStatus(view, "Failed").length - 1;
  const more = others > 0 ? ` (${others} more failed)` : "";
  return `${verb}: ${first.target.targetId} ${failureTitle(first.event)}${more}`;
}

function evidenceOf(view: DeploymentView): string[] {
  const first = firstFailure(view);
  const { error, statusMessages = [] } = view.deployment ?? {};
  if (first === undefined) return statusMessages.map(harmless);
  const { target, event } = first;
  const message = harmless(event.diagnostics?.message ?? "");
  return [
    ...(error ? [`${error.code}: ${harmless(ruleOf(error.message))}`] : []),
    ...(message === "" ? [] : [`${target.targetId}: ${message}`]),
    ...lastLines(event, view.logs.get(target.targetId) ?? [], SHOWN_LINES)
      .map((line) => `${target.targetId} | ${event.name} | ${line}`),
    ...hookLines(view.hookLogs.get(target.targetId) ?? [])
      .map((line) => `${target.targetId} | ${line}`),
  ];
}

/** The rule's numbers: the server goes on with the host, which stands below, and CodeDeploy's text. */
function ruleOf(message: string): string {
  return message.split(/: |\. The overall deployment failed/)[0] ?? message;
}

/** `rolled back: 3 of 3 hosts on s3://…`, or how the rollback stands. */
function stateOfRollback(rollback: DeploymentView): string {
  const { status, revision = "the earlier revision" } = rollback.deployment ?? {};
  const total = rollback.targets.size;
  const back = withStatus(rollback, "Succeeded").length;
  const on = `${hostsOf(back, total)} on ${revision} (${rollback.id})`;
  if (status === "Succeeded") return `rolled back: ${on}`;
  if (status === "Failed" || status === "Stopped") {
    return `the rollback ${causeOf(rollback)}; ${on}`;
  }
  return `the rollback is ${status ?? "Created"}: ${on}`;
}

function stateWithoutRollback(view: DeploymentView): string {
  const named = (status: TargetEvent["status"]) =>
    some(withStatus(view, status).map((target) => target.targetId));
  const revision = view.deployment?.revision ?? "the new revision";
  const succeeded = withStatus(view, "Succeeded");
  const untouched = [...withStatus(view, "Skipped"), ...withStatus(view, "Pending")];
  const parts = [
    ...(succeeded.length > 0 ? [`${hosts(succeeded.length)} on ${revision}`] : []),
    ...(named("Failed") === "" ? [] : [`${named("Failed")} left where it failed`]),
    ...(untouched.length > 0 ? [`${hosts(untouched.length)} not touched`] : []),
  ];
  const why = view.deployment?.rollback.rollbackMessage;
  const rollback = why === undefined ? "nothing was rolled back" : `no rollback: ${harmless(why)}`;
  return [parts.length > 0 ? parts.join(", ") : "no host was touched", rollback].join("; ");
}

function nextOf(view: DeploymentView, rollback?: DeploymentView): string[] {
  const stuck = rollback !== undefined && rollback.deployment?.status !== "Succeeded"
    ? rollback
    : view;
  const first = firstFailure(stuck);
  const next = first === undefined
    ? [`runtime status ${stuck.id}`]
    : [`runtime logs ${stuck.id} --host ${first.target.targetId}`];
  if (rollback === undefined && view.targets.size > 0) next.push(`runtime rollback ${view.id}`);
  return next;
}

function withStatus(view: DeploymentView, status: TargetEvent["status"]): TargetEvent[] {
  return [...view.targets.values()].filter((target) => target.status === status);
}
