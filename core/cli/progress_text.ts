/**
 * A running deployment as lines for a log file: one line for each thing that changed. Remembers what
 * it has said, so a snapshot after a reconnection repeats nothing; and holds output back until its
 * event was announced, so that a host's lines stand between "started" and "succeeded".
 * @module
 */
import { AfterHookName } from "../domain/after_hook.ts";
import { TERMINAL_DEPLOYMENT } from "../domain/deployment.ts";
import { TERMINAL_TARGET } from "../domain/target.ts";
import type { StreamEvent } from "../wire/event_stream.ts";
import type { DeploymentEvent, HostEvent, TargetEvent } from "./deployment_view.ts";
import type { LogEvent } from "./event_stream.ts";
import { HeldLines } from "./held_lines.ts";
import { failureTitle } from "./host_failure.ts";
import { clock, duration, harmless, hostsOf } from "./words.ts";

export class ProgressText {
  /** The last status said of a deployment, a host or a host's event. */
  readonly #said = new Map<string, string>();
  readonly #held = new HeldLines();
  #ended = false;

  /** The lines for each event in turn; `now` in milliseconds, for changes without a time. */
  lines(event: StreamEvent, now: number): string[] {
    switch (event.kind) {
      case "deployment":
        return this.#deploymentLines(event, now);
      case "target":
        return this.#targetLines(event, now);
      case "log":
        return this.#logLines(event);
    }
  }

  /** What is still held when nothing more is to come. */
  rest(): string[] {
    return this.#held.all();
  }

  #deploymentLines(event: DeploymentEvent, now: number): string[] {
    return [...this.#statusLines(event, now), ...this.#waitLines(event, now)];
  }

  #waitLines({ deploymentId, statusMessages }: DeploymentEvent, now: number): string[] {
    const waits = harmless(statusMessages.join(" "));
    if (!this.#isNews(`${deploymentId} waits`, waits) || waits === "") return [];
    return [`${clock(now)} ${deploymentId} ${waits}`];
  }

  #statusLines(event: DeploymentEvent, now: number): string[] {
    if (!this.#isNews(event.deploymentId, event.status)) return [];
    const at = clock(event.completeTime ?? now);
    const error = event.error ? `: ${event.error.code}: ${harmless(event.error.message)}` : "";
    this.#ended = TERMINAL_DEPLOYMENT.has(event.status);
    return [
      ...(this.#ended ? this.#held.all() : []),
      `${at} ${event.deploymentId} ${event.status}${error}${tally(event.overview)}`,
    ];
  }

  #targetLines(target: TargetEvent, now: number): string[] {
    const { targetId } = target;
    const host = hostKey(target);
    const lines = target.events.flatMap((event) => {
      if (!this.#isNews(`${host} ${event.name}`, event.status)) return [];
      const output = event.status === "Pending" ? [] : this.#held.ofEvent(host, event.name);
      const text = eventText(event);
      if (text === undefined) return output;
      const line = `${clock(event.endTime ?? event.startTime ?? now)} ${targetId} ${text}`;
      return event.status === "InProgress" ? [line, ...output] : [...output, line];
    });
    if (this.#isNews(host, target.status) && TERMINAL_TARGET.has(target.status)) {
      const ended = Math.max(...target.events.map((event) => event.endTime ?? 0));
      lines.push(...this.#held.ofHost(host));
      lines.push(`${clock(ended || now)} ${targetId} ${target.status.toLowerCase()}`);
    }
    return lines;
  }

  #logLines(log: LogEvent): string[] {
    const host = hostKey(log);
    const lines: string[] = [];
    for (const { event, text } of log.lines) {
      const line = `${log.targetId} | ${event} | ${harmless(text)}`;
      if (this.#wasAnnounced(host, event)) lines.push(line);
      else this.#held.hold(host, { event, text: line });
    }
    return this.#held.tooMany ? [...lines, ...this.#held.all()] : lines;
  }

  /**
   * After its end a host, or the deployment, announces nothing more, and a hook after a failure is
   * never announced: there is nothing to wait for.
   */
  #wasAnnounced(host: string, event: string): boolean {
    if (AfterHookName.safeParse(event).success) return true;
    const status = this.#said.get(`${host} ${event}`) ?? "Pending";
    const ended: ReadonlySet<string> = TERMINAL_TARGET;
    return this.#ended || status !== "Pending" || ended.has(this.#said.get(host) ?? "");
  }

  #isNews(key: string, status: string): boolean {
    if (this.#said.get(key) === status) return false;
    this.#said.set(key, status);
    return true;
  }
}

function hostKey({ deploymentId, targetId }: TargetEvent | LogEvent): string {
  return `${deploymentId} ${targetId}`;
}

function tally(overview: Record<string, number>): string {
  const total = Object.values(overview).reduce((sum, count) => sum + count, 0);
  return total === 0 ? "" : ` (${hostsOf(overview["Succeeded"] ?? 0, total)} done)`;
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
