/**
 * Releases over real stores: applications with a group and a host each, whose hosts do what a test
 * says their versions do. Every commit can be the last one that a server lives to see.
 * @module
 */
import assert from "node:assert/strict";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { eq } from "drizzle-orm";
import type { Deployment } from "../../core/domain/deployment.ts";
import type { GroupSettings } from "../../core/domain/deployment_group.ts";
import { DEFAULT_REALM, hostUserArn, instanceArn } from "../../core/domain/identity.ts";
import {
  type OnFailure,
  type Release,
  type ReleaseSpec,
  TERMINAL_RELEASE,
} from "../../core/domain/release.ts";
import { applications, deploymentGroups, deployments, instances } from "../../core/store/schema.ts";
import { openStore, type Store } from "../../core/store/store.ts";
import { revision } from "../rollout/letters.ts";
import { Fleet } from "./fleet.ts";

/** Ends with the process that a test pretends to kill. */
export class Killed extends Error {}

/** When a server is killed: at its n-th commit from now, which is on disk or is not. */
export interface Kill {
  commit: number;
  kept: boolean;
}

export class ReleaseWorld {
  readonly fleet: Fleet;
  readonly names: readonly string[];
  /** How the hosts of `db` run `db-2.zip`, as letters of lifecycle events; all well when not named. */
  readonly runs = new Map<string, string>();
  /** Commits since the last `killAt`. */
  commits = 0;
  #kill: Kill | undefined;
  #dead = false;

  constructor(store: Store, names: readonly string[]) {
    this.names = names;
    this.fleet = new Fleet({
      read: store.read,
      close: () => store.close(),
      commit: (write) => this.#commit(store, write),
    });
  }

