/**
 * The hooks after a run without a server: OnFailure and Finally. Ctrl-C has ended the run, not them;
 * what becomes of them is told in a line and changes nothing.
 * @module
 */
import { clearTimeout, setTimeout } from "node:timers";
import type { AfterHookName, RunOutcome } from "../domain/after_hook.ts";
import type { LogLine } from "../wire/agent_protocol.ts";
import { findAfterHook, runAfterHook } from "./after_hooks.ts";
import type { HookSpecification } from "./hook_environment.ts";
import { HOOKS_TIME } from "./hook_run.ts";
import type { Layout } from "./layout.ts";

export interface LocalHooks {
  specification: HookSpecification;
  layout: Layout;
  watcher: { line(line: LogLine): void };
  /** Milliseconds for all of them; HOOKS_TIME without. */
  limitMs?: number;
}

/** Never rejects. */
export async function runLocalHooks(outcome: RunOutcome, hooks: LocalHooks): Promise<void> {
  const names: AfterHookName[] = outcome.status === "Failed"
    ? ["OnFailure", "Finally"]
    : ["Finally"];
  const limit = new AbortController();
  const { limitMs = HOOKS_TIME } = hooks;
  const reason = `the hooks after a run have ${limitMs / 1000} seconds together`;
  const timer = setTimeout(() => limit.abort(reason), limitMs);
  for (const name of names) {
    const end = await runLocalHook(name, outcome, { ...hooks, signal: limit.signal });
    if (end === "fine") continue;
    const text = `${name} ${end.text}; the result stays what it was`;
    hooks.watcher.line({ event: name, stream: "agent", at: Date.now(), text });
    // What cannot be read for one cannot be read for the next.
    if (end.kind === "unknown") break;
  }
  clearTimeout(timer);
}

async function runLocalHook(
  hook: AfterHookName,
  outcome: RunOutcome,
  { specification, layout, watcher, signal }: LocalHooks & { signal: AbortSignal },
): Promise<"fine" | { kind: "failed" | "unknown"; text: string }> {
  try {
    const found = findAfterHook({ hook, specification, layout, outcome });
    if (!found) return "fine";
    const { error_code, message } = await runAfterHook(found, {
      onLine: (stream, text) => watcher.line({ event: hook, stream, at: Date.now(), text }),
      onSpawn() {},
      signal,
    });
    return error_code === 0 ? "fine" : { kind: "failed", text: `failed: ${message}` };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: "unknown", text: `did not run, if there is one: ${why}` };
  }
}
