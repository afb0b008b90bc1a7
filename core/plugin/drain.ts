/** How long a balancer waits for requests under way, and what it does when that is over. @module */
import { z } from "zod";
import type { PluginContext } from "./context.ts";
import { until } from "./until.ts";

/** In a config: a time that a host or a balancer may take, an hour at most, as with AWS. */
export const Seconds = z.number().positive().max(3600);

/** Members of the config of every balancer that can tell how much is under way. */
export const DRAIN = {
  /** How long requests under way may take. */
  drainTimeoutSeconds: Seconds.default(300),
  /**
   * What becomes of a host whose requests take longer: its event fails and it keeps its traffic, or
   * the deployment goes on and cuts them off.
   */
  afterDrainTimeout: z.enum(["fail", "proceed"]).default("fail"),
};
export type Drain = z.output<z.ZodObject<typeof DRAIN>>;

const EVERY_MS = 200;

/** Settles when `open` counts nothing any more; throws when that takes too long and shall not. */
export async function drained(
  ctx: PluginContext,
  { drainTimeoutSeconds, afterDrainTimeout }: Drain,
  what: string,
  open: () => Promise<number>,
): Promise<void> {
  let left = 0;
  const patience = { withinMs: drainTimeoutSeconds * 1000, everyMs: EVERY_MS };
  const empty = await until(ctx, patience, async () => {
    left = await open();
    return left === 0 ? true : undefined;
  });
  if (empty) return;
  const still = `${what}: ${left} still open after ${drainTimeoutSeconds} s`;
  if (afterDrainTimeout === "fail") {
    throw new Error(`${still}; raise drainTimeoutSeconds, or let afterDrainTimeout be "proceed"`);
  }
  ctx.log(`${still}; the deployment goes on all the same`);
}
