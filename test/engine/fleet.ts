/**
 * A server's engine over a real store in a folder of its own, with hosts that speak to it as agents
 * do. Time stands still but when a test moves it. Hosts and lifecycle events are letters, as in
 * test/rollout: `SRP`.
 * @module
 */
import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { eq, inArray, sql } from "drizzle-orm";
import { type Deployment, TERMINAL_DEPLOYMENT } from "../../core/domain/deployment.ts";
import type { GroupSettings } from "../../core/domain/deployment_group.ts";
import { DomainError, type ErrorName } from "../../core/domain/errors.ts";
import type { BusyGroup } from "../../core/domain/group_policy.ts";
import { DEFAULT_REALM, hostUserArn, instanceArn } from "../../core/domain/identity.ts";
import { AWS_QUOTAS } from "../../core/domain/quotas.ts";
import type { Target } from "../../core/domain/target.ts";
import type { EngineContext } from "../../core/engine/context.ts";
import type { CreateDeploymentInput } from "../../core/engine/create_deployment.ts";
import { Engine } from "../../core/engine/engine.ts";
import type { Handout } from "../../core/engine/host_desk.ts";
import { createPluginContext } from "../../core/plugin/plugin_context.ts";
import { createRegistry, type Plugin } from "../../core/plugin/registry.ts";
import { HOST_CLOCKS, type HostClocks } from "../../core/rollout/host_clock.ts";
import {
  applications,
  deploymentConfigs,
  deploymentGroups,
  instances,
} from "../../core/store/schema.ts";
import { openStore, type Store } from "../../core/store/store.ts";
import { allTargets } from "../../core/store/targets.ts";
import type { LogLine, Order } from "../../core/wire/agent_protocol.ts";
import onPremises from "../../plugins/targets/on_premises.ts";
import canary from "../../strategies/canary.ts";
import everyHost from "../../strategies/every_host.ts";
import minimumHealthyHosts from "../../strategies/minimum_healthy_hosts.ts";
import { reported, revision } from "../rollout/letters.ts";

/** A wait that takes longer has failed. */
const DEADLINE = 10_000;
const TAG = { Key: "role", Value: "web" };
export const GROUP_ID = "g-1";
const LETTER: Record<Target["status"], string> = {
  Pending: "P",
  InProgress: "R",
  Succeeded: "S",
  Failed: "F",
  Skipped: "K",
  Unknown: "?",
  Ready: "Y",
};

export class Fleet {
  readonly store: Store;
  /** Milliseconds since the epoch, as every part of the engine sees it. */
  now = Date.UTC(2026, 10, 25);
  plugins: readonly Plugin[] = [minimumHealthyHosts, everyHost, canary, onPremises];
  /** What the engine had to report to nobody. */
  readonly reported: string[] = [];
  quotas = AWS_QUOTAS;
  busyGroup: BusyGroup = "refuse";
  secretsFolder = "secrets";
  isSoleServer = true;
  clocks: HostClocks = HOST_CLOCKS;
  /** Bundles of the server's own store; none in the beginning. */
  findArtifact: EngineContext["findArtifact"] = () => undefined;
  /** Given, every commit until it answers undefined is refused with its answer. */
  refuseCommit: () => Error | undefined = () => undefined;
  engine: Engine;

  constructor(store: Store) {
    this.store = store;
    this.engine = this.#newEngine();
  }

