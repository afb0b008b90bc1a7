/** One local run a root: two at once would take each other's files for their own. @module */
import { join } from "node:path";
import { AgentFailure, EXIT } from "./failure.ts";
import type { Layout } from "./layout.ts";
import { lockRoot, RootInUse } from "./lock.ts";

/** Answers what lets the root go again. Throws AgentFailure. */
export async function lockLocal(places: Layout): Promise<() => Promise<void>> {
  try {
    return await lockRoot(places.instructions);
  } catch (cause) {
    const inUse = cause instanceof RootInUse;
    const evidence = inUse
      ? `process ${cause.pid} holds ${join(places.instructions, "agent.lock")}`
      : cause instanceof Error
      ? cause.message
      : String(cause);
    throw new AgentFailure({
      exitCode: EXIT.failed,
      cause: inUse
        ? `Another local run works on ${places.root}`
        : `The folder ${places.root} cannot be used`,
      evidence,
      state: "nothing was done",
      next: inUse
        ? "wait for it, or give this one another --root"
        : "give a folder that you may write to: --root DIR",
    }, { cause });
  }
}
