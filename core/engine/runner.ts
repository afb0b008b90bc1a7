/**
 * The owner of one running deployment. It does one thing: take an input, let `advance` decide,
 * commit what changes, and carry out the effects.
 *
 * The decision is applied to the state in memory before its commit, so that the next input already
 * sees it; commits keep their order. If a commit fails, memory is ahead of the store: the runner is
 * broken then, every input rejects, and the engine loads a new one from the store.
 * @module
 */
import {
  type Deployment,
  type DeploymentRequest,
  TERMINAL_DEPLOYMENT,
} from "../domain/deployment.ts";
import type { HoldUnderWay } from "../domain/progress.ts";
import type { Target } from "../domain/target.ts";
import { advance, type Input, type Rules } from "../rollout/advance.ts";
import { analysisStep } from "../rollout/hold_on.ts";
import { currentLeg } from "../rollout/leg.ts";
import { apply, type Decision, overviewOf, type RolloutState } from "../rollout/state.ts";
import { changeDeployment } from "../store/deployments.ts";
import type { Tx } from "../store/group_commit.ts";
import { nextNonce } from "../store/host_nonce.ts";
import { insertLogChunk } from "../store/log_chunks.ts";
import { updateTarget } from "../store/targets.ts";
import type { LogLine } from "../wire/agent_protocol.ts";
import type { StreamEvent } from "../wire/event_stream.ts";
import type { Rollout } from "./begin.ts";
import type { EngineContext } from "./context.ts";
import { endDeployment } from "./end_deployment.ts";
import type { HostDesk } from "./host_desk.ts";
import { followOn } from "./follow_on.ts";
import { hasTraffic, HostTraffic } from "./host_traffic.ts";
import { commandIdOf, type Names } from "./order.ts";
import { LeaseLost, type Ownership } from "./ownership.ts";
import { viewOf } from "./plugin_view.ts";
import { Readings } from "./readings.ts";
import type { Streams } from "./stream.ts";
import { deploymentEvent, targetEvent } from "./stream_event.ts";
import { becameOf, type Happening, STARTED, tell, turnsOf } from "./tell.ts";

export interface RunnerParts {
  context: EngineContext;
  desk: HostDesk;
  streams: Streams;
  /** Called after the commit that ended the deployment, with the rollback it created, if any. */
  onEnd(rollbackId: string | undefined): void;
  /** Another server has taken the deployment over, or has written since it was loaded. */
  onLost(): void;
}

/** A decision that was applied and is to be kept. */
interface Change {
  decision: Decision;
  turns: Happening[];
  /** The targets that it changes, as they were. */
  before: ReadonlyMap<string, Target | undefined>;
  now: number;
  along: ((tx: Tx) => void) | undefined;
}

export class Runner {
  readonly #parts: RunnerParts;
  readonly #deployment: Deployment;
  readonly #names: Names;
  readonly state: RolloutState;
  readonly #rules: Rules;
  #prelude: Rollout["prelude"];
  #logSequence: number;
  readonly #ownership: Ownership;
  readonly #traffic: HostTraffic;
  readonly #readings: Readings;
  /** The analysis that is being measured now. */
  #measuring = false;
  /** Settles when everything committed so far is on disk. */
  #durable: Promise<void> = Promise.resolve();
  #broken: unknown;

