/**
 * One history: a group and its fleet, deployments one after another, and everything that goes wrong,
 * until it is quiet and all have ended. The same seed plays the same history.
 * @module
 */
import { NO_TARGETS, TERMINAL_DEPLOYMENT } from "../../core/domain/deployment.ts";
import { DEFAULT_REALM, hostUserArn, instanceArn } from "../../core/domain/identity.ts";
import { revisionIdentity } from "../../core/domain/revision.ts";
import { createRegistry, type Plugin } from "../../core/plugin/registry.ts";
import onPremises from "../../plugins/targets/on_premises.ts";
import canary from "../../strategies/canary.ts";
import everyHost from "../../strategies/every_host.ts";
import exponential from "../../strategies/exponential.ts";
import minimumHealthyHosts from "../../strategies/minimum_healthy_hosts.ts";
import zonal from "../../strategies/zonal.ts";
import { request, revision } from "../rollout/letters.ts";
import type { Disk } from "./disk.ts";
import { Laws } from "./laws.ts";
import { Ledger } from "./ledger.ts";
import { Network } from "./network.ts";
import { Operators } from "./operators.ts";
import { ALARM, ANALYSIS, BALANCER, drawScenario, isOf, type Scenario } from "./scenario.ts";
import { SimHost } from "./sim_host.ts";
import { Surroundings } from "./sim_plugins.ts";
import { SimServer } from "./sim_server.ts";
import { HOUR, MINUTE, SECOND, World } from "./world.ts";

const STRATEGIES = [canary, everyHost, exponential, minimumHealthyHosts, zonal];
/** Once it is quiet, everything has ended after this much time and so many steps. */
const QUIET_MAX = 24 * HOUR;
const STEPS_MAX = 20_000;

export interface Played {
  seed: number;
  /** The law that was broken, and how. */
  broken: string | undefined;
  steps: readonly string[];
  count: number;
  /** How the deployments ended, one word each. */
  ends: string[];
}

/** What is broken on purpose, to see it noticed. */
export interface Fault {
  strategies?: readonly Plugin[];
  /** Hosts take orders that they have had before. */
  carelessHosts?: boolean;
  /** Done to the database after each commit. */
  afterCommit?: (disk: Disk) => void;
}

export async function play(
  seed: number,
  disk: Disk,
  { isTold = false, fault = {} }: { isTold?: boolean; fault?: Fault } = {},
): Promise<Played> {
  const history = new History(seed, disk, isTold, fault);
  return await history.play();
}

class History {
  readonly #seed: number;
  readonly #disk: Disk;
  readonly #world: World;
  readonly #scenario: Scenario;
  readonly #ledger: Ledger;
  readonly #laws: Laws;
  readonly #surroundings: Surroundings;
  readonly #server: SimServer;
  readonly #hosts: ReadonlyMap<string, SimHost>;
  readonly #operators: Operators;
  #count = 0;

  constructor(seed: number, disk: Disk, isTold: boolean, fault: Fault) {
    const world = new World(seed, isTold);
    const scenario = drawScenario(world);
    const { trouble } = scenario;
    world.say(JSON.stringify(scenario));
    const ledger = new Ledger(disk);
    const serving = scenario.hosts.filter((host) => isOf("a", host)).map(({ name }) => name);
    const surroundings = new Surroundings(world, trouble.plugin, serving);
    const hosts = () => this.#hosts;
    const laws = new Laws(world, ledger, scenario, { hosts, surroundings });
    surroundings.watcher = laws;
    const plugins = createRegistry([
      onPremises,
      ...surroundings.plugins,
      ...(fault.strategies ?? STRATEGIES),
    ]);
    const server = new SimServer({
      ...{ world, disk, plugins, busyGroup: scenario.busyGroup },
      written() {
        fault.afterCommit?.(disk);
        laws.written();
      },
      ended: () => surroundings.hangUp(),
      unforeseen: (error, doing) =>
        laws.break("error", `${doing}: ${error instanceof Error ? error.stack : error}`),
    });
    const network = new Network(world, server, trouble.network);
    const parts = {
      ...{ world, network, watcher: laws, scriptTrouble: trouble.script },
      ...(fault.carelessHosts && { isCareless: true }),
    };
    this.#hosts = new Map(scenario.hosts.map(({ name }) => [name, new SimHost(name, parts)]));
    this.#operators = new Operators(world, network, scenario, { ledger, laws });
    this.#seed = seed;
    this.#disk = disk;
    this.#world = world;
    this.#scenario = scenario;
    this.#ledger = ledger;
    this.#laws = laws;
    this.#surroundings = surroundings;
    this.#server = server;
  }

