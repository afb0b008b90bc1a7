/**
 * What a release does next: which deployments begin, and, when one failed, which are rolled back.
 *
 * An entry begins when all it needs has succeeded. When one fails, or the release is stopped, nobody
 * else begins and those under way may finish; then what was deployed is rolled back, an entry not
 * before every entry that needs it, at whatever distance. A rollback that fails holds nothing up.
 * @module
 */
import type { DeploymentStatus } from "../domain/deployment.ts";
import type { EntryState, ReleaseSpec, ReleaseState, ReleaseStatus } from "../domain/release.ts";

/** What is to be known of a deployment, the entry's own or its rollback. */
export interface SeenDeployment {
  status: DeploymentStatus;
  /** Hosts were touched. */
  changed: boolean;
  /** The rollback that its own group's rule has made of it. */
  rollbackId?: string;
  /** Why it ended badly. */
  cause?: string;
}

export type ReleaseStep =
  | { kind: "wait" }
  | { kind: "begin" | "rollBack"; names: readonly string[] }
  | { kind: "end"; status: ReleaseStatus };

/** What came of a step for one entry. */
export type StepOutcome =
  | { kind: "begun"; deploymentId: string }
  | { kind: "refused"; cause: string }
  | { kind: "blocked"; why: string }
  | { kind: "rollingBack"; rollbackId: string }
  /** There is no way back; it stays as it is. */
  | { kind: "left"; why: string };

/** A release before anything has begun. */
export function newRelease(spec: ReleaseSpec): ReleaseState {
  const entries = spec.entries.map(({ name }) => [name, { status: "Waiting" }] as const);
  return { status: "InProgress", entries: Object.fromEntries(entries) };
}

/**
 * Takes in how the deployments stand now. Answers the same state when nothing has changed.
 * `seen` answers undefined for a deployment that is gone.
 */
export function takeIn(
  state: ReleaseState,
  seen: (deploymentId: string) => SeenDeployment | undefined,
): ReleaseState {
  const taken = mapped(state, (entry) => entryAfter(entry, seen));
  const cause = whyNobodyBegins(taken);
  if (cause === undefined) return taken;
  return mapped(
    taken,
    (entry) => entry.status === "Waiting" ? { status: "NotStarted", cause } : entry,
  );
}

/** What is to be done; names of entries in their order in the release. */
export function nextStep(spec: ReleaseSpec, state: ReleaseState): ReleaseStep {
  const of = (name: string) => state.entries[name]?.status;
  const names = spec.entries.map(({ name }) => name);
  if (whyNobodyBegins(state) === undefined) {
    const ready = spec.entries
      .filter(({ name, needs }) =>
        of(name) === "Waiting" && needs.every((needed) => of(needed) === "Succeeded")
      )
      .map(({ name }) => name);
    if (ready.length > 0) return { kind: "begin", names: ready };
    if (names.every((name) => of(name) === "Succeeded")) {
      return { kind: "end", status: "Succeeded" };
    }
    return { kind: "wait" };
  }
  if (names.some((name) => of(name) === "InProgress")) return { kind: "wait" };
  const wanted = state.stop?.rollback ?? spec.onFailure === "rollback";
  const open = new Set(wanted ? names.filter((name) => isToGoBack(state.entries[name])) : []);
  const under = new Set(names.filter((name) => of(name) === "RollingBack"));
  const next = [...open].filter((name) =>
    !names.some((other) => (open.has(other) || under.has(other)) && needsAtAll(spec, other, name))
  );
  if (next.length > 0) return { kind: "rollBack", names: next };
  return under.size > 0 ? { kind: "wait" } : { kind: "end", status: endOf(state) };
}

/** The state after a step was taken for one entry; the same one when that changes nothing. */
export function afterStep(state: ReleaseState, name: string, outcome: StepOutcome): ReleaseState {
  const entry = state.entries[name];
  if (entry === undefined) return state;
  const next = entryAfterStep(entry, outcome);
  if (next === entry) return state;
  const entries = { ...state.entries, [name]: next };
  const status = next.status === "RollingBack" ? "RollingBack" : state.status;
  return { ...state, status, entries };
}

/** Whether `name` needs `needed`, itself or by what it needs. */
export function needsAtAll(spec: ReleaseSpec, name: string, needed: string): boolean {
  const needsOf = new Map(spec.entries.map((entry) => [entry.name, entry.needs]));
  const found = new Set(needsOf.get(name));
  for (const one of found) for (const further of needsOf.get(one) ?? []) found.add(further);
  return found.has(needed);
}

