/**
 * Which events a run without a server goes through, and in which order: the rules of CodeDeploy's
 * `codedeploy-local` (CodeDeploy user guide, "CodeDeploy local deployments"). Pure.
 * @module
 */
import { LifecycleEventName, scriptOrigin, SERVER_EVENTS } from "../domain/lifecycle_event.ts";
import { badLocalInput } from "./local_failure.ts";

/** All events of a host but those that a server performs against a load balancer. */
export const LOCAL_EVENTS: readonly LifecycleEventName[] = LifecycleEventName.options
  .filter((name) => !SERVER_EVENTS.has(name));

/** Their scripts may be those of the revision before, so they make sense before there is a new one. */
const OF_THE_LAST_REVISION: ReadonlySet<LifecycleEventName> = new Set(
  LOCAL_EVENTS.filter((name) => scriptOrigin(name, false) !== "current"),
);

/**
 * The events to run when these were asked for, all of them when none were. DownloadBundle and Install
 * are put before the others where they are missing. Throws AgentFailure for an order that cannot be.
 */
export function localEvents(asked: readonly string[] | undefined): LifecycleEventName[] {
  if (asked === undefined) return [...LOCAL_EVENTS];
  const events = withRevision(asked.map(eventNamed));
  const twice = events.find((event, index) => events.indexOf(event) !== index);
  if (twice !== undefined) throw refuse(`${twice} is given twice`, "name each event once");
  const download = events.indexOf("DownloadBundle");
  for (const event of events.slice(0, download)) {
    if (OF_THE_LAST_REVISION.has(event)) continue;
    throw tooEarly(event, "DownloadBundle", [...OF_THE_LAST_REVISION]);
  }
  const beforeInstall = new Set([...OF_THE_LAST_REVISION, "DownloadBundle", "BeforeInstall"]);
  for (const event of events.slice(0, events.indexOf("Install"))) {
    if (!beforeInstall.has(event)) throw tooEarly(event, "Install", [...beforeInstall]);
  }
  return events;
}

function withRevision(events: LifecycleEventName[]): LifecycleEventName[] {
  const all = [...events];
  if (!all.includes("DownloadBundle")) all.unshift("DownloadBundle");
  // Install needs the bundle, so it stands behind the download wherever that stands.
  if (!all.includes("Install")) all.splice(all.indexOf("DownloadBundle") + 1, 0, "Install");
  return all;
}

function eventNamed(text: string): LifecycleEventName {
  const event = LifecycleEventName.safeParse(text.trim());
  const known = `give some of ${LOCAL_EVENTS.join(",")}`;
  if (!event.success) throw refuse(`${JSON.stringify(text)} is no lifecycle event`, known);
  if (!SERVER_EVENTS.has(event.data)) return event.data;
  throw refuse(`${event.data} is done by a server against its load balancer`, known);
}

function tooEarly(event: string, before: string, allowed: readonly string[]) {
  return refuse(
    `${event} cannot come before ${before}`,
    `before ${before} only ${allowed.join(", ")} may stand`,
  );
}

function refuse(evidence: string, next: string) {
  return badLocalInput("-e, --events: these events cannot be run", evidence, next);
}