  async play(): Promise<Played> {
    const world = this.#world;
    this.#setUp();
    this.#server.start();
    for (const host of this.#hosts.values()) host.start();
    this.#operators.start();
    this.#turnAlarm();
    const calmAt = world.between(2, 15) * MINUTE;
    while (!this.#laws.broken && !this.#isOver) {
      if (!world.quiet && (world.elapsed > calmAt || this.#hasEnded)) this.#calm();
      if (!await world.step()) break;
      this.#count++;
      this.#laws.check();
      this.#crash();
      this.#bound(calmAt);
    }
    if (!this.#laws.broken) this.#laws.checkEnd();
    this.#server.close();
    return {
      seed: this.#seed,
      broken: this.#laws.broken,
      steps: world.steps,
      count: this.#count,
      ends: [...this.#ledger.seen.values()].map(({ status }) => status),
    };
  }

  get #hasEnded(): boolean {
    const deployments = [...this.#ledger.seen.values()];
    return this.#operators.isDone &&
      deployments.every(({ status }) => TERMINAL_DEPLOYMENT.has(status)) &&
      [...this.#hosts.values()].every((host) => host.isIdle);
  }

  get #isOver(): boolean {
    return this.#world.quiet && this.#server.engine !== undefined && this.#hasEnded;
  }

  #calm(): void {
    this.#world.say("quiet");
    this.#world.quiet = true;
    this.#disk.change("UPDATE integrations SET plugin = 'sim-balancer' WHERE kind = 'balancer'");
  }

  /** Processes end between any two steps. */
  #crash(): void {
    const world = this.#world;
    const { crash } = this.#scenario.trouble;
    if (world.quiet || crash === 0 || !world.happens(crash)) return;
    if (world.happens(60)) return this.#takeAway();
    if (world.happens(400)) return this.#server.crash();
    const host = world.pick([...this.#hosts.values()]);
    host.crash(
      world.happens(60) ? undefined : world.pick([SECOND, 20 * SECOND, 4 * MINUTE, 15 * MINUTE]),
    );
  }

  /** Somebody removes what a deployment under way needs. */
  #takeAway(): void {
    const world = this.#world;
    if (world.happens(500)) {
      world.say("the balancer is removed");
      return this.#disk.change("UPDATE integrations SET plugin = 'none' WHERE kind = 'balancer'");
    }
    const host = world.pick([...this.#hosts.values()]);
    world.say(host.name, "is deregistered");
    host.crash(undefined);
    const when = `SET deregister_time = ${world.now} WHERE name = '${host.name}'`;
    this.#disk.change(`UPDATE instances ${when}`);
  }

  #turnAlarm(): void {
    const world = this.#world;
    if (world.quiet) return;
    const turn = world.happens(this.#scenario.trouble.plugin)
      ? world.pick(["ALARM", "UNKNOWN"] as const)
      : "OK";
    if (turn !== this.#surroundings.alarm) world.say("alarm:", turn);
    this.#surroundings.alarm = turn;
    this.#laws.alarmTurned(turn === "ALARM");
    world.after(world.between(30, 300) * SECOND, () => this.#turnAlarm());
  }

  #bound(calmAt: number): void {
    const { elapsed } = this.#world;
    if (elapsed <= calmAt + QUIET_MAX && this.#count < STEPS_MAX) return;
    const left = [...this.#ledger.seen.values()].filter(({ status }) =>
      !TERMINAL_DEPLOYMENT.has(status)
    )
      .map(({ id, status }) => `${id} is ${status}`);
    this.#laws.break(
      "end",
      `after ${this.#count} steps it is not over: ${left.join(", ") || "hosts are busy"}`,
    );
  }

  #setUp(): void {
    const { hosts, settings, config, isOld } = this.#scenario;
    const { now } = this.#world;
    const disk = this.#disk;
    disk.empty();
    disk.insert("applications", {
      ...{ id: "a-1", name: "shop", compute_platform: "Server", create_time: now },
    });
    const group = { id: "g-1", application_id: "a-1", name: "prod", settings };
    disk.insert("deployment_groups", { ...group, ...(isOld && this.#past()) });
    disk.insert("deployment_configs", { name: config.name, config });
    for (const { name, tags } of hosts) {
      const arn = instanceArn(DEFAULT_REALM, name);
      const iam_user_arn = hostUserArn(DEFAULT_REALM, name);
      disk.insert("instances", { name, tags, arn, iam_user_arn, register_time: now });
    }
    for (const [kind, name] of [["balancer", BALANCER], ["alarm", ALARM], ["analysis", ANALYSIS]]) {
      const plugin = `sim-${kind}`;
      disk.insert("integrations", { kind, name, plugin, config: {}, create_time: now });
    }
  }

  /** A success of the group before the history begins, and what it has left behind. */
  #past(): Record<string, unknown> {
    const { hosts, settings, config, style } = this.#scenario;
    const { now } = this.#world;
    const asked = request({
      revision: revision("v0.zip"),
      ...{ configName: config.name, config },
      ...(settings.deploymentStyle && { style: settings.deploymentStyle }),
    });
    const ids = { id: "d-000000000", application_id: "a-1", group_id: "g-1" };
    const times = {
      create_time: now - 2 * HOUR,
      start_time: now - 2 * HOUR,
      complete_time: now - HOUR,
    };
    const end = { status: "Succeeded", overview: NO_TARGETS, rollback: {}, status_messages: [] };
    this.#disk.insert("deployments", { ...ids, ...times, ...end, request: asked });
    const live = hosts.map(({ name }) => name)
      .filter((name) => style !== "blue/green" || this.#surroundings.serving.has(name));
    for (const instance_name of live) {
      const healthy = { healthy: 1, revision: revisionIdentity(asked.revision) };
      this.#disk.insert("instance_health", { group_id: "g-1", instance_name, ...healthy });
    }
    return {
      target_revision: asked.revision,
      last_successful_deployment_id: ids.id,
      ...(style === "blue/green" && { live_hosts: live }),
    };
  }
}
