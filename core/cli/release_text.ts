/** Releases as text for people, and the report of one that ended badly. Pure. @module */
import { revisionTitle } from "../domain/revision.ts";
import type { ReleaseDeployment, ReleaseInfo, ReleaseSummary } from "../wire/releases_api.ts";
import { EXIT } from "./exit.ts";
import type { FailureReport } from "./failure.ts";
import { table } from "./status_text.ts";
import { clock, dateTime, duration, harmless } from "./words.ts";

const WORDS: Readonly<Record<ReleaseDeployment["status"], string>> = {
  Waiting: "waits",
  InProgress: "started",
  Succeeded: "succeeded",
  Failed: "failed",
  RollingBack: "rolls back",
  RolledBack: "rolled back",
  RollbackFailed: "could not be rolled back",
  NotStarted: "was not started",
};

/** One line a release, under a heading; `now` in milliseconds. */
export function releaseTable(releases: readonly ReleaseSummary[], now: number): string {
  if (releases.length === 0) return "No releases yet. Begin one: runtime release FILE\n";
  return table([
    ["RELEASE", "STATUS", "NAME", "CREATED", "TOOK"],
    ...releases.map((one) => [
      one.releaseId,
      one.status,
      one.releaseName,
      dateTime(one.createTime * 1000),
      took(one, now),
    ]),
  ], "");
}

/** A release and its deployments, with what is to be said of each. */
export function releaseText(release: ReleaseInfo, now: number): string {
  const { releaseId, releaseName, status, createTime, onFailure, stop, deployments } = release;
  const facts = [
    ["created", `${dateTime(createTime * 1000)}, took ${took(release, now)}`],
    ["failure", onFailure === "rollback" ? "rolls everything back" : "leaves everything as it is"],
    ...(stop ? [["stopped", dateTime(stop.time * 1000)]] : []),
  ];
  const rows = table(
    deployments.map((one) => [
      one.name,
      one.status,
      `${one.applicationName}/${one.deploymentGroupName}`,
      revisionTitle(one.revision),
      one.rollbackDeploymentId ?? one.deploymentId ?? "",
      one.needs.length > 0 ? `needs ${one.needs.join(", ")}` : "",
    ]),
    "  ",
  ).split("\n");
  const lines = deployments.flatMap(({ message }, index) => [
    rows[index] ?? "",
    ...(message === undefined ? [] : [`    ${harmless(message)}`]),
  ]);
  return `${releaseId}  ${releaseName}  ${status}\n${table(facts, "  ")}${lines.join("\n")}\n`;
}

/** A line for each deployment that is now another than it was, and a word to say of it. */
export function changeLines(
  before: ReleaseInfo | undefined,
  after: ReleaseInfo,
  now: number,
): string[] {
  return changes(before, after).map(({ name, status, message, ...ids }) => {
    const id = ids.rollbackDeploymentId ?? ids.deploymentId;
    const why = message === undefined ? "" : `: ${harmless(message)}`;
    return `${clock(now)} ${name} ${WORDS[status]}${id === undefined ? "" : ` (${id})`}${why}`;
  });
}

/** The deployments that are now other than they were. */
export function changes(before: ReleaseInfo | undefined, after: ReleaseInfo): ReleaseDeployment[] {
  return after.deployments.filter(({ status, message }, index) => {
    const known = before?.deployments[index];
    return known?.status !== status || known.message !== message;
  });
}

export function successText(release: ReleaseInfo): string {
  const { releaseId, releaseName, deployments } = release;
  const count = deployments.length === 1 ? "1 deployment" : `${deployments.length} deployments`;
  return `Release ${releaseName} (${releaseId}) succeeded after ${took(release, 0)}: ${count}\n`;
}

/** What to read when it has ended; undefined for a success. */
export function releaseReport(release: ReleaseInfo): FailureReport | undefined {
  const { status, releaseId, releaseName, stop, deployments } = release;
  if (status === "Succeeded") return undefined;
  const told = deployments.filter((one) =>
    one.message !== undefined && one.status !== "NotStarted"
  );
  const first = told.find((one) => one.status !== "Succeeded");
  const what = stop ? "was stopped" : `failed${first ? `: ${first.name} failed` : ""}`;
  return {
    exitCode: status === "RolledBack" ? EXIT.rolledBack : EXIT.failed,
    cause: `Release ${releaseName} (${releaseId}) ${what}`,
    evidence: told.map(({ name, message = "" }) => `${name}: ${harmless(message)}`),
    state: stateOf(release),
    next: [
      ...(first?.deploymentId === undefined ? [] : [`runtime status ${first.deploymentId}`]),
      `runtime release --show ${releaseId}`,
    ],
  };
}

/** `rolled back: web, api; on the new revision: db; not started: shop`. */
function stateOf({ deployments }: ReleaseInfo): string {
  const said: [words: string, status: ReleaseDeployment["status"]][] = [
    ["rolled back", "RolledBack"],
    ["rollback failed", "RollbackFailed"],
    ["left where it failed", "Failed"],
    ["on the new revision", "Succeeded"],
    ["not started", "NotStarted"],
    ["under way", "InProgress"],
    ["rolling back", "RollingBack"],
    ["waiting", "Waiting"],
  ];
  return said.flatMap(([words, status]) => {
    const names = deployments.filter((one) => one.status === status).map(({ name }) => name);
    return names.length === 0 ? [] : [`${words}: ${names.join(", ")}`];
  }).join("; ");
}

/** The report of a wait that was given up; the release itself goes on. */
export function waitEndedReport(
  release: ReleaseInfo,
  by: "interrupt" | "timeout",
): FailureReport {
  const { releaseId, releaseName, status } = release;
  return {
    exitCode: by === "timeout" ? EXIT.timedOut : EXIT.interrupted,
    cause: `The wait for release ${releaseName} (${releaseId}) has ended; it is ${status}`,
    evidence: [],
    state: `${releaseId} goes on; ${stateOf(release)}`,
    next: [`runtime release --show ${releaseId}`, `runtime release --stop ${releaseId}`],
  };
}

function took({ createTime, endTime }: ReleaseSummary, now: number): string {
  return duration((endTime ?? now / 1000) * 1000 - createTime * 1000);
}
