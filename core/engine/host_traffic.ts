/**
 * The traffic of a deployment's hosts: asks the load balancers of its group to take a host out, or to
 * let it in again (spec 4.1, BlockTraffic and AllowTraffic). Whatever a crash left unanswered is
 * asked again by the next owner; balancers bear that.
 * @module
 */
import { clearTimeout, setTimeout } from "node:timers";
import type { Deployment, DeploymentRequest } from "../domain/deployment.ts";
import type { LoadBalancerInfo } from "../domain/deployment_group.ts";
import type { LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { BalancedHost, Balancer, DeploymentView } from "../plugin/contract.ts";
import { Places } from "../plugin/places.ts";
import type { AtOnce } from "../plugin/plugin_context.ts";
import type { Registry } from "../plugin/registry.ts";
import type { Db } from "../store/database.ts";
import { healthOf } from "../store/instance_health.ts";
import { findRegistered } from "../store/instances.ts";
import type { EngineContext } from "./context.ts";
import { eachAtMost } from "./each_at_most.ts";
import { resolveIntegration } from "./integrations.ts";
import { orAborted } from "./or_aborted.ts";
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

/** Hosts that the balancers are asked about at once. */
const CHECKS_AT_ONCE = 8;
/** A look at one host that takes longer has failed; milliseconds. */
const CHECK_LIMIT = 60_000;

/**
 * Of all balancers of this process: thousands of hosts that go out at once share these, call by call.
 * Alarms and analyses have no part in it, as a reading that waited would be taken for silence.
 */
const AT_ONCE: AtOnce = { programs: new Places(64), connections: new Places(256) };

type Verb = "block" | "allow" | "check";
type Step = Pick<TrafficAnswer, "host" | "event">;

export class HostTraffic {
  readonly #context: EngineContext;
  readonly #balancers: readonly NamedBalancer[];
  readonly #of: Pick<Deployment, "id" | "request" | "groupId">;
  readonly #deployment: DeploymentView;
  readonly #log: (host: string, event: LifecycleEventName, line: string) => void;
  readonly #underWay = new Map<string, AbortController>();
  readonly #closing = new AbortController();

  constructor(
    context: EngineContext,
    deployment: Pick<Deployment, "id" | "request" | "groupId">,
    names: Names,
    log: (host: string, event: LifecycleEventName, line: string) => void,
  ) {
    this.#context = context;
    this.#of = deployment;
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
    const step = { host, event };
    const asked: NamedBalancer[] = [];
    try {
      for (const balancer of this.#balancers) {
        asked.push(balancer);
        await this.#ask(balancer, event === "BlockTraffic" ? "block" : "allow", step, controller);
      }
      return step;
    } catch (error) {
      // The server stops: whoever goes on with the deployment asks again.
      if (this.#closing.signal.aborted) return undefined;
      const last = asked.at(-1)?.name ?? "";
      const state = event === "BlockTraffic"
        ? await this.#letInAgain(asked, step)
        : `${host} gets no traffic from ${last} now, until a deployment to it lets it in. ` +
          lookAt(last, host);
      return { ...step, failure: `${reasonOf(error)}\n${state}` };
    } finally {
      this.#underWay.delete(host);
    }
  }

  /**
   * Why the balancers cannot be relied on for these hosts, asked before any is touched. Throws when
   * the server stops.
   */
  async check(hosts: readonly string[]): Promise<string | undefined> {
    try {
      for (const balancer of this.#balancers) {
        await eachAtMost(CHECKS_AT_ONCE, hosts, (host) => {
          const step = { host, event: "BlockTraffic" } as const;
          return this.#ask(balancer, "check", step, new AbortController());
        });
      }
      return undefined;
    } catch (error) {
      this.#closing.signal.throwIfAborted();
      return reasonOf(error);
    }
  }

  /** The answer for a host is no longer waited for. */
  giveUp(host: string): void {
    this.#underWay.get(host)?.abort(new Error("the step was given up"));
  }

  close(): void {
    this.#closing.abort(new Error("the server stops"));
  }

  /**
   * A host that could not be taken out everywhere is not going to be touched, and gets its traffic
   * back wherever it was asked to be taken out, the last one first. Not one that was out before, or
   * that is to give its traffic up for ever. Answers what has become of it.
   */
  async #letInAgain(asked: readonly NamedBalancer[], { host }: Step): Promise<string> {
    if (!this.#served(host)) {
      return `${host} is not let in again, as it does not run what it should.`;
    }
    const out: string[] = [];
    for (const balancer of asked.toReversed()) {
      const step = { host, event: "BlockTraffic" } as const;
      try {
        await this.#ask(balancer, "allow", step, new AbortController());
        this.#log(host, "BlockTraffic", `let in again by the balancer ${balancer.name}`);
      } catch (error) {
        this.#log(host, "BlockTraffic", reasonOf(error));
        out.push(balancer.name);
      }
    }
    const [first] = out;
    if (first === undefined) return `${host} gets its traffic as before.`;
    return `${host} may be out of ${out.join(", ")} now: it was not let in again. ` +
      lookAt(first, host);
  }

  /** Whether a host that is about to be taken out runs what the group is to run. */
  #served(host: string): boolean {
    const { request: { style, rollbackOf }, groupId } = this.#of;
    // Blue serves; green, which a way back takes the traffic from, is to serve no more.
    if (style.deploymentType === "BLUE_GREEN") return rollbackOf === undefined;
    return healthOf(this.#context.store.read, groupId).get(host)?.healthy === true;
  }

  async #ask(
    { name, plugin, config }: NamedBalancer,
    verb: Verb,
    { host, event }: Step,
    controller: AbortController,
  ): Promise<void> {
    const { clocks, pluginContext, store } = this.#context;
    const limit = verb === "check" ? Math.min(CHECK_LIMIT, clocks.notFinished) : clocks.notFinished;
    const late = setTimeout(
      () => controller.abort(new Error(`it took longer than ${limit / 1000} seconds`)),
      limit,
    );
    const signal = AbortSignal.any([controller.signal, this.#closing.signal]);
    const ctx = pluginContext(signal, (line) => this.#log(host, event, line), AT_ONCE);
    const balanced: BalancedHost = {
      name: host,
      tags: findRegistered(store.read, host)?.tags ?? [],
    };
    try {
      signal.throwIfAborted();
      const asked = plugin[verb]({ host: balanced, config, deployment: this.#deployment, ctx });
      await orAborted(asked, signal, () => signal.reason);
    } catch (error) {
      throw new Error(`the balancer ${name} did not ${verb} ${host}: ${reasonOf(error)}`, {
        cause: error,
      });
    } finally {
      clearTimeout(late);
    }
  }
}

function lookAt(balancer: string, host: string): string {
  return `See what the balancer says: runtime balancer try ${balancer} --host ${host}`;
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

/** Whether the server asks load balancers about the hosts of a deployment. */
export function hasTraffic(
  { deploymentType, deploymentOption }: DeploymentRequest["style"],
): boolean {
  return deploymentOption === "WITH_TRAFFIC_CONTROL" || deploymentType === "BLUE_GREEN";
}

export const NO_BALANCER =
  "The deployment group controls traffic and names no load balancer. Add one " +
  "(runtime balancer add NAME --plugin …) and name it in the group's loadBalancerInfo " +
  "(update-deployment-group --load-balancer-info targetGroupInfoList=[{name=NAME}]).";