  constructor(parts: RunnerParts, rollout: Rollout) {
    this.#parts = parts;
    this.#deployment = rollout.deployment;
    this.#names = rollout.names;
    this.#rules = rollout.rules;
    this.#prelude = rollout.prelude;
    this.state = rollout.state;
    this.#logSequence = rollout.logSequence;
    this.#ownership = rollout.ownership;
    const { context } = parts;
    const { deployment, names } = rollout;
    this.#traffic = new HostTraffic(context, deployment, names, (host, event, text) => {
      const line: LogLine = { event, stream: "agent", at: context.now(), text };
      this.#unwaited(this.log(host, [line]), `keeping a line of the balancer for ${host}`);
    });
    this.#readings = new Readings(context, deployment.request, viewOf(deployment.id, names));
  }

  /** What of the deployment does not change while it runs. */
  get deployment(): Pick<Deployment, "id" | "groupId" | "request"> {
    return this.#deployment;
  }

  get request(): DeploymentRequest {
    return this.#deployment.request;
  }

  get names(): Names {
    return this.#names;
  }

  /** True once a commit has failed and the state in memory can no longer be trusted. */
  get broken(): boolean {
    return this.#broken !== undefined;
  }

  /**
   * Takes one input; settles when all it changed is on disk, together with what `along` writes. An
   * input that changes nothing writes nothing.
   */
  input(input: Input, along?: (tx: Tx) => void): Promise<void> {
    if (this.#broken) return Promise.reject(this.#broken);
    const now = this.#parts.context.now();
    const decision = advance(this.state, input, now, this.#rules);
    const { targets, status, stop, error, progress, terminationWait } = decision;
    const changes = targets.length > 0 || (status ?? stop ?? error ?? progress ?? terminationWait);
    // A repeated report changes nothing, but must not be answered before the first one is durable.
    if (!changes) return this.#durable;
    const before = new Map(decision.targets.map(({ id }) => [id, this.state.targets.get(id)]));
    const turns = turnsOf(decision.targets, (id) => before.get(id)?.status);
    apply(this.state, decision);
    return this.#durable = this.#carryOut({ decision, turns, before, now, along });
  }

  /** Begins where the store left off: orders laid out, events of traffic asked for again. */
  begin(): void {
    this.#layOutOrders();
    this.#unwaited(this.input({ kind: "resume" }), `going on with deployment ${this.state.id}`);
    if (this.#rules.checksFirst && this.state.progress.checkedAt === undefined) {
      this.#unwaited(this.#check(), `looking at the alarms and balancers of ${this.state.id}`);
    }
  }

  /** Time has passed: hosts may be late, waits over, readings due. */
  tick(): void {
    const { id, progress, status } = this.state;
    if (TERMINAL_DEPLOYMENT.has(status)) return;
    this.#unwaited(this.input({ kind: "tick" }), `the clocks of deployment ${id}`);
    if (this.#ownership.isRunningOut()) this.#unwaited(this.#stay(), `keeping deployment ${id}`);
    if (this.#readings.takeTurn()) {
      this.#unwaited(this.#readAlarms(), `reading the alarms of ${id}`);
    }
    const { hold } = progress;
    if (hold) this.#unwaited(this.#measure(hold), `measuring for deployment ${id}`);
  }

  /** Says that the owner is there, where nothing else is written. */
  async #stay(): Promise<void> {
    try {
      await this.#parts.context.store.commit((tx) => this.#ownership.hold(tx));
    } catch (cause) {
      this.#lose(cause);
      throw cause;
    }
  }

  #lose(cause: unknown): void {
    const isFirst = this.#broken === undefined || this.#broken === cause;
    this.#broken = cause;
    if (isFirst && cause instanceof LeaseLost) this.#parts.onLost();
  }

  /** What it asked of others is no longer waited for. */
  close(): void {
    this.#traffic.close();
  }

  /** Alarms first: an active one stops the deployment whatever the balancers say. */
  async #check(): Promise<void> {
    if (this.#readings.takeTurn()) await this.#readAlarms();
    const hosts = [...this.state.targets.values()].filter((target) => target.status === "Pending")
      .map((target) => target.id);
    const fault = hasTraffic(this.request.style) ? await this.#traffic.check(hosts) : undefined;
    await this.input({
      kind: "checked",
      ...(fault !== undefined && { failure: { code: "ELB_INVALID_INSTANCE", message: fault } }),
    });
  }

  async #readAlarms(): Promise<void> {
    await this.input({ kind: "alarms", verdict: await this.#readings.alarms() });
  }

  async #measure(held: HoldUnderWay): Promise<void> {
    const { now, timeLapse } = this.#parts.context;
    const next = analysisStep(held, now(), timeLapse);
    if (this.#measuring || held.hold.kind !== "analysis") return;
    if (next?.kind !== "measure" || next.at > now()) return;
    this.#measuring = true;
    try {
      const measurement = await this.#readings.measure(held.hold.rules.name);
      await this.input({ kind: "measured", key: held.key, measurement });
    } finally {
      this.#measuring = false;
    }
  }

  /** Asks the balancers for the event of traffic that a host is at. */
  async #performTraffic(host: string): Promise<void> {
    const target = this.state.targets.get(host);
    const leg = target?.status === "InProgress" ? currentLeg(target) : undefined;
    const event = leg?.by === "server" ? target?.events[leg.from]?.name : undefined;
    const answer = event && await this.#traffic.perform(host, event);
    if (answer) await this.input({ kind: "traffic", ...answer });
  }

  #unwaited(work: Promise<unknown>, doing: string): void {
    work.catch((error) => this.#parts.context.report(error, doing));
  }

  /** Keeps lines of a running hook; settles when they are on disk. */
  async log(targetId: string, lines: readonly LogLine[]): Promise<void> {
    if (lines.length === 0) return;
    const { context, streams } = this.#parts;
    const deploymentId = this.state.id;
    const sequence = ++this.#logSequence;
    const chunk = { sequence, targetId, lines: JSON.stringify(lines) };
    await context.store.commit((tx) => insertLogChunk(tx, deploymentId, chunk));
    streams.publish({ kind: "log", deploymentId, targetId, sequence, lines: [...lines] });
  }

  #layOutOrders(): void {
    for (const target of this.state.targets.values()) {
      if (target.status !== "InProgress") continue;
      if (!target.command) {
        this.#unwaited(this.#performTraffic(target.id), `the traffic of ${target.id}`);
        continue;
      }
      this.#parts.desk.give(target.id, target.command);
      if (this.state.stop) this.#parts.desk.cancel(target.id, target.command.id);
    }
  }

  /** The stream's view of the deployment and its targets as they are now. */
  snapshot(): StreamEvent[] {
    const targets = [...this.state.targets.values()].map((target) =>
      targetEvent(this.state.id, target)
    );
    // An end that is not committed yet is told after its commit.
    return TERMINAL_DEPLOYMENT.has(this.state.status)
      ? targets
      : [this.#deploymentEvent(), ...targets];
  }

  async #carryOut({ decision, turns, before, now, along }: Change): Promise<void> {
    const { context } = this.#parts;
    const first = this.#prelude;
    this.#prelude = undefined;
    const prelude = (tx: Tx) => {
      first?.(tx);
      along?.(tx);
    };
    let committed: { given: Map<string, Target>; rollbackId: string | undefined };
    try {
      committed = await context.store.commit((tx) =>
        this.#writeInOrder(tx, decision, first ? [STARTED, ...turns] : turns, now, prelude)
      );
    } catch (cause) {
      this.#lose(cause);
      throw cause;
    }
    // The host's number exists only now; nothing else can have touched its command meanwhile.
    for (const [id, { command }] of committed.given) {
      const target = this.state.targets.get(id);
      if (target && command) this.state.targets.set(id, { ...target, command });
    }
    this.#perform(decision, before, committed);
  }

  /**
   * A write may share its group with the one before. If that one fails, this one must not happen
   * either: it was decided on a state that the store will never have.
   */
  #writeInOrder(
    tx: Tx,
    decision: Decision,
    happened: Happening[],
    now: number,
    prelude: (tx: Tx) => void,
  ) {
    if (this.#broken !== undefined) throw this.#broken;
    try {
      this.#ownership.hold(tx);
      prelude(tx);
      return this.#write(tx, decision, happened, now);
    } catch (cause) {
      this.#broken = cause;
      throw cause;
    }
  }

  #write(tx: Tx, decision: Decision, happened: Happening[], now: number) {
    const { id } = this.state;
    const given = new Map<string, Target>();
    const giving = new Set(decision.give);
    for (const target of decision.targets) {
      const written = giving.has(target.id) ? this.#withCommand(tx, target, now) : target;
      if (written !== target) given.set(target.id, written);
      updateTarget(tx, id, written);
    }
    const { status, error, stop, progress, terminationWait } = decision;
    const ended = status !== undefined && TERMINAL_DEPLOYMENT.has(status);
    const change = {
      overview: overviewOf(this.state),
      ...(status && { status }),
      ...(error && { error }),
      ...(stop && { stop }),
      ...(progress && { progress }),
      ...(terminationWait && { terminationWait }),
      ...(ended && { completeTime: now }),
    };
    // All of it, not only that of the last decision: the choice of a rollback asks for the stop.
    Object.assign(this.#deployment, change);
    if (!ended) {
      changeDeployment(tx, id, change);
      this.#tell(tx, [...happened, ...becameOf(status, undefined)]);
      return { given, rollbackId: undefined };
    }
    const end = endDeployment(tx, this.#deployment, [...this.state.targets.values()], {
      now,
      random: this.#parts.context.randomBytes(9),
      followOn: (tx, ended) =>
        followOn(tx, ended, [...this.state.targets.values()], this.#parts.context),
    });
    Object.assign(this.#deployment, end.change);
    this.#tell(tx, [...happened, ...becameOf(status, end.rollbackId)]);
    return { given, rollbackId: end.rollbackId };
  }

  #tell(tx: Tx, happened: Happening[]): void {
    tell(tx, happened, this.#deployment, this.#names, this.#parts.context);
  }

  #withCommand(tx: Tx, target: Target, now: number): Target {
    const nonce = nextNonce(tx, target.id, now);
    // A host that was deregistered meanwhile gets no order; its clock will end it.
    if (nonce === undefined) return target;
    const leg = currentLeg(target)?.index ?? 0;
    const id = commandIdOf(this.state.id, target.id, leg);
    return { ...target, command: { id, nonce, givenAt: now, ...(leg > 0 && { leg }) } };
  }

  #perform(
    decision: Decision,
    before: ReadonlyMap<string, Target | undefined>,
    { given, rollbackId }: { given: Map<string, Target>; rollbackId: string | undefined },
  ): void {
    const { desk, streams, onEnd } = this.#parts;
    for (const target of decision.targets) {
      const had = before.get(target.id);
      const over = had?.command;
      if (over && target.command?.id !== over.id) desk.remove(target.id, over.id);
      if (target.status !== "InProgress") {
        if (target.command) desk.remove(target.id, target.command.id);
        if (had?.status === "InProgress") this.#traffic.giveUp(target.id);
      }
      if (streams.wanted(this.state.id)) streams.publish(targetEvent(this.state.id, target));
    }
    for (const [host, { command }] of given) if (command) desk.give(host, command);
    for (const host of decision.cancel) {
      const command = before.get(host)?.command ?? this.state.targets.get(host)?.command;
      if (command) desk.cancel(host, command.id);
    }
    for (const host of decision.traffic) {
      this.#unwaited(this.#performTraffic(host), `the traffic of ${host}`);
    }
    const ends = decision.status !== undefined && TERMINAL_DEPLOYMENT.has(decision.status);
    // Memory may be ahead: an end that a later decision brings is told with that one, after its hosts.
    const toldLater = !ends && TERMINAL_DEPLOYMENT.has(this.state.status);
    if (!toldLater && streams.wanted(this.state.id)) streams.publish(this.#deploymentEvent());
    if (ends) onEnd(rollbackId);
  }

  #deploymentEvent(): StreamEvent {
    const { id, status, error, stop, progress, terminationWait } = this.state;
    const overview = overviewOf(this.state);
    const own = {
      ...{ id, status, overview, progress },
      ...(error && { error }),
      ...(stop && { stop }),
      ...(terminationWait && { terminationWait }),
    };
    const { timeLapse } = this.#parts.context;
    return deploymentEvent({ ...this.#deployment, ...own }, this.#names, timeLapse);
  }
}
