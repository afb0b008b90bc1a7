/**
 * What a lifecycle event does to this machine, behind an interface: the run of an order decides what
 * happens when, and knows nothing of archives and scripts.
 * @module
 */
import type { Diagnostics, LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { LogLine, Order } from "../wire/agent_protocol.ts";

export interface EventContext {
  /** A line for whoever watches the deployment. */
  onLine(stream: LogLine["stream"], text: string): void;
  /** A script runs as the leader of the process group `pid`. */
  onSpawn(pid: number): void;
  /** Aborts when the agent must leave at once. */
  signal: AbortSignal;
}

export interface Host {
  /** Performs one event; a failure of the event is in the answer, not thrown. */
  run(event: LifecycleEventName, order: Order, context: EventContext): Promise<Diagnostics>;
  /** Whether an event has nothing to do; asked for commands, whose server wants to know. */
  isNoop?(event: LifecycleEventName, order: Order): Promise<boolean>;
}

/** An event that ended well says nothing (spec 4.4: no log on success). */
export const SUCCEEDED: Diagnostics = {
  error_code: 0,
  script_name: "",
  message: "Succeeded",
  log: "",
};

/** Any failure but a script's own (agent code 5, UnknownError in the API). */
export function unknownError(message: string, scriptName = ""): Diagnostics {
  return { error_code: 5, script_name: scriptName, message, log: "" };
}
