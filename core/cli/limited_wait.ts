/** A wait that may end before what is waited for: at a time limit, or by Ctrl-C. @module */
import type { Io } from "./io.ts";

/** Why a wait ended early; the reason with which its signal is aborted. */
export class WaitEnded extends Error {
  override readonly name = "WaitEnded";
  readonly by: "interrupt" | "timeout";
  constructor(by: "interrupt" | "timeout") {
    super(`the wait ended by ${by}`);
    this.by = by;
  }
}

/** The signal of a wait of at most so many seconds; `over` is called when it has ended. */
export function limitedWait(
  io: Pick<Io, "onInterrupt">,
  seconds: number | undefined,
): { signal: AbortSignal; over(): void } {
  const abort = new AbortController();
  const stopListening = io.onInterrupt(() => abort.abort(new WaitEnded("interrupt")));
  const limit = seconds === undefined
    ? undefined
    : setTimeout(() => abort.abort(new WaitEnded("timeout")), seconds * 1000);
  return {
    signal: abort.signal,
    over() {
      clearTimeout(limit);
      stopListening();
    },
  };
}
