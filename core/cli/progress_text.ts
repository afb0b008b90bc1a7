/**
 * A running deployment as lines for a log file: one line for each thing that changed. Remembers what
 * it has said, so a snapshot after a reconnection repeats nothing.
 * @module
 */
import { TERMINAL_TARGET } from "../domain/target.ts";
import type { StreamEvent } from "../wire/event_stream.ts";
import type { HostEvent, TargetEvent } from "./deployment_view.ts";
import { failureTitle } from "./host_failure.ts";
import { clock, duration, harmless, hosts } from "./words.ts";

/** Answers the lines for each event in turn; `now` in milliseconds, for changes without a time. */
export function progressText(): (event: StreamEvent, now: number) => string[] {
  const said = new Map<string, string>();
  const news = (key: string, status: string) => {
    if (said.get(key) === status) return false;
    said.set(key, status);
    return true;
  };
  return (event, now) => {
    switch (event.kind) {
      case "deployment": {
        if (!news(event.deploymentId, event.status)) return [];
        const at = clock(event.completeTime ?? now);
        const error = event.error ? `: ${event.error.code}: ${harmless(event.error.message)}` : "";
        return [`${at} ${event.deploymentId} ${event.status}${error}${tally(event.overview)}`];
      }
      case "target":
        return targetLines(event, now, news);
      case "log":
        return event.lines.map((line) =>
          `${event.targetId} | ${line.event} | ${harmless(line.text)}`
        );
    }
  };
}

function tally(overview: Record<string, number>): string {
  const total = Object.values(overview).reduce((sum, count) => sum + count, 0);
  return total === 0 ? "" : ` (${overview["Succeeded"] ?? 0} of ${hosts(total)} done)`;
}

function targetLines(
  target: TargetEvent,
  now: number,
  news: (key: string, status: string) => boolean,
): string[] {
  const { deploymentId, targetId } = target;
  const lines = target.events.flatMap((event) => {
    const fresh = news(`${deploymentId} ${targetId} ${event.name}`, event.status);
    const text = fresh ? eventText(event) : undefined;
    if (text === undefined) return [];
    return [`${clock(event.endTime ?? event.startTime ?? now)} ${targetId} ${text}`];
  });
  if (news(`${deploymentId} ${targetId}`, target.status) && TERMINAL_TARGET.has(target.status)) {
    const ended = Math.max(...target.events.map((event) => event.endTime ?? 0));
    lines.push(`${clock(ended || now)} ${targetId} ${target.status.toLowerCase()}`);
  }
  return lines;
}

/** Pending and Skipped events are not news: the host's own line says what came of it. */
function eventText(event: HostEvent): string | undefined {
  const { startTime, endTime } = event;
  const took = startTime === undefined || endTime === undefined
    ? ""
    : ` (${duration(endTime - startTime)})`;
  switch (event.status) {
    case "InProgress":
      return `${event.name} started`;
    case "Succeeded":
      return `${event.name} succeeded${took}`;
    case "Failed": {
      const title = failureTitle(event).slice(event.name.length);
      const message = harmless(event.diagnostics?.message ?? "");
      return `${event.name} failed${took}${title}${message === "" ? "" : `: ${message}`}`;
    }
    case "Unknown":
      return `${event.name} is unknown`;
    case "Pending":
    case "Skipped":
      return undefined;
  }
}
