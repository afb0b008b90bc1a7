/** Deployments as text for people. Pure; times of the API are seconds, `now` is milliseconds. @module */
import { revisionTitle } from "../domain/revision.ts";
import type { DeploymentInfo, InstanceTarget } from "./answers.ts";
import { dateTime, duration, harmless } from "./words.ts";

/** One line a deployment, under a heading. */
export function deploymentTable(deployments: readonly DeploymentInfo[], now: number): string {
  if (deployments.length === 0) {
    return "No deployments yet. Start one: runtime deploy --app APP --group GROUP ./DIR\n";
  }
  return table([
    ["DEPLOYMENT", "STATUS", "GROUP", "REVISION", "CREATED", "TOOK"],
    ...deployments.map((info) => [
      info.deploymentId,
      info.status,
      `${info.applicationName}/${info.deploymentGroupName}`,
      info.revision ? revisionTitle(info.revision) : "",
      dateTime(info.createTime * 1000),
      took(info, now),
    ]),
  ], "");
}

/** A deployment, its hosts, and their events with what went wrong. */
export function deploymentText(
  info: DeploymentInfo,
  targets: readonly InstanceTarget[],
  now: number,
): string {
  const { errorInformation: error, rollbackInfo } = info;
  const facts: [string, string][] = [
    ["group", `${info.applicationName}/${info.deploymentGroupName}`],
    ["revision", info.revision ? revisionTitle(info.revision) : ""],
    ["mode", info.deploymentMode ?? ""],
    ["config", info.deploymentConfigName],
    ["created", `${dateTime(info.createTime * 1000)}, took ${took(info, now)}`],
    ["waits", info.completeTime === undefined ? waits(info) : ""],
    ["error", error ? `${error.code}: ${harmless(error.message)}` : ""],
    ["rollback", harmless(rollbackInfo?.rollbackMessage ?? "")],
  ];
  return `${info.deploymentId}  ${info.status}\n` +
    table(facts.filter(([, value]) => value !== ""), "  ") +
    targets.map(targetText).join("");
}

function waits({ deploymentStatusMessages: messages }: DeploymentInfo): string {
  return harmless((messages ?? []).join(" "));
}

function took(info: DeploymentInfo, now: number): string {
  return duration((info.completeTime ?? now / 1000) * 1000 - info.createTime * 1000);
}

function targetText(target: InstanceTarget): string {
  const rows = target.lifecycleEvents.map((event) => {
    const { startTime, endTime } = event;
    const ended = startTime !== undefined && endTime !== undefined;
    return [event.lifecycleEventName, event.status, ended ? spent(startTime, endTime) : ""];
  });
  const lines = table(rows, "    ").split("\n");
  const text = target.lifecycleEvents.flatMap((event, index) => {
    const line = lines[index] ?? "";
    return event.status === "Failed" ? [line, ...diagnosticLines(event.diagnostics)] : [line];
  });
  const { targetId, status, instanceLabel } = target;
  const title = [targetId, status, instanceLabel?.toLowerCase()].filter(Boolean).join("  ");
  return [`  ${title}`, ...text].join("\n") + "\n";
}

type Diagnostics = InstanceTarget["lifecycleEvents"][number]["diagnostics"];

function diagnosticLines(diagnostics: Diagnostics): string[] {
  const { errorCode, scriptName, message, logTail } = diagnostics ?? {};
  const [sentence, ...more] = (message ?? "").split("\n");
  const title = [errorCode, scriptName, sentence].filter(Boolean).join("  ");
  const log = (logTail ?? "").split("\n").filter((line) => line.trim() !== "");
  return [
    ...(title === "" ? [] : [`      ${harmless(title)}`]),
    ...more.map((line) => `      ${harmless(line)}`),
    ...log.map((line) => `      | ${harmless(line)}`),
  ];
}

function spent(startSeconds: number, endSeconds: number): string {
  return duration((endSeconds - startSeconds) * 1000);
}

/** Columns as wide as their widest cell; no blanks at the end of a line. */
export function table(rows: readonly (readonly string[])[], indent: string): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => widths[column] = Math.max(widths[column] ?? 0, cell.length));
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    return `${indent}${cells.join("  ").trimEnd()}\n`;
  }).join("");
}
