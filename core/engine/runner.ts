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
import type { Target } from "../domain/target.ts";
import { advance, type Input, type Rules } from "../rollout/advance.ts";
import { apply, type Decision, type RolloutState } from "../rollout/state.ts";
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
import { commandIdOf, type Names } from "./order.ts";
import type { Streams } from "./stream.ts";
import { deploymentEvent, targetEvent } from "./stream_event.ts";
import { becameOf, type Happening, STARTED, tell, turnsOf } from "./tell.ts";

export interface RunnerParts {
  context: EngineContext;
  desk: HostDesk;
  streams: Streams;
  /** Called after the commit that ended the deployment, with the rollback it created, if any. */
  onEnd(rollbackId: string | undefined): void;
}

export class Runner {
  readonly #parts: RunnerParts;
  readonly #deployment: Deployment;
  readonly #names: Names;
  readonly state: RolloutState;
  readonly #rules: Rules;
  #prelude: Rollout["prelude"];
  #logSequence: number;
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

  /** Takes one input; settles when all it changed is on disk. */
  input(input: Input): Promise<void> {
    if (this.#broken) return Promise.reject(this.#broken);
    const now = this.#parts.context.now();
    const decision = advance(this.state, input, now, this.#rules);
    const changes = decision.targets.length > 0 || decision.status !== undefined ||
      decision.stop !== undefined || decision.error !== undefined;
    // A repeated report changes nothing, but must not be answered before the first one is durable.
    if (!changes) return this.#durable;
    const turns = turnsOf(decision.targets, (id) => this.state.targets.get(id)?.status);
    apply(this.state, decision);
    return this.#durable = this.#carryOut(decision, turns, now);
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

  /** Lays out the orders of targets that are under way; a starting server's hosts wait for them. */
  layOutOrders(): void {
    for (const target of this.state.targets.values()) {
      if (target.status !== "InProgress" || !target.command) continue;
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

  async #carryOut(decision: Decision, turns: Happening[], now: number): Promise<void> {
    const { context } = this.#parts;
    const prelude = this.#prelude;
    this.#prelude = undefined;
    let committed: { given: Map<string, Target>; rollbackId: string | undefined };
    try {
      committed = await context.store.commit((tx) =>
        this.#writeInOrder(tx, decision, prelude ? [STARTED, ...turns] : turns, now, prelude)
      );
    } catch (cause) {
      this.#broken = cause;
      throw cause;
    }
    // The host's number exists only now; nothing else can have touched its command meanwhile.
    for (const [id, { command }] of committed.given) {
      const target = this.state.targets.get(id);
      if (target && command) this.state.targets.set(id, { ...target, command });
    }
    this.#perform(decision, committed);
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
    prelude: Rollout["prelude"],
  ) {
    if (this.#broken !== undefined) throw this.#broken;
    try {
      prelude?.(tx);
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
    const { status, error, stop } = decision;
    const ended = status !== undefined && TERMINAL_DEPLOYMENT.has(status);
    const change = {
      overview: this.state.counts,
      ...(status && { status }),
      ...(error && { error }),
      ...(stop && { stop }),
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
    return {
      ...target,
      command: { id: commandIdOf(this.state.id, target.id), nonce, givenAt: now },
    };
  }

  #perform(
    decision: Decision,
    { given, rollbackId }: { given: Map<string, Target>; rollbackId: string | undefined },
  ): void {
    const { desk, streams, onEnd } = this.#parts;
    const commandOf = (host: string) => commandIdOf(this.state.id, host);
    for (const [host, { command }] of given) if (command) desk.give(host, command);
    for (const host of decision.cancel) desk.cancel(host, commandOf(host));
    for (const target of decision.targets) {
      if (target.status !== "InProgress") desk.remove(target.id, commandOf(target.id));
      if (streams.wanted(this.state.id)) streams.publish(targetEvent(this.state.id, target));
    }
    const ends = decision.status !== undefined && TERMINAL_DEPLOYMENT.has(decision.status);
    // Memory may be ahead: an end that a later decision brings is told with that one, after its hosts.
    const toldLater = !ends && TERMINAL_DEPLOYMENT.has(this.state.status);
    if (!toldLater && streams.wanted(this.state.id)) streams.publish(this.#deploymentEvent());
    if (ends) onEnd(rollbackId);
  }

  #deploymentEvent(): StreamEvent {
    const { id, status, error, counts } = this.state;
    return deploymentEvent(
      { ...this.#deployment, id, status, ...(error && { error }), overview: counts },
      this.#names,
    );
  }
}
