/**
 * The engine: runs every deployment that has not ended, hears its hosts, and answers the API.
 *
 * It owns what is in flight; the store owns what is true. Whatever is lost with this process is
 * rebuilt by `start` from the store.
 * @module
 */
import { clearInterval, setInterval } from "node:timers";
import {
  type Deployment,
  type ErrorInformation,
  TERMINAL_DEPLOYMENT,
} from "../domain/deployment.ts";
import { DomainError } from "../domain/errors.ts";
import { AT_THE_START } from "../domain/progress.ts";
import { overviewOf } from "../rollout/state.ts";
import {
  begunDeploymentOf,
  getDeployment,
  supersederOf,
  unfinishedDeployments,
} from "../store/deployments.ts";
import { noteAudit } from "../store/audit.ts";
import { groupPolicy } from "../store/group_policies.ts";
import type { Tx } from "../store/group_commit.ts";
import { allTargets } from "../store/targets.ts";
import type { StreamEvent } from "../wire/event_stream.ts";
import { isError, loadRollout, namesOf } from "./begin.ts";
import { Calendar } from "./calendar.ts";
import type { EngineContext } from "./context.ts";
import { decideContinue, type NotWaiting, type WaitType } from "./continue_deployment.ts";
import { type Created, createDeployment, type CreateDeploymentInput } from "./create_deployment.ts";
import { failDeployment } from "./end_deployment.ts";
import { HostDesk } from "./host_desk.ts";
import { HostOrders } from "./host_orders.ts";
import { intervene, type Intervention, refuseIfNotUnderWay } from "./intervene.ts";
import type { Names } from "./order.ts";
import { Releases } from "./releases.ts";
import { Ownership } from "./ownership.ts";
import { Runner } from "./runner.ts";
import { stopQueued } from "./stop_queued.ts";
import { type Listener, Streams } from "./stream.ts";
import { deploymentEvent, targetEvent } from "./stream_event.ts";
import { supersededBy } from "./supersede.ts";
import { becameOf, tell, turnsOf } from "./tell.ts";

/** How often the clocks of running hosts are looked at, in milliseconds. */
const TICK = 1_000;
/** How long a deployment that could not be loaded is left alone, in milliseconds. */
const LOAD_PAUSE = 10_000;

export class Engine {
  readonly #context: EngineContext;
  readonly releases: Releases;
  readonly #runners = new Map<string, Runner>();
  readonly #desk: HostDesk;
  /** Deployments to load later: another server says that it runs them, or loading them failed. */
  readonly #elsewhere = new Map<string, number>();
  /** What hosts ask and say. */
  readonly hosts: HostOrders;
  readonly #calendar: Calendar;
  readonly #streams = new Streams();
  #ticking: ReturnType<typeof setInterval> | undefined;

