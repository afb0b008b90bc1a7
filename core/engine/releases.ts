/**
 * Releases under way: each is looked at when a deployment has ended, and with each tick, so that a
 * group that has become free, or a commit that failed, holds nothing up for good.
 *
 * All that a release knows is in its row, and a step of it is a commit that begins from that row: so
 * nothing is lost with the process, and of several servers each may take it.
 * @module
 */
import { DomainError } from "../domain/errors.ts";
import { releaseIdFrom } from "../domain/name.ts";
import { type Release, type ReleaseSpec, TERMINAL_RELEASE } from "../domain/release.ts";
import { newRelease } from "../rollout/release_order.ts";
import { getDeployment } from "../store/deployments.ts";
import type { Tx } from "../store/group_commit.ts";
import { changeRelease, getRelease, insertRelease, unfinishedReleases } from "../store/releases.ts";
import type { EngineContext } from "./context.ts";
import { checkDeployment, type Created } from "./create_deployment.ts";
import { deploymentOf, mayMove, moveRelease, type ReleaseMove } from "./release_step.ts";

/** What the engine does for releases. */
export interface Deployments {
  /** Runs a deployment that was created, and sees to those that it takes the place of. */
  run(created: Created): void;
  /** Stops one and asks for no rollback. */
  stop(id: string): Promise<unknown>;
}

export class Releases {
  readonly #context: EngineContext;
  readonly #deployments: Deployments;

  constructor(context: EngineContext, deployments: Deployments) {
    this.#context = context;
    this.#deployments = deployments;
  }

  /** Looks whether anything has happened that a release waits for. */
  goOn(): void {
    for (const release of unfinishedReleases(this.#context.store.read)) {
      this.#unwaited(this.#move(release), `going on with release ${release.id}`);
    }
  }

  /** Checks every deployment as CreateDeployment does, and begins those that need no other. */
  async create(name: string, spec: ReleaseSpec): Promise<string> {
    const context = this.#context;
    const id = releaseIdFrom(context.randomBytes(9));
    const release = { id, name, spec, state: newRelease(spec), createTime: context.now() };
    const move = await context.store.commit((tx) => {
      refuseAny(tx, release, context);
      insertRelease(tx, release);
      return moveRelease(tx, id, context);
    });
    this.#carryOut(move);
    return id;
  }

  /**
   * Nothing else begins, deployments under way are stopped, and what succeeded is rolled back if
   * `rollback` says so; asked again, the last word counts. Throws InvalidInput for one that has ended.
   */
  async stop(id: string, rollback: boolean): Promise<Release> {
    const context = this.#context;
    const move = await context.store.commit((tx) => {
      const { state } = running(this.#known(getRelease(tx, id), id));
      const stop = { at: state.stop?.at ?? context.now(), rollback };
      changeRelease(tx, id, { ...state, stop }, context.now());
      return moveRelease(tx, id, context);
    });
    this.#carryOut(move);
    return this.release(id);
  }

  /** Throws InvalidInput when there is none. */
  release(id: string): Release {
    return this.#known(getRelease(this.#context.store.read, id), id);
  }

  async #move(release: Release): Promise<void> {
    const { store } = this.#context;
    this.#carryOut(
      mayMove(store.read, release)
        ? await store.commit((tx) => moveRelease(tx, release.id, this.#context))
        : { release, created: [] },
    );
  }

  /** What is done here twice is done once: a deployment runs or is stopped already. */
  #carryOut(move: ReleaseMove | undefined): void {
    if (!move) return;
    for (const created of move.created) {
      const running = Promise.resolve(created).then((one) => this.#deployments.run(one));
      this.#unwaited(running, `beginning deployment ${created.id}`);
    }
    const { state: { stop, entries } } = move.release;
    if (!stop) return;
    for (const entry of Object.values(entries)) {
      if (entry.status !== "InProgress") continue;
      const { deploymentId: id } = entry;
      if (getDeployment(this.#context.store.read, id)?.stop) continue;
      this.#unwaited(this.#stop(id), `stopping deployment ${id}`);
    }
  }

  async #stop(deploymentId: string): Promise<void> {
    try {
      await this.#deployments.stop(deploymentId);
    } catch (error) {
      // It ended by itself meanwhile; the release hears of that end as of any other.
      const over = error instanceof DomainError &&
        error.name === "DeploymentAlreadyCompletedException";
      if (!over) throw error;
    }
  }

  #known(release: Release | undefined, id: string): Release {
    if (release) return release;
    const message = `There is no release ${id}. See which there are: runtime releases`;
    throw new DomainError("InvalidInputException", "releaseId", message);
  }

  #unwaited(work: Promise<unknown>, doing: string): void {
    work.catch((error) => this.#context.report(error, doing));
  }
}

function running(release: Release): Release {
  if (!TERMINAL_RELEASE.has(release.state.status)) return release;
  throw new DomainError(
    "InvalidInputException",
    "releaseId",
    `The release ${release.id} has already ended: it is ${release.state.status}`,
  );
}

/** The first entry that no deployment could be made of is told by its name. */
function refuseAny(tx: Tx, release: Release, context: EngineContext): void {
  for (const [index, entry] of release.spec.entries.entries()) {
    try {
      checkDeployment(tx, deploymentOf(release, entry), context);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const field = `deployments.${index}`;
      throw new DomainError("InvalidInputException", field, `${entry.name}: ${error.message}`);
    }
  }
}
