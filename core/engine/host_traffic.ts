/**
 * The traffic of a deployment's hosts: asks the load balancers of its group to take a host out, or to
 * let it in again (spec 4.1, BlockTraffic and AllowTraffic). Whatever a crash left unanswered is
 * asked again by the next owner; balancers bear that.
 * @module
 */
import { clearTimeout, setTimeout } from "node:timers";
import type { Deployment } from "../domain/deployment.ts";
import type { LoadBalancerInfo } from "../domain/deployment_group.ts";
import type { LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { BalancedHost, Balancer, DeploymentView } from "../plugin/contract.ts";
import type { Registry } from "../plugin/registry.ts";
import type { Db } from "../store/database.ts";
import { findRegistered } from "../store/instances.ts";
import type { EngineContext } from "./context.ts";
import { resolveIntegration } from "./integrations.ts";
import type { Names } from "./order.ts";
import { viewOf } from "./plugin_view.ts";
import { reasonOf } from "./reason.ts";

/** A balancer of the group, by the name that the group has for it. */
interface NamedBalancer {
  name: string;
  plugin: Balancer;
  config: unknown;
}

export interface TrafficAnswer {
  host: string;
  event: LifecycleEventName;
  /** Why it did not come to pass. */
  failure?: string;
}

export class HostTraffic {
  readonly #context: EngineContext;
  readonly #balancers: readonly NamedBalancer[];
  readonly #deployment: DeploymentView;
  readonly #log: (host: string, event: LifecycleEventName, line: string) => void;
  readonly #underWay = new Map<string, AbortController>();

  constructor(
    context: EngineContext,
    deployment: Pick<Deployment, "id" | "request">,
    names: Names,
    log: (host: string, event: LifecycleEventName, line: string) => void,
  ) {
    this.#context = context;
    this.#balancers = balancersOf(
      deployment.request.loadBalancer,
      context.store.read,
      context.plugins,
    ).found;
    this.#deployment = viewOf(deployment.id, names);
    this.#log = log;
  }

  /** Asks all balancers for one event of a host; undefined where that is under way already. */
  async perform(host: string, event: LifecycleEventName): Promise<TrafficAnswer | undefined> {
    if (this.#underWay.has(host)) return undefined;
    const controller = new AbortController();
    this.#underWay.set(host, controller);
    const verb = event === "BlockTraffic" ? "block" : "allow";
    try {
      for (const balancer of this.#balancers) {
        await this.#ask(balancer, verb, { host, event }, controller);
      }
      return { host, event };
    } catch (error) {
      return { host, event, failure: reasonOf(error) };
    } finally {
      this.#underWay.delete(host);
    }
  }

  /** Why the balancers cannot be relied on for these hosts, asked before any is touched. */
  async check(hosts: readonly string[]): Promise<string | undefined> {
    const controller = new AbortController();
    try {
      for (const balancer of this.#balancers) {
        for (const host of hosts) {
          await this.#ask(balancer, "check", { host, event: "BlockTraffic" }, controller);
        }
      }
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** The answer for a host is no longer waited for. */
  giveUp(host: string): void {
    this.#underWay.get(host)?.abort(new Error("the step was given up"));
  }

  close(): void {
    for (const controller of this.#underWay.values()) {
      controller.abort(new Error("the server stops"));
    }
  }

  async #ask(
    { name, plugin, config }: NamedBalancer,
    verb: "block" | "allow" | "check",
    { host, event }: { host: string; event: LifecycleEventName },
    controller: AbortController,
  ): Promise<void> {
    const { clocks, pluginContext, store } = this.#context;
    const late = setTimeout(
      () => controller.abort(new Error(`it took longer than ${clocks.notFinished / 1000} seconds`)),
      clocks.notFinished,
    );
    const ctx = pluginContext(controller.signal, (line) => this.#log(host, event, line));
    const balanced: BalancedHost = {
      name: host,
      tags: findRegistered(store.read, host)?.tags ?? [],
    };
    try {
      await plugin[verb]({ host: balanced, config, deployment: this.#deployment, ctx });
    } catch (error) {
      throw new Error(`the balancer ${name} did not ${verb} ${host}: ${reasonOf(error)}`, {
        cause: error,
      });
    } finally {
      clearTimeout(late);
    }
  }
}

/** The balancers that a group names, and what is wrong with the first that cannot be had. */
export function balancersOf(
  info: LoadBalancerInfo | undefined,
  db: Db,
  plugins: Registry,
): { found: NamedBalancer[]; fault?: string } {
  const { elbInfoList = [], targetGroupInfoList = [] } = info ?? {};
  const found: NamedBalancer[] = [];
  for (const { name } of [...elbInfoList, ...targetGroupInfoList]) {
    if (name === undefined) continue;
    const balancer = resolveIntegration(db, plugins, "balancer", name);
    if ("fault" in balancer) return { found, fault: balancer.fault };
    found.push({ name, ...balancer });
  }
  return { found };
}
