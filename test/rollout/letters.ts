/**
 * Targets and their events as text. A letter an event, in the order of an in-place deployment:
 * P pending, R in progress, S succeeded, F failed, K skipped; what is not written is pending, so
 * `SSR` has succeeded twice and runs its third event.
 * @module
 */
import type { DeploymentRequest } from "../../core/domain/deployment.ts";
import { PREDEFINED_CONFIGS } from "../../core/domain/deployment_config.ts";
import {
  IN_PLACE_EVENTS,
  type LifecycleEvent,
  type LifecycleEventStatus,
} from "../../core/domain/lifecycle_event.ts";
import type { RevisionLocation } from "../../core/domain/revision.ts";
import type { Target, TargetStatus } from "../../core/domain/target.ts";

const STATUS = new Map<string, LifecycleEventStatus>([
  ["P", "Pending"],
  ["R", "InProgress"],
  ["S", "Succeeded"],
  ["F", "Failed"],
  ["K", "Skipped"],
]);
const LETTER = new Map([...STATUS].map(([letter, status]) => [status, letter]));

/** Events by letters; a failed one carries the message `<name> broke`. */
export function events(letters: string): LifecycleEvent[] {
  return IN_PLACE_EVENTS.map((name, index) => {
    const status = STATUS.get(letters[index] ?? "P") ?? "Unknown";
    const diagnostics = { error_code: 4, script_name: "a.sh", message: `${name} broke.`, log: "" };
    return { name, status, ...(status === "Failed" && { diagnostics }) };
  });
}

/** Only the first events, as an agent reports those that it has come to. */
export function reported(letters: string): LifecycleEvent[] {
  return events(letters).slice(0, letters.length);
}

export function target(id: string, status: TargetStatus, letters = ""): Target {
  const under = status === "InProgress";
  return {
    id,
    status,
    events: events(letters),
    lastUpdated: 0,
    ...(under && { command: { id: `d-1/${id}`, nonce: 1, givenAt: 0 } }),
  };
}

/** `Failed SSFKKKK`. */
export function show({ status, events }: Target): string {
  return `${status} ${events.map((event) => LETTER.get(event.status) ?? "?").join("")}`;
}

export function revision(key: string): RevisionLocation {
  return { revisionType: "S3", s3Location: { bucket: "b", key, bundleType: "zip" } };
}

export function request(changes: Partial<DeploymentRequest> = {}): DeploymentRequest {
  const configName = "CodeDeployDefault.OneAtATime";
  return {
    revision: revision("new.zip"),
    configName,
    config: PREDEFINED_CONFIGS.get(configName)!,
    computePlatform: "Server",
    style: { deploymentType: "IN_PLACE", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" },
    creator: "user",
    ignoreApplicationStopFailures: false,
    updateOutdatedInstancesOnly: false,
    fileExistsBehavior: "DISALLOW",
    ...changes,
  };
}
