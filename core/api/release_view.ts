/** Releases as the API shows them. @module */
import type { EntryState, Release } from "../domain/release.ts";
import type { ReleaseDeployment, ReleaseInfo, ReleaseSummary } from "../wire/releases_api.ts";
import { epochSeconds } from "./epoch_seconds.ts";
import { withoutContent } from "./revision_content.ts";

export function releaseSummary({ id, name, state, createTime, endTime }: Release): ReleaseSummary {
  return {
    releaseId: id,
    releaseName: name,
    status: state.status,
    createTime: epochSeconds(createTime),
    ...(endTime !== undefined && { endTime: epochSeconds(endTime) }),
  };
}

export function releaseInfo(release: Release): ReleaseInfo {
  const { spec: { onFailure, entries }, state: { stop, entries: states } } = release;
  return {
    ...releaseSummary(release),
    onFailure,
    ...(stop && { stop: { time: epochSeconds(stop.at), rollback: stop.rollback } }),
    deployments: entries.map(({ name, needs, revision, ...entry }) => ({
      name,
      ...entry,
      revision: withoutContent(revision),
      needs: [...needs],
      ...howFar(states[name] ?? { status: "Waiting" }),
    })),
  };
}

type HowFar = Pick<
  ReleaseDeployment,
  "status" | "deploymentId" | "rollbackDeploymentId" | "message"
>;

function howFar(state: EntryState): HowFar {
  const deploymentId = "deploymentId" in state ? state.deploymentId : undefined;
  const message = messageOf(state);
  return {
    status: state.status,
    ...(deploymentId !== undefined && { deploymentId }),
    ...("rollbackId" in state && { rollbackDeploymentId: state.rollbackId }),
    ...(message !== "" && { message }),
  };
}

/** Why it came to this, then why it goes no further. */
function messageOf(state: EntryState): string {
  const cause = "cause" in state ? state.cause : undefined;
  const left = "left" in state && state.left !== undefined ? `Not rolled back: ${state.left}` : "";
  const blocked = "blocked" in state ? state.blocked : undefined;
  const waits = blocked === undefined || state.status === "Waiting"
    ? blocked
    : `Its rollback waits: ${blocked}`;
  const parts = [cause, left, waits].filter((part) => part !== undefined && part !== "");
  return parts.map((part) => part?.replace(/\.$/, "")).join(". ");
}