  async #commit<T>(store: Store, write: Parameters<Store["commit"]>[0]): Promise<T> {
    if (this.#dead) throw new Killed();
    const isLast = ++this.commits === this.#kill?.commit;
    if (isLast) this.#dead = true;
    if (isLast && !this.#kill?.kept) throw new Killed();
    const value = await store.commit(write);
    if (isLast) throw new Killed();
    return value as T; // because `write` is the one that answers a T
  }

  killAt(kill: Kill): void {
    this.commits = 0;
    this.#kill = kill;
  }

  /** An application `shop-NAME` with the group prod and the host NAME-1 for each name. */
  async lay(settings: GroupSettings): Promise<void> {
    const { now } = this.fleet;
    await this.fleet.store.commit((tx) => {
      for (const name of this.names) {
        const tag = { Key: "part", Value: name };
        const own = { onPremisesInstanceTagFilters: [{ ...tag, Type: "KEY_AND_VALUE" as const }] };
        const host = `${name}-1`;
        tx.insert(applications).values({
          id: `a-${name}`,
          name: `shop-${name}`,
          computePlatform: "Server",
          createTime: now,
        }).run();
        tx.insert(deploymentGroups).values({
          id: `g-${name}`,
          applicationId: `a-${name}`,
          name: "prod",
          settings: { ...own, ...settings },
        }).run();
        tx.insert(instances).values({
          name: host,
          arn: instanceArn(DEFAULT_REALM, host),
          iamUserArn: hostUserArn(DEFAULT_REALM, host),
          registerTime: now,
          tags: [tag],
        }).run();
      }
    });
  }

  /** `db api<db`: each entry deploys NAME-VERSION.zip to its group. */
  spec(text: string, version: number, onFailure: OnFailure = "rollback"): ReleaseSpec {
    const entries = text.split(" ").map((word) => {
      const [name = "", needs = ""] = word.split("<");
      return {
        name,
        applicationName: `shop-${name}`,
        deploymentGroupName: "prod",
        revision: revision(`${name}-${version}.zip`),
        deploymentConfigName: "CodeDeployDefault.AllAtOnce",
        needs: needs === "" ? [] : needs.split(","),
      };
    });
    return { entries, onFailure };
  }

  create(text: string, version: number, onFailure?: OnFailure): Promise<string> {
    this.fleet.now += 1_000;
    return this.fleet.engine.releases.create(`v${version}`, this.spec(text, version, onFailure));
  }

  /** A first version on every group. */
  async succeed(text: string): Promise<void> {
    assert.match(shown(await this.toTheEnd(await this.create(text, 1))), /^Succeeded/);
  }

  /** A deployment of one group that belongs to no release. */
  deploy(name: string, key: string): Promise<string> {
    return this.fleet.deploy(key, {
      applicationName: `shop-${name}`,
      deploymentConfigName: "CodeDeployDefault.AllAtOnce",
    });
  }

  /** Lets hosts work until the release has ended, in new servers when one is killed. */
  async toTheEnd(id: string): Promise<Release> {
    for (let round = 0; round < 300; round++) {
      await this.work();
      const release = this.fleet.engine.releases.release(id);
      if (TERMINAL_RELEASE.has(release.state.status)) return release;
    }
    assert.fail(`no end: ${JSON.stringify(this.fleet.engine.releases.release(id).state)}`);
  }

  /** Each host does what lies ready for it; then the clock ticks. */
  async work(): Promise<void> {
    for (const name of this.names) {
      try {
        await this.#hostWorks(name);
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
    }
    this.fleet.now += 1_000;
    this.fleet.engine.tick();
    await this.settled();
    if (!this.#dead) return;
    this.#kill = undefined;
    this.#dead = false;
    this.fleet.restart();
    await this.settled();
  }

  async #hostWorks(name: string): Promise<void> {
    const host = `${name}-1`;
    const { commandId } = await this.fleet.look(host);
    if (commandId === undefined) return;
    const order = this.fleet.engine.hosts.order(commandId, hostUserArn(DEFAULT_REALM, host));
    if (!order) return;
    await this.fleet.engine.hosts.report(commandId, { kind: "taken" });
    const { request } = this.fleet.engine.deployment(order.specification.DeploymentId);
    await this.fleet.finish(order, this.runs.get(keyOf(request)) ?? "SSSSSSS");
  }

  /** Everything that follows from what has happened is on disk, or never will be. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 6; turn++) await new Promise((next) => setTimeout(next, 0));
  }

  /** What was deployed to a group after its first version: `db-2.zip Succeeded, back db-1.zip …`. */
  history(name: string): string {
    return this.fleet.store.read.select().from(deployments)
      .where(eq(deployments.groupId, `g-${name}`)).orderBy(deployments.createTime).all()
      .map(({ request, status }) => {
        const back = request.creator === "codeDeployRollback" ? "back to " : "";
        return `${back}${keyOf(request)} ${status}`;
      }).join(", ");
  }

  /** The order in which deployments were created, those of rollbacks with a minus: `db api -api`. */
  created(): string {
    return this.fleet.store.read.select().from(deployments).orderBy(deployments.createTime).all()
      .map(({ request, groupId }) =>
        (request.creator === "codeDeployRollback" ? "-" : "") + groupId.slice(2)
      ).join(" ");
  }
}

function keyOf({ revision }: Deployment["request"]): string {
  assert.equal(revision.revisionType, "S3");
  return revision.s3Location.key;
}

/** `Failed: db Succeeded, api Failed, web NotStarted`. */
export function shown({ state, spec }: Release): string {
  const entries = spec.entries.map(({ name }) => `${name} ${state.entries[name]?.status}`);
  return `${state.status}: ${entries.join(", ")}`;
}

/** Runs in a world of its own, of which nothing is kept afterwards. */
function inWorld(
  names: string,
  settings: GroupSettings,
  body: (world: ReleaseWorld) => Promise<void>,
): Promise<void> {
  return inFolder(async (directory) => {
    await inStore(directory, names, async (world) => {
      await world.lay(settings);
      await body(world);
    });
  });
}

/** Runs `body` in one copy after the other of a world that `before` has made. */
export function inCopies(
  names: string,
  before: (world: ReleaseWorld) => Promise<void>,
  bodies: () => Iterable<(world: ReleaseWorld) => Promise<void>>,
): Promise<void> {
  return inFolder(async (original) => {
    await inStore(original, names, async (world) => {
      await world.lay({});
      await before(world);
    });
    for (const body of bodies()) {
      await inFolder(async (directory) => {
        await cp(original, directory, { recursive: true });
        await inStore(directory, names, (world) => {
          world.fleet.now += 3_600_000; // later than anything that is there
          return body(world);
        });
      });
    }
  });
}

async function inFolder(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "releases-"));
  try {
    await body(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function inStore(
  directory: string,
  names: string,
  body: (world: ReleaseWorld) => Promise<void>,
): Promise<void> {
  const world = new ReleaseWorld(openStore(directory), names.split(" "));
  try {
    world.fleet.engine.start();
    await body(world);
    await world.settled();
  } finally {
    world.fleet.engine.close();
    world.fleet.store.close();
  }
}

export function releaseTest(
  title: string,
  names: string,
  body: (world: ReleaseWorld) => Promise<void>,
  settings: GroupSettings = {},
): void {
  test(title, () => inWorld(names, settings, body));
}