  #newEngine(): Engine {
    const { store } = this;
    const context: EngineContext = {
      store: {
        read: store.read,
        close: () => store.close(),
        commit: (write) => {
          const refusal = this.refuseCommit();
          return refusal ? Promise.reject(refusal) : store.commit(write);
        },
      },
      owner: randomUUID(),
      isSoleServer: this.isSoleServer,
      plugins: createRegistry(this.plugins),
      realm: DEFAULT_REALM,
      quotas: this.quotas,
      busyGroup: this.busyGroup,
      orderKey: generateKeyPairSync("ed25519").privateKey,
      clocks: this.clocks,
      timeLapse: 1,
      githubToken: () => undefined,
      findArtifact: (location) => this.findArtifact(location),
      pluginContext: (signal, log) =>
        createPluginContext({
          ...{ signal, log, now: () => this.now, timeLapse: 1, secretsFolder: this.secretsFolder },
        }),
      now: () => this.now,
      randomBytes: (length) => randomBytes(length),
      report: (error, doing) => this.reported.push(`${doing}: ${error}`),
    };
    return new Engine(context);
  }

  /** As after the end of the server's process: whatever was not in the store is gone. */
  restart(): void {
    this.engine.close();
    this.engine = this.#newEngine();
    this.engine.start();
  }

  /** Names are web-1, web-2, …; all carry the tag that the group selects by. */
  async register(...names: string[]): Promise<void> {
    const rows = names.map((name) => ({
      name,
      arn: instanceArn(DEFAULT_REALM, name),
      iamUserArn: hostUserArn(DEFAULT_REALM, name),
      registerTime: this.now,
      tags: [TAG],
    }));
    await this.store.commit((tx) => tx.insert(instances).values(rows).run());
  }

  /** Makes the deployment config `mine`, of a strategy. */
  async useStrategy(name: string, config: Record<string, unknown>): Promise<void> {
    const { now: createTime } = this;
    const mine = { name: "mine", computePlatform: "Server", createTime } as const;
    await this.store.commit((tx) =>
      tx.insert(deploymentConfigs)
        .values({ name: mine.name, config: { id: "mine", ...mine, strategy: { name, config } } })
        .run()
    );
  }

  /** Hosts carry this tag alone from now on. */
  async tag(key: string, value: string, ...names: string[]): Promise<void> {
    const tags = [{ Key: key, Value: value }];
    await this.store.commit((tx) =>
      tx.update(instances).set({ tags }).where(inArray(instances.name, names)).run()
    );
  }

  async forget(name: string): Promise<void> {
    await this.store.commit((tx) => tx.delete(instances).where(eq(instances.name, name)).run());
  }

  async addGroup(changes: GroupSettings): Promise<void> {
    const settings: GroupSettings = {
      onPremisesInstanceTagFilters: [{ ...TAG, Type: "KEY_AND_VALUE" }],
      ...changes,
    };
    const { now: createTime } = this;
    await this.store.commit((tx) => {
      tx.insert(applications)
        .values({ id: "a-1", name: "shop", computePlatform: "Server", createTime }).run();
      tx.insert(deploymentGroups)
        .values({ id: GROUP_ID, applicationId: "a-1", name: "prod", settings }).run();
    });
  }

  deploy(key: string, changes: Partial<CreateDeploymentInput> = {}): Promise<string> {
    this.now += 1_000;
    return this.engine.createDeployment({
      applicationName: "shop",
      deploymentGroupName: "prod",
      revision: revision(key),
      ignoreApplicationStopFailures: false,
      updateOutdatedInstancesOnly: false,
      fileExistsBehavior: "DISALLOW",
      ...changes,
    });
  }

  /** Polls until there is something for the host. */
  poll(host: string, ...running: string[]): Promise<Handout> {
    return this.engine.hosts.poll({
      host,
      running: new Set(running),
      waitMs: DEADLINE,
      signal: AbortSignal.timeout(DEADLINE),
    });
  }

  /** What lies ready for a host, without waiting. */
  look(host: string, ...running: string[]): Promise<Handout> {
    const signal = AbortSignal.timeout(DEADLINE);
    return this.engine.hosts.poll({ host, running: new Set(running), waitMs: 0, signal });
  }

  /** The host gets its order and says so. */
  async take(host: string): Promise<Order> {
    const { commandId } = await this.poll(host);
    assert.ok(commandId, `there is no order for ${host}`);
    const order = this.engine.hosts.order(commandId, hostUserArn(DEFAULT_REALM, host));
    assert.ok(order, `the order ${commandId} has no content`);
    await this.engine.hosts.report(commandId, { kind: "taken" });
    return order;
  }

  /** The host has come so far: `SR` has done the first event and is at the second. */
  progress({ commandId }: Order, letters: string, lines: LogLine[] = []) {
    return this.engine.hosts.report(
      commandId,
      { kind: "progress", events: reported(letters) },
      lines,
    );
  }

  /** The host is at its end; anything but seven successes is a failed run. */
  finish({ commandId }: Order, letters = "SSSSSSS") {
    return this.engine.hosts.report(commandId, {
      kind: "completed",
      succeeded: letters === "SSSSSSS",
      events: reported(letters),
      failure: { code: 5, message: "stopped by request" },
    });
  }

  /** The whole of an order, from poll to end. */
  async run(host: string, letters?: string): Promise<Order> {
    const order = await this.take(host);
    await this.finish(order, letters);
    return order;
  }

  /** A deployment of one revision that succeeds on all these hosts, one after the other. */
  async succeed(key: string, ...hosts: string[]): Promise<string> {
    const id = await this.deploy(key);
    for (const host of hosts) await this.run(host);
    assert.equal((await this.ended(id)).status, "Succeeded");
    return id;
  }

  /** Waits for the end of a deployment. */
  async ended(id: string): Promise<Deployment> {
    let wake = () => {};
    const end = new Promise<void>((resolve) => wake = resolve);
    const watch = this.engine.watch(id, (event) => {
      if (event.kind === "deployment" && TERMINAL_DEPLOYMENT.has(event.status)) wake();
    });
    const late = AbortSignal.timeout(DEADLINE);
    late.addEventListener("abort", wake);
    if (!watch.ended) await end;
    watch.stop();
    late.removeEventListener("abort", wake);
    const deployment = this.engine.deployment(id);
    assert.ok(TERMINAL_DEPLOYMENT.has(deployment.status), `${id} has not ended: ${this.show(id)}`);
    return deployment;
  }

  /** Waits until everything that was decided before is on disk. */
  async settled(): Promise<void> {
    await this.store.commit(() => {});
    await new Promise((resolve) => setTimeout(resolve, 0));
  }

  /** The deployment as the store has it: hosts by name, then its status. */
  show(id: string): string {
    const { status, error } = this.engine.deployment(id);
    const hosts = this.targets(id).map((target) => LETTER[target.status]).join("");
    return `${hosts} ${status}${error ? ` ${error.code}` : ""}`;
  }

  /** Targets by name, whatever order they were taken in. */
  targets(id: string): Target[] {
    return allTargets(this.store.read, id).sort((a, b) => a.id.localeCompare(b.id));
  }

  group() {
    const [group] = this.store.read.select().from(deploymentGroups).all();
    assert.ok(group);
    return group;
  }

  /** Refuses every write of one host's target, as a full disk would in the middle of a group. */
  async breakTarget(host: string): Promise<void> {
    const name = sql.raw(`'${host}'`);
    await this.store.commit((tx) =>
      tx.run(sql`CREATE TRIGGER broken BEFORE UPDATE ON targets WHEN NEW.target_id = ${name}
        BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
    );
  }

  async mendTarget(): Promise<void> {
    await this.store.commit((tx) => tx.run(sql`DROP TRIGGER broken`));
  }
}

/** A test over a fleet of `hosts` registered hosts and one group with these settings. */
export function fleetTest(
  name: string,
  { hosts, ...settings }: { hosts: number } & GroupSettings,
  body: (fleet: Fleet) => Promise<void>,
): void {
  test(name, async () => {
    const directory = await mkdtemp(join(tmpdir(), "engine-"));
    const fleet = new Fleet(openStore(directory));
    try {
      await fleet.addGroup(settings);
      const names = Array.from({ length: hosts }, (_, index) => `web-${index + 1}`);
      if (hosts > 0) await fleet.register(...names);
      fleet.engine.start();
      await body(fleet);
      await fleet.settled();
    } finally {
      fleet.engine.close();
      fleet.store.close();
      await rm(directory, { recursive: true });
    }
  });
}

/** For `assert.rejects`: a refusal of this name, with this message. */
export function refused(name: ErrorName, message: string | RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof DomainError);
    assert.equal(error.name, name);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  };
}
