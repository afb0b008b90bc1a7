/** Waiting for something that has to be looked for again and again. @module */
import type { PluginContext } from "./context.ts";

export interface Patience {
  readonly withinMs: number;
  readonly everyMs: number;
}

/**
 * What `look` answers, once that is not undefined; undefined when the time is over. The first look is
 * at once, the last when the time is over.
 */
export async function until<Found>(
  ctx: PluginContext,
  { withinMs, everyMs }: Patience,
  look: () => Promise<Found | undefined>,
): Promise<Found | undefined> {
  const began = ctx.now();
  // Sleeps may be shorter than they say, in trials: what was slept counts, and what looking took.
  for (let slept = 0;; slept += everyMs) {
    const found = await look();
    if (found !== undefined) return found;
    const left = withinMs - Math.max(slept, ctx.now() - began);
    if (left <= 0) return undefined;
    await ctx.sleep(Math.min(everyMs, left));
  }
}