function entryAfter(
  entry: EntryState,
  seen: (deploymentId: string) => SeenDeployment | undefined,
): EntryState {
  if (entry.status === "InProgress") {
    const { deploymentId } = entry;
    const deployment = seen(deploymentId) ?? goneDeployment(deploymentId);
    if (deployment.status === "Succeeded") return { status: "Succeeded", deploymentId };
    if (!isBadEnd(deployment.status)) return entry;
    const { rollbackId, changed } = deployment;
    const cause = causeOf(deploymentId, deployment);
    if (rollbackId !== undefined) return { status: "RollingBack", deploymentId, rollbackId, cause };
    return { status: "Failed", deploymentId, cause, changed };
  }
  if (entry.status === "RollingBack") {
    const { rollbackId } = entry;
    const rollback = seen(rollbackId) ?? goneDeployment(rollbackId);
    if (rollback.status === "Succeeded") return { ...entry, status: "RolledBack" };
    if (!isBadEnd(rollback.status)) return entry;
    return { ...entry, status: "RollbackFailed", cause: causeOf(rollbackId, rollback) };
  }
  return entry;
}

function entryAfterStep(entry: EntryState, outcome: StepOutcome): EntryState {
  switch (outcome.kind) {
    case "begun":
      return { status: "InProgress", deploymentId: outcome.deploymentId };
    case "refused":
      return { status: "Failed", cause: outcome.cause, changed: false };
    case "blocked":
      if (!mayWait(entry) || entry.blocked === outcome.why) return entry;
      return { ...entry, blocked: outcome.why };
    case "rollingBack": {
      if (!("deploymentId" in entry) || entry.deploymentId === undefined) return entry;
      const { deploymentId } = entry;
      const cause = entry.status === "Failed" ? { cause: entry.cause } : {};
      return { status: "RollingBack", deploymentId, rollbackId: outcome.rollbackId, ...cause };
    }
    case "left": {
      if (entry.status !== "Succeeded" && entry.status !== "Failed") return entry;
      const { blocked: _over, ...rest } = entry;
      return { ...rest, left: outcome.why };
    }
  }
}

type MayWait = Extract<EntryState, { status: "Waiting" | "Succeeded" | "Failed" }>;

function mayWait(entry: EntryState): entry is MayWait {
  return entry.status === "Waiting" || entry.status === "Succeeded" || entry.status === "Failed";
}

/** Something failed or the release was stopped: then who waits will not begin. */
function whyNobodyBegins({ stop, entries }: ReleaseState): string | undefined {
  const failed = Object.entries(entries).find(([, { status }]) =>
    status === "Failed" || status === "RollingBack" || status === "RolledBack" ||
    status === "RollbackFailed"
  );
  if (failed) return `${failed[0]} failed`;
  return stop && "the release was stopped";
}

function isToGoBack(entry: EntryState | undefined): boolean {
  if (entry?.status === "Succeeded") return entry.left === undefined;
  return entry?.status === "Failed" && entry.changed && entry.left === undefined;
}

/** The end of a release in which something failed, or that was stopped. */
function endOf({ stop, entries }: ReleaseState): ReleaseStatus {
  const states = Object.values(entries);
  if (states.every((entry) => entry.status === "Succeeded" && entry.left === undefined)) {
    return "Succeeded";
  }
  const remains = states.some((entry) =>
    entry.status === "Succeeded" || entry.status === "RollbackFailed" ||
    (entry.status === "Failed" && entry.changed)
  );
  if (!remains && states.some(({ status }) => status === "RolledBack")) return "RolledBack";
  return stop ? "Stopped" : "Failed";
}

function isBadEnd(status: DeploymentStatus): boolean {
  return status === "Failed" || status === "Stopped";
}

function causeOf(id: string, { status, cause }: SeenDeployment): string {
  const what = status === "Stopped" ? "was stopped" : "failed";
  return `${id} ${what}${cause === undefined ? "" : `: ${cause}`}`;
}

/** With its application, a deployment may be deleted; a release that waited for it would never end. */
function goneDeployment(id: string): SeenDeployment {
  return { status: "Failed", changed: true, cause: `there is no deployment ${id} any more` };
}

/** The same state when `change` gives every entry back as it is. */
function mapped(state: ReleaseState, change: (entry: EntryState) => EntryState): ReleaseState {
  const before = Object.entries(state.entries);
  const after = before.map(([name, entry]) => [name, change(entry)] as const);
  if (after.every(([, entry], index) => entry === before[index]?.[1])) return state;
  const status = after.some(([, entry]) => entry.status === "RollingBack")
    ? "RollingBack"
    : state.status;
  return { ...state, status, entries: Object.fromEntries(after) };
}
