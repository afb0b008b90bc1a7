/** Traffic of one host, through a load balancer. @module */
import type { z } from "zod";
import type { Tag } from "../domain/tag.ts";
import type { DeploymentView, PluginContext } from "./context.ts";

/** A host as a balancer may know it. */
export interface BalancedHost {
  readonly name: string;
  readonly tags: readonly Tag[];
}

export interface BalancerCall<Config> {
  readonly host: BalancedHost;
  readonly config: Config;
  readonly deployment: DeploymentView;
  readonly ctx: PluginContext;
}

/**
 * Each call may come again after a crash, for a host that is in that state already, and must then
 * settle as well. A balancer that does not answer, or does not know the host, throws an Error that
 * says what was asked, what came back and what to do.
 */
export interface Balancer<Config extends z.ZodType = z.ZodType> {
  readonly kind: "balancer";
  readonly name: string;
  readonly description: string;
  readonly config: Config;
  /** Takes the host out; settles when it gets no new request and those under way have ended. */
  block(call: BalancerCall<z.output<Config>>): Promise<void>;
  /** Lets traffic in; settles when the balancer sends the host requests. */
  allow(call: BalancerCall<z.output<Config>>): Promise<void>;
  /**
   * Whether the balancer answers and knows the host; changes nothing. Asked before any host of a
   * deployment is touched.
   */
  check(call: BalancerCall<z.output<Config>>): Promise<void>;
}

/** Declares a balancer; the default export of its file. */
export function defineBalancer<Config extends z.ZodType>(
  balancer: Omit<Balancer<Config>, "kind">,
): Balancer<Config> {
  return { kind: "balancer", ...balancer };
}