  constructor(context: EngineContext) {
    this.#context = context;
    this.releases = new Releases(context, {
      run: (created) => this.#created(created),
      stop: (id) => this.stopDeployment(id, false),
    });
    this.#calendar = new Calendar(context, {
      created: (created) => this.#created(created),
      begun: (id) => this.#runOrLater(id),
      makeWay: (id) => this.#makeWay(id),
    });
    this.#desk = new HostDesk(() => context.now());
    this.hosts = new HostOrders(context, this.#desk, (id) => this.#runners.get(id));
  }

  /** Goes on with every deployment that has not ended. */
  start(): void {
    for (const id of unfinishedDeployments(this.#context.store.read)) this.#runOrLater(id);
    this.releases.goOn();
    this.#calendar.start();
    this.#ticking = setInterval(() => this.tick(), tickOf(this.#context.timeLapse));
  }

  /** Looks at the clocks of what is under way, and loads again what a failed commit has broken. */
  tick(): void {
    this.#tried("going on with releases", () => this.releases.goOn());
    this.#takeOver();
    for (const [id, runner] of [...this.#runners]) {
      if (runner.broken) {
        this.#reload(id);
        continue;
      }
      this.#tried(`the clocks of deployment ${id}`, () => {
        if (overviewOf(runner.state).InProgress > 0) this.hosts.hearWaiting(runner);
        runner.tick();
      });
    }
  }

  /** A server that is silent for too long has lost what it ran. */
  #takeOver(): void {
    const now = this.#context.now();
    for (const [id, heldUntil] of [...this.#elsewhere]) {
      if (heldUntil > now) continue;
      this.#elsewhere.delete(id);
      this.#runOrLater(id);
    }
  }

  /** Where nobody waits for it: one that cannot be loaded holds no other up, and is tried again. */
  #runOrLater(id: string): void {
    if (this.#tried(`loading deployment ${id}`, () => this.#run(id))) return;
    this.#elsewhere.set(id, this.#context.now() + LOAD_PAUSE);
  }

  /** Says what fails where nobody would catch it, which would end the server. */
  #tried(doing: string, work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      this.#context.report(error, doing);
      return false;
    }
  }

  /** Ends polls and clocks; deployments stay as the store has them. */
  close(): void {
    clearInterval(this.#ticking);
    this.#calendar.close();
    for (const runner of this.#runners.values()) runner.close();
    this.#desk.close();
  }

  async createDeployment(input: CreateDeploymentInput): Promise<string> {
    const random = this.#context.randomBytes(9);
    const created = await this.#context.store.commit((tx) =>
      createDeployment(tx, input, this.#context, random)
    );
    this.#created(created);
    return created.id;
  }

  /** Looks at what waits for its time, as what it goes by has changed; settles when it is done. */
  lookAtCalendar(): Promise<void> {
    return this.#calendar.look();
  }

  #created({ id, ended, stopping }: Created): void {
    for (const one of ended) {
      this.#publish(one, namesOf(this.#context.store.read, one));
    }
    if (stopping !== undefined) this.#makeWay(stopping);
    this.#runOrLater(id);
  }

  /** Stops a deployment whose place another one waits to take; one that has ended is left alone. */
  #makeWay(id: string): void {
    const by = supersederOf(this.#context.store.read, this.deployment(id));
    const runner = this.#run(id);
    if (!runner || by === undefined) return;
    const stopping = runner.input({ kind: "stop", rollback: false, error: supersededBy(by) });
    this.#unwaited(stopping, `stopping deployment ${id}`);
  }

  /** StopDeployment (spec 2.4). Who asked for it goes on record; nobody where the server does. */
  async stopDeployment(
    id: string,
    rollback: boolean,
    by?: string,
  ): Promise<{ status: "Pending" | "Succeeded"; statusMessage: string }> {
    const deployment = this.deployment(id);
    if (TERMINAL_DEPLOYMENT.has(deployment.status)) {
      if (deployment.status === "Stopped" && deployment.stop) return STOPPED;
      throw new DomainError(
        "DeploymentAlreadyCompletedException",
        "deploymentId",
        `The deployment ${id} has already ended: it is ${deployment.status}`,
      );
    }
    const note = (tx: Tx) => {
      if (by === undefined) return;
      const reason = rollback ? { reason: "with a rollback" } : {};
      const time = this.#context.now();
      noteAudit(tx, { time, who: by, action: "stopped", subject: id, ...reason });
    };
    if (deployment.status === "Queued" && await this.#stopQueued(id, rollback, note)) {
      return STOPPED;
    }
    const runner = this.#runnerOf(id);
    await runner?.input({ kind: "stop", rollback }, note);
    return runner && overviewOf(runner.state).InProgress > 0 ? STOPPING : STOPPED;
  }

  /** Answers false when it has begun meanwhile. */
  async #stopQueued(
    id: string,
    rollback: boolean,
    note: (tx: Tx) => void,
  ): Promise<boolean> {
    const context = this.#context;
    const names = namesOf(context.store.read, this.deployment(id));
    const stop = { at: context.now(), rollback };
    const ended = await context.store.commit((tx) => {
      const ended = stopQueued(tx, id, stop, context.randomBytes(9));
      if (!ended) return undefined;
      tell(tx, becameOf(ended.status, undefined), ended, names, context);
      note(tx);
      return ended;
    });
    if (!ended) return false;
    this.#publish(ended, names);
    return true;
  }

  /** ContinueDeployment (spec 7); throws `notWaiting` where no termination wait has begun. */
  async continueDeployment(id: string, wait: WaitType, notWaiting: NotWaiting): Promise<void> {
    const deployment = this.deployment(id);
    const rules = { now: this.#context.now(), notWaiting };
    if (decideContinue(deployment, wait, rules)) {
      await this.#runnerOf(id)?.input({ kind: "continue", wait });
    }
  }

  /** Takes a person's intervention; settles when it and its audit are on disk. */
  async intervene(id: string, wish: Intervention, by: string): Promise<void> {
    const deployment = this.deployment(id);
    refuseIfNotUnderWay(deployment);
    const { store, now } = this.#context;
    const policy = groupPolicy(store.read, deployment.groupId);
    const known = this.#runners.get(id);
    // A refusal brings nobody up.
    if (!known) intervene({ progress: AT_THE_START, ...deployment }, wish, by, policy);
    const runner = this.#runnerOf(id);
    // It has ended in this very moment.
    if (!runner) return refuseIfNotUnderWay(this.deployment(id));
    const { input, ...noted } = intervene(runner.state, wish, by, policy);
    await runner.input(
      input,
      (tx) => noteAudit(tx, { time: now(), who: by, subject: id, ...noted }),
    );
  }

  /** Throws DeploymentDoesNotExistException. */
  deployment(id: string): Deployment {
    const deployment = getDeployment(this.#context.store.read, id);
    if (deployment) return deployment;
    throw new DomainError(
      "DeploymentDoesNotExistException",
      "deploymentId",
      `No deployment found for id: ${id}`,
    );
  }

  /**
   * A deployment as it is now and every later change of it. Answers how to stop listening, and
   * whether it has ended already.
   */
  watch(id: string, listener: Listener): { stop(): void; now: StreamEvent[]; ended: boolean } {
    const deployment = this.deployment(id);
    const runner = this.#runners.get(id);
    const stop = this.#streams.subscribe(id, listener);
    if (runner) return { stop, now: runner.snapshot(), ended: false };
    const names = namesOf(this.#context.store.read, deployment);
    const targets = allTargets(this.#context.store.read, id)
      .map((target) => targetEvent(id, target));
    const ended = TERMINAL_DEPLOYMENT.has(deployment.status);
    const asItIs = deploymentEvent(deployment, names, this.#context.timeLapse);
    return { stop, now: [...targets, asItIs], ended };
  }

  /** The runner of a deployment, undefined once it has ended. Throws where another server has it. */
  #runnerOf(id: string): Runner | undefined {
    const runner = this.#runners.get(id) ?? this.#run(id);
    if (runner || !this.#elsewhere.has(id)) return runner;
    throw new DomainError(
      "ServiceUnavailableException",
      "deploymentId",
      `Another server runs the deployment ${id}: ask that one, or this one again in a minute`,
    );
  }

  /** Brings a deployment's runner up; answers it unless the deployment has ended or waits. */
  #run(id: string): Runner | undefined {
    const known = this.#runners.get(id);
    if (known && !known.broken) return known;
    // What it had asked of balancers must not come to pass behind the back of the one that follows.
    known?.close();
    // Read before all else, so that whoever writes meanwhile is noticed.
    const ownership = Ownership.of(this.#context.store.read, id, this.#context);
    const deployment = getDeployment(this.#context.store.read, id);
    if (!deployment || TERMINAL_DEPLOYMENT.has(deployment.status)) return;
    if (deployment.status === "Queued") return void this.#calendar.look();
    if (!(ownership instanceof Ownership)) {
      this.#elsewhere.set(id, ownership.heldUntil);
      return;
    }
    const rollout = loadRollout(deployment, ownership, this.#context);
    if (isError(rollout)) {
      this.#failWithoutRunner(deployment, ownership, rollout);
      return;
    }
    const runner = new Runner({
      context: this.#context,
      desk: this.#desk,
      streams: this.#streams,
      onEnd: () => this.#ended(deployment),
      onLost: () => this.#reload(id),
    }, rollout);
    this.#runners.set(id, runner);
    runner.begin();
    return runner;
  }

  #failWithoutRunner(
    deployment: Deployment,
    ownership: Ownership,
    error: ErrorInformation,
  ): void {
    const now = this.#context.now();
    const random = this.#context.randomBytes(9);
    const names = namesOf(this.#context.store.read, deployment);
    const failing = this.#context.store
      .commit((tx) => {
        ownership.hold(tx);
        const end = failDeployment(tx, deployment, error, { now, random });
        if (!end) return;
        const { ended, turned, rollbackId } = end;
        const hosts = turnsOf(turned, () => undefined);
        const happened = [...hosts, ...becameOf(ended.status, rollbackId)];
        tell(tx, happened, ended, names, this.#context);
        return end;
      })
      .then((end) => {
        if (!end) return;
        this.#publish(end.ended, names);
        this.#ended(deployment);
      }, (error) => {
        // Nobody runs it, so nobody would notice: it is tried again with the next tick.
        this.#elsewhere.set(deployment.id, this.#context.now());
        throw error;
      });
    this.#unwaited(failing, `ending deployment ${deployment.id}`);
  }

  /** The commit that ended it made its rollback, or let the next one begin. */
  #ended({ id, groupId }: Deployment): void {
    this.#runners.delete(id);
    const next = begunDeploymentOf(this.#context.store.read, groupId);
    if (next) this.#runOrLater(next);
    else void this.#calendar.look();
    this.releases.goOn();
  }

  #publish(deployment: Deployment, names: Names): void {
    this.#streams.publish(deploymentEvent(deployment, names, this.#context.timeLapse));
  }

  /** A runner that cannot be loaded stays broken, so that the next tick tries again. */
  #reload(id: string): void {
    try {
      if (!this.#run(id)) this.#runners.delete(id);
    } catch (error) {
      this.#context.report(error, `loading deployment ${id} again`);
    }
  }

  #unwaited(work: Promise<unknown>, doing: string): void {
    work.catch((error) => this.#context.report(error, doing));
  }
}

/** A shortened minute is to have as many looks at the clocks as a whole one, within reason. */
function tickOf(timeLapse: number): number {
  return Math.max(TICK / timeLapse, 50);
}

const STOPPED = {
  status: "Succeeded",
  statusMessage: "No more events will be scheduled for this deployment.",
} as const;
const STOPPING = {
  status: "Pending",
  statusMessage: "Waiting for the events that are running now to end.",
} as const;
