/**
 * Runs the hooks around an order's events, each at most once: a line in the journal before and after,
 * and one that a crash cut off is not begun again. What becomes of them changes nothing for the order;
 * it is told in a line of the hook's own.
 * @module
 */
import { clearTimeout, setTimeout } from "node:timers";
import type { AfterHookName, RunOutcome } from "../domain/after_hook.ts";
import { type Diagnostics, IGNORABLE_EVENTS } from "../domain/lifecycle_event.ts";
import type { LogLine, Order } from "../wire/agent_protocol.ts";
import { type AfterHook, type AfterHooks, unknownError } from "./host.ts";
import type { Journal } from "./journal.ts";
import type { TakenHook, TakenOrder } from "./journal_record.ts";
import { log } from "./log.ts";
import { markOf } from "./process_mark.ts";
import type { Progress } from "./progress.ts";
import { endStrayScripts } from "./stray_script.ts";

/**
 * Milliseconds for the hooks before the first event, and again for those after the last. A server
 * waits five minutes for the next word of a host (spec 4.5); this keeps the run's end in time.
 */
export const HOOKS_TIME = 240_000;

export interface HookContext {
  hooks: AfterHooks | undefined;
  journal: Journal;
  progress: Progress;
  /** Aborts when the agent begins to stop: no other hook begins. */
  stopping: AbortSignal;
  /** Aborts when the agent cannot wait any longer. */
  leaving: AbortSignal;
}

/** The hooks that an order's end calls for. */
export function hooksAfter(order: Order, { status, failedEvent }: RunOutcome): AfterHookName[] {
  if (!order.isCommand) return status === "Failed" ? ["OnFailure", "Finally"] : ["Finally"];
  // A server that hands out single events keeps to itself which is the last, and which may fail.
  const isEnd = failedEvent !== undefined && !IGNORABLE_EVENTS.includes(failedEvent);
  return isEnd ? ["OnFailure"] : [];
}

export function isRollback({ specification, isCommand }: Order): boolean {
  return !isCommand && specification.DeploymentCreator === "codeDeployRollback";
}

export class HookRun {
  readonly #taken: TakenOrder;
  readonly #context: HookContext;

  constructor(taken: TakenOrder, context: HookContext) {
    this.#taken = taken;
    this.#context = context;
  }

  /**
   * Runs those of these hooks that have scripts and were not begun before. `onFirst` is called
   * before the first of them begins. Answers "suspended" when the agent stops before they are over.
   */
  async run(
    names: readonly AfterHookName[],
    outcome: RunOutcome | undefined,
    onFirst: () => void,
  ): Promise<"over" | "suspended"> {
    const limit = new AbortController();
    const limitMs = this.#context.hooks?.limitMs ?? HOOKS_TIME;
    const reason = `the hooks around a run have ${limitMs / 1000} seconds together`;
    const timer = setTimeout(() => limit.abort(reason), limitMs);
    const signal = AbortSignal.any([limit.signal, this.#context.leaving]);
    try {
      for (const name of names) {
        const begun = this.#taken.hooks.get(name);
        if (begun) {
          if (!begun.over) await this.#cutOff(name, begun);
          continue;
        }
        const found = await this.#find(name, outcome);
        if (found === "unknown") return "over";
        if (!found) continue;
        if (this.#context.stopping.aborted) return "suspended";
        onFirst();
        await this.#one(name, found, signal);
      }
      return "over";
    } finally {
      clearTimeout(timer);
    }
  }

  async #find(
    name: AfterHookName,
    outcome: RunOutcome | undefined,
  ): Promise<AfterHook | undefined | "unknown"> {
    try {
      return await this.#context.hooks?.find(name, this.#taken.order, outcome);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#remark(name, `${name} did not run, if there is one: ${why}`);
      return "unknown";
    }
  }

  /** Whether a script of it ran to its end nobody knows, so it is not begun again (law 1). */
  async #cutOff(hook: AfterHookName, { script }: TakenHook): Promise<void> {
    const text = "was cut off when the agent was restarted, and is not begun again";
    const { DeploymentId: deploymentId } = this.#taken.order.specification;
    await endStrayScripts(
      { root: this.#context.journal.folder, deploymentId, event: hook },
      script,
    );
    this.#remark(hook, `${hook} ${text}`);
    await this.#append(hook, { what: "finished", diagnostics: unknownError(`${hook} ${text}`) });
  }

  async #one(hook: AfterHookName, found: AfterHook, signal: AbortSignal): Promise<void> {
    try {
      await this.#append(hook, { what: "started" });
    } catch (error) {
      this.#remark(hook, `${hook} did not run: ${String(error)}`);
      return;
    }
    const diagnostics = await found.run({
      onLine: (stream, text) => this.#line(hook, stream, text),
      onSpawn: (pid) => this.#spawned(hook, pid),
      signal,
    });
    this.#note(this.#append(hook, { what: "finished", diagnostics }));
    const { commandId } = this.#taken.order;
    if (diagnostics.error_code === 0) {
      log.info("{commandId}: {hook} succeeded", { commandId, hook });
      return;
    }
    this.#remark(hook, `${hook} failed: ${diagnostics.message}; the result stays what it was`);
  }

  #spawned(hook: AfterHookName, pid: number): void {
    const mark = markOf(pid);
    if (mark) this.#note(this.#append(hook, { what: "spawned", ...mark }));
  }

  #append(
    hook: AfterHookName,
    step:
      | { what: "started" }
      | { what: "spawned"; pid: number; startTicks: number; boot: string }
      | { what: "finished"; diagnostics: Diagnostics },
  ): Promise<void> {
    const { commandId, specification } = this.#taken.order;
    const deploymentId = specification.DeploymentId;
    const about = { at: Date.now(), kind: "hook", commandId, deploymentId, hook } as const;
    return this.#context.journal.append({ ...about, ...step });
  }

  /** The line after it, at the latest the completion, goes to disk with it or fails as well. */
  #note(appended: Promise<void>): void {
    appended.catch((error) => log.error("{error}", { error: String(error) }));
  }

  /** For who watches the deployment, and for who reads the agent's log. */
  #remark(hook: AfterHookName, text: string): void {
    const { commandId } = this.#taken.order;
    log.warn("{commandId}: {text}", { commandId, text });
    this.#line(hook, "agent", text);
  }

  #line(event: AfterHookName, stream: LogLine["stream"], text: string): void {
    this.#context.progress.line({ event, stream, at: Date.now(), text });
  }
}
