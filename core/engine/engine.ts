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
import type { LifecycleEvent, LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { Target } from "../domain/target.ts";
import type { HostReport } from "../rollout/host_report.ts";
import { legEvents } from "../rollout/leg.ts";
import { overviewOf } from "../rollout/state.ts";
import { begunDeploymentOf, getDeployment, unfinishedDeployments } from "../store/deployments.ts";
import { allTargets } from "../store/targets.ts";
import type { LogLine, Order, UpdateMark } from "../wire/agent_protocol.ts";
import type { StreamEvent } from "../wire/event_stream.ts";
import { isError, loadRollout, namesOf } from "./begin.ts";
import { Calendar } from "./calendar.ts";
import type { EngineContext } from "./context.ts";
import { decideContinue, type NotWaiting, type WaitType } from "./continue_deployment.ts";
import { type Created, createDeployment, type CreateDeploymentInput } from "./create_deployment.ts";
import { failDeployment } from "./end_deployment.ts";
import { type Handout, HostDesk, type PollRequest } from "./host_desk.ts";
import { githubOwner, orderFor, parseCommandId, specification } from "./order.ts";
import { Releases } from "./releases.ts";
import { Runner } from "./runner.ts";
import { stopQueued } from "./stop_queued.ts";
import { type Listener, Streams } from "./stream.ts";
import { deploymentEvent, targetEvent } from "./stream_event.ts";
import { becameOf, tell, turnsOf } from "./tell.ts";

/** How often the clocks of running hosts are looked at, in milliseconds. */
const TICK = 1_000;

/** The first `lines` of a report's lines were marked. */
export type MarkedLines = UpdateMark & { lines: number };

export interface OrderEvents {
  events: readonly LifecycleEvent[];
  ignoreStopFailures: boolean;
  /** No further event may begin. */
  isStopped: boolean;
}

export class Engine {
  readonly #context: EngineContext;
  readonly releases: Releases;
  readonly #runners = new Map<string, Runner>();
  readonly #desk: HostDesk;
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
      begun: (id) => void this.#run(id),
      stop: (id) => this.#makeWay(id),
    });
    this.#desk = new HostDesk(() => context.now());
  }

  /** Goes on with every deployment that has not ended. */
  start(): void {
    for (const id of unfinishedDeployments(this.#context.store.read)) this.#run(id);
    this.releases.start();
    this.#calendar.start();
    this.#ticking = setInterval(() => this.tick(), TICK);
  }

  /** Looks at the clocks of what is under way, and loads again what a failed commit has broken. */
  tick(): void {
    this.releases.goOn();
    for (const [id, runner] of [...this.#runners]) {
      if (runner.broken) {
        this.#reload(id);
        continue;
      }
      if (overviewOf(runner.state).InProgress > 0) this.#hearWaiting(runner);
      runner.tick();
    }
  }

  /**
   * A host that holds an order and has not begun it, because others go first, is alive as long as it
   * says so with its poll. Written down four times in the clock's time, so that a restart knows it.
   */
  #hearWaiting(runner: Runner): void {
    const { clocks: { notStarted } } = this.#context;
    const now = this.#context.now();
    for (const target of runner.state.targets.values()) {
      const { id, status, command, lastUpdated } = target;
      if (status !== "InProgress" || !command || now - lastUpdated < notStarted / 4) continue;
      if (legEvents(target).some((event) => event.status !== "Pending")) continue;
      if (!this.#desk.isHeld(id, command.id)) continue;
      const report = { kind: "waiting" } as const;
      const input = { kind: "report", host: id, command: command.id, report } as const;
      this.#unwaited(runner.input(input), `hearing ${command.id}`);
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
      this.#streams.publish(deploymentEvent(one, namesOf(this.#context.store.read, one)));
    }
    if (stopping !== undefined) this.#makeWay(stopping);
    this.#run(id);
  }

  /** Stops a deployment that another one supersedes. */
  #makeWay(id: string): void {
    const stopping = this.stopDeployment(id, false).catch((error: unknown) => {
      // It has ended by itself meanwhile, and the other one has begun.
      if (!(error instanceof DomainError)) throw error;
    });
    this.#unwaited(stopping, `stopping deployment ${id}`);
  }

  /** StopDeployment (spec 2.4). */
  async stopDeployment(
    id: string,
    rollback: boolean,
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
    if (deployment.status === "Queued" && await this.#stopQueued(id, rollback)) return STOPPED;
    const runner = this.#runners.get(id) ?? this.#run(id);
    await runner?.input({ kind: "stop", rollback });
    return runner && overviewOf(runner.state).InProgress > 0 ? STOPPING : STOPPED;
  }

  /** Answers false when it has begun meanwhile. */
  async #stopQueued(id: string, rollback: boolean): Promise<boolean> {
    const context = this.#context;
    const names = namesOf(context.store.read, this.deployment(id));
    const stop = { at: context.now(), rollback };
    const ended = await context.store.commit((tx) => {
      const ended = stopQueued(tx, id, stop, context.randomBytes(9));
      if (ended) tell(tx, becameOf(ended.status, undefined), ended, names, context);
      return ended;
    });
    if (!ended) return false;
    this.#streams.publish(deploymentEvent(ended, names));
    return true;
  }

  /** ContinueDeployment (spec 7); throws `notWaiting` where no termination wait has begun. */
  async continueDeployment(id: string, wait: WaitType, notWaiting: NotWaiting): Promise<void> {
    const deployment = this.deployment(id);
    const rules = { now: this.#context.now(), notWaiting };
    if (decideContinue(deployment, wait, rules)) {
      await (this.#runners.get(id) ?? this.#run(id))?.input({ kind: "continue", wait });
    }
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

  /** What there is for a host to do, waiting for it as long as the request says. */
  poll(request: PollRequest): Promise<Handout> {
    return this.#desk.poll(request);
  }

  /** For an agent that takes one event at a time: the next one of the host's orders, if any. */
  nextEvent(
    request: Omit<PollRequest, "running">,
  ): Promise<{ commandId: string; event: LifecycleEventName } | undefined> {
    return this.#desk.nextEvent(request, (commandId) => this.#eventOf(commandId));
  }

  /** The event an order waits to begin; undefined while one runs, or when the order is over. */
  #eventOf(commandId: string): LifecycleEventName | undefined {
    const held = this.#held(commandId);
    const events = held ? legEvents(held.target) : [];
    if (!held || events.some(({ status }) => status === "InProgress")) return undefined;
    if (!held.runner.state.stop) return events.find(({ status }) => status === "Pending")?.name;
    // Stopped between two events: nothing runs that could come to an end by itself.
    const failure = { code: 5, message: "The deployment was stopped." };
    const report = { kind: "completed", succeeded: false, events: [], failure } as const;
    this.#unwaited(this.report(commandId, report), `stopping ${commandId}`);
    return undefined;
  }

  /** The order behind a handout; undefined when it ended meanwhile. */
  order(commandId: string, hostIdentifier: string): Order | undefined {
    const held = this.#held(commandId);
    if (!held) return undefined;
    const { runner, target } = held;
    const deployment = getDeployment(this.#context.store.read, runner.state.id);
    const owner = deployment && githubOwner(deployment.request);
    // Looked up for each order, and kept in none of our rows: a token may be replaced meanwhile.
    const token = owner === undefined ? undefined : this.#context.githubToken(owner);
    const spec = deployment && specification(deployment, runner.names, token);
    if (!spec) return undefined;
    const { ignoreApplicationStopFailures } = runner.request;
    // As long as the host's clock for beginning: an order that comes later has failed here.
    const expiresAt = this.#context.now() + this.#context.clocks.notStarted;
    return orderFor(target, spec, { hostIdentifier, ignoreApplicationStopFailures, expiresAt });
  }

  /**
   * A host does not carry its order out: the order ends with that message instead of by the clock.
   * Answers false, and changes nothing, unless the order waits for the host to begin it; what is
   * said of an order that the host has begun was said of a copy. Settles when it is on disk.
   */
  async refuse(commandId: string, message: string): Promise<boolean> {
    const held = this.#held(commandId);
    if (!held || hasBegun(held.target)) return false;
    const [first] = legEvents(held.target);
    const text = `The agent did not begin the order: ${message}`;
    const at = this.#context.now();
    const lines: LogLine[] = first ? [{ event: first.name, stream: "agent", at, text }] : [];
    const failure = { code: 5, message: text };
    await this.report(
      commandId,
      { kind: "completed", succeeded: false, events: [], failure },
      lines,
    );
    return true;
  }

  /** The host's open poll looks again: an order has gone on to its next event. */
  wake(commandId: string): void {
    const held = this.#held(commandId);
    if (held) this.#desk.wake(held.target.id);
  }

  /** How far an order has come; undefined when it is over. */
  orderEvents(commandId: string): OrderEvents | undefined {
    const held = this.#held(commandId);
    if (!held) return undefined;
    const { runner, target } = held;
    return {
      events: legEvents(target),
      ignoreStopFailures: runner.request.ignoreApplicationStopFailures,
      isStopped: runner.state.stop !== undefined,
    };
  }

  /**
   * Takes a host's report; settles when it is on disk. Answers whether the server still wants the
   * order carried out. A report for an order that is over, or was never given, is accepted and
   * changes nothing, and neither do its lines. Lines that were marked are kept once.
   */
  async report(
    commandId: string,
    report: HostReport,
    lines: readonly LogLine[] = [],
    marked?: MarkedLines,
  ): Promise<"InProgress" | "Succeeded" | "Failed"> {
    const at = parseCommandId(commandId);
    const runner = at && this.#runners.get(at.deploymentId);
    if (!runner) return "Failed";
    await Promise.all([
      this.#held(commandId) ? this.#keep(commandId, lines, marked) : undefined,
      runner.input({ kind: "report", host: at.host, command: commandId, report }),
    ]);
    const status = runner.state.targets.get(at.host)?.status;
    return status === "InProgress" || status === "Succeeded" ? status : "Failed";
  }

  /** Keeps lines, but for those that came before; settles when all of them are on disk. */
  async #keep(
    commandId: string,
    lines: readonly LogLine[],
    marked: MarkedLines | undefined,
  ): Promise<void> {
    const held = this.#held(commandId);
    if (!held) return;
    const { runner, target: { id: host } } = held;
    const before = marked && this.#desk.storedBefore(host, commandId, marked);
    if (before) {
      await Promise.all([before, runner.log(host, lines.slice(marked.lines))]);
      return;
    }
    const stored = runner.log(host, lines);
    if (marked) this.#desk.keepMark(host, commandId, marked, stored);
    await stored;
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
    return { stop, now: [...targets, deploymentEvent(deployment, names)], ended };
  }

  /** The target that is under way with this order, and its runner. */
  #held(commandId: string): { runner: Runner; target: Target } | undefined {
    const at = parseCommandId(commandId);
    const runner = at && this.#runners.get(at.deploymentId);
    const target = at && runner?.state.targets.get(at.host);
    if (!runner || target?.status !== "InProgress") return undefined;
    return target.command?.id === commandId ? { runner, target } : undefined;
  }

  /** Brings a deployment's runner up; answers it unless the deployment has ended or waits. */
  #run(id: string): Runner | undefined {
    const known = this.#runners.get(id);
    if (known && !known.broken) return known;
    const deployment = getDeployment(this.#context.store.read, id);
    if (!deployment || TERMINAL_DEPLOYMENT.has(deployment.status)) return;
    if (deployment.status === "Queued") return void this.#calendar.look();
    const rollout = loadRollout(deployment, this.#context);
    if (isError(rollout)) {
      this.#failWithoutRunner(deployment, rollout);
      return;
    }
    const runner = new Runner({
      context: this.#context,
      desk: this.#desk,
      streams: this.#streams,
      onEnd: () => this.#ended(deployment),
    }, rollout);
    this.#runners.set(id, runner);
    runner.begin();
    return runner;
  }

  #failWithoutRunner(deployment: Deployment, error: ErrorInformation): void {
    const now = this.#context.now();
    const random = this.#context.randomBytes(9);
    const names = namesOf(this.#context.store.read, deployment);
    const failing = this.#context.store
      .commit((tx) => {
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
        this.#streams.publish(deploymentEvent(end.ended, names));
        this.#ended(deployment);
      });
    this.#unwaited(failing, `ending deployment ${deployment.id}`);
  }

  /** The commit that ended it made its rollback, or let the next one begin. */
  #ended({ id, groupId }: Deployment): void {
    this.#runners.delete(id);
    const next = begunDeploymentOf(this.#context.store.read, groupId);
    if (next) this.#run(next);
    else void this.#calendar.look();
    this.releases.goOn();
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

/** Whether the host has said anything of its order yet. */
function hasBegun(target: Target): boolean {
  return target.command?.takenAt !== undefined ||
    legEvents(target).some(({ status }) => status !== "Pending");
}

const STOPPED = {
  status: "Succeeded",
  statusMessage: "No more events will be scheduled for this deployment.",
} as const;
const STOPPING = {
  status: "Pending",
  statusMessage: "Waiting for the events that are running now to end.",
} as const;
