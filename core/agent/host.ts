/**
 * What a lifecycle event does to this machine, behind an interface: the run of an order decides what
 * happens when, and knows nothing of archives and scripts.
 * @module
 */
import type { AfterHookName, RunOutcome } from "../domain/after_hook.ts";
import type { Diagnostics, LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { BreakPoint } from "../../hooks/host_script.ts";
import type { LogLine, Order } from "../wire/agent_protocol.ts";

export interface EventContext {
  /** A line for whoever watches the deployment. */
  onLine(stream: LogLine["stream"], text: string): void;
  /** A script runs as the leader of the process group `pid`. */
  onSpawn(pid: number): void;
  /** Aborts when the agent must leave at once. */
  signal: AbortSignal;
  /** Where the event goes on after a restart of the machine in its middle. */
  from?: BreakPoint;
}

/** How an event ended, with the exit code of the script that failed, if it had one. */
export interface EventEnd extends Diagnostics {
  exitCode?: number;
}

/** The event is not over: it goes on from here when the machine has been restarted. */
export interface RebootWanted {
  reboot: BreakPoint & { readonly script: string };
}

/** The hooks around a run that CodeDeploy does not have. */
export interface AfterHooks {
  /** Milliseconds for the hooks before the events, and again for those after; HOOKS_TIME without. */
  readonly limitMs?: number;
  /** Keeps how the run ended for a later rollback. */
  keepOutcome(order: Order, outcome: RunOutcome): Promise<void>;
  /** Undefined when there are no scripts to run; rejects with the reason when nobody can know. */
  find(
    hook: AfterHookName,
    order: Order,
    outcome: RunOutcome | undefined,
  ): Promise<AfterHook | undefined>;
}

export interface AfterHook {
  /** Runs the scripts. Never rejects. */
  run(context: EventContext): Promise<Diagnostics>;
}

export interface Host {
  /** Performs one event; a failure of the event is in the answer, not thrown. */
  run(
    event: LifecycleEventName,
    order: Order,
    context: EventContext,
  ): Promise<EventEnd | RebootWanted>;
  readonly afterHooks?: AfterHooks;
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
