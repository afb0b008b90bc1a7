/** Why an event of a host failed, in few words. @module */
import { failureReason, printedLines } from "../domain/event_failure.ts";
import type { HostEvent } from "./deployment_view.ts";
import type { LogLine } from "../wire/agent_protocol.ts";
import { harmless } from "./words.ts";

/** `Install`, or `ApplicationStart scripts/start.sh exit code 1`. */
export function failureTitle(event: HostEvent): string {
  const { diagnostics } = event;
  if (diagnostics === undefined) return event.name;
  return [event.name, harmless(diagnostics.script_name), failureReason(diagnostics)]
    .filter((part) => part !== "").join(" ");
}

/** The last lines an event printed: those of the stream, else those its report carries. */
export function lastLines(
  event: HostEvent,
  streamed: readonly { event: string; text: string }[],
  count: number,
): string[] {
  const live = streamed.filter((line) => line.event === event.name).map((line) => line.text);
  const reported = printedLines(event.diagnostics?.log ?? "");
  return (live.length > 0 ? live : reported)
    .map(harmless).filter((line) => line.trim() !== "").slice(-count);
}

/** `OnFailure | text`: what the hooks after an event printed, and the agent's word when one failed. */
export function hookLines(kept: readonly LogLine[]): string[] {
  return kept.filter(({ text }) => text.trim() !== "")
    .map(({ event, text }) => `${event} | ${harmless(text)}`);
}
