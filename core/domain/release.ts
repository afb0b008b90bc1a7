/**
 * A release: deployments of several applications that belong together, which of them needs which, and
 * how far each has come.
 * @module
 */
import { z } from "zod";
import type { FileExistsBehavior } from "./deployment.ts";
import type { RevisionLocation } from "./revision.ts";

/** What becomes of the entries that succeeded when another fails. */
export const OnFailure = z.enum(["rollback", "stop"]);
export type OnFailure = z.infer<typeof OnFailure>;

/** The most deployments that a release may have. */
export const RELEASE_ENTRY_LIMIT = 100;

/** One deployment of a release, known by a name of its own. */
export interface ReleaseEntry {
  name: string;
  applicationName: string;
  deploymentGroupName: string;
  revision: RevisionLocation;
  deploymentConfigName?: string;
  fileExistsBehavior?: FileExistsBehavior;
  /** Names of the entries that must have succeeded before it begins. */
  needs: readonly string[];
}

/** What a release was asked to do; never changes after CreateRelease. */
export interface ReleaseSpec {
  entries: readonly ReleaseEntry[];
  onFailure: OnFailure;
}

interface Begun {
  deploymentId: string;
}

/** Why its rollback does not begin, while it waits; why it stays as it is, when that is decided. */
interface MayGoBack {
  blocked?: string;
  left?: string;
}

/** How far an entry has come. */
export type EntryState =
  /** `blocked`: why it does not begin, though all that it needs has succeeded. */
  | { status: "Waiting"; blocked?: string }
  | { status: "InProgress" } & Begun
  | { status: "Succeeded" } & Begun & MayGoBack
  /** `changed`: hosts were touched. One that could not be created has no deployment. */
  | { status: "Failed"; cause: string; changed: boolean } & Partial<Begun> & MayGoBack
  | { status: "RollingBack"; deploymentId: string; rollbackId: string; cause?: string }
  | { status: "RolledBack"; deploymentId: string; rollbackId: string; cause?: string }
  | { status: "RollbackFailed"; deploymentId: string; rollbackId: string; cause: string }
  | { status: "NotStarted"; cause: string };

export const EntryStatus = z.enum([
  "Waiting",
  "InProgress",
  "Succeeded",
  "Failed",
  "RollingBack",
  "RolledBack",
  "RollbackFailed",
  "NotStarted",
]);
export type EntryStatus = z.infer<typeof EntryStatus>;

/**
 * RolledBack: it failed or was stopped, and nothing of it is left on any host. Failed and Stopped:
 * something is.
 */
export const ReleaseStatus = z.enum([
  "InProgress",
  "RollingBack",
  "Succeeded",
  "Failed",
  "Stopped",
  "RolledBack",
]);
export type ReleaseStatus = z.infer<typeof ReleaseStatus>;

export const TERMINAL_RELEASE: ReadonlySet<ReleaseStatus> = new Set([
  "Succeeded",
  "Failed",
  "Stopped",
  "RolledBack",
]);

export interface ReleaseState {
  status: ReleaseStatus;
  /** By the name of the entry. */
  entries: Readonly<Record<string, EntryState>>;
  /** Set by StopRelease; `rollback` goes before what the release says of failures. */
  stop?: { at: number; rollback: boolean };
}

/** Times in milliseconds since the epoch. */
export interface Release {
  id: string;
  name: string;
  spec: ReleaseSpec;
  state: ReleaseState;
  createTime: number;
  endTime?: number;
}

/** A fault of the entry at a place in their list; `at` is the place in `needs`. */
export interface EntryFault {
  entry: number;
  member: "name" | "group" | "needs";
  at?: number;
  message: string;
}

type Wired = Pick<ReleaseEntry, "name" | "applicationName" | "deploymentGroupName" | "needs">;

/** Everything that keeps these entries from being one release, in the order they are written. */
export function entryFaults(entries: readonly Wired[]): EntryFault[] {
  const places = new Map<string, number>();
  const groups = new Map<string, string>();
  const faults: EntryFault[] = [];
  for (const [entry, { name, applicationName, deploymentGroupName }] of entries.entries()) {
    if (places.has(name)) faults.push({ entry, member: "name", message: `${name} appears twice` });
    else places.set(name, entry);
    const group = `${applicationName}/${deploymentGroupName}`;
    const other = groups.get(group);
    if (other === undefined) groups.set(group, name);
    else faults.push({ entry, member: "group", message: `${other} deploys to ${group} already` });
  }
  for (const [entry, { needs }] of entries.entries()) {
    for (const [at, needed] of needs.entries()) {
      if (places.has(needed)) continue;
      const known = [...places.keys()].join(", ");
      const message = `there is no deployment ${needed} in this release; there are ${known}`;
      faults.push({ entry, member: "needs", at, message });
    }
  }
  return [...faults, ...cycles(entries, places)];
}

/** A fault at each need that closes a circle, which is written out: `a → b → a`. */
function cycles(entries: readonly Wired[], places: ReadonlyMap<string, number>): EntryFault[] {
  const faults: EntryFault[] = [];
  const done = new Set<number>();
  const path: number[] = [];
  const visit = (entry: number): void => {
    if (done.has(entry)) return;
    path.push(entry);
    for (const [at, needed] of entries[entry]?.needs.entries() ?? []) {
      const next = places.get(needed);
      if (next === undefined) continue;
      const back = path.indexOf(next);
      if (back < 0) {
        visit(next);
        continue;
      }
      const circle = [...path.slice(back), next].map((place) => entries[place]?.name);
      const message = `a deployment cannot wait for itself: ${circle.join(" → ")}`;
      faults.push({ entry, member: "needs", at, message });
    }
    path.pop();
    done.add(entry);
  };
  for (const entry of entries.keys()) visit(entry);
  return faults;
}
