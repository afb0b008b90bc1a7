/**
 * The engine as hosts see it: what there is for one to do, and what it says of that. An order is
 * found by its id; whatever is said of one that is over changes nothing.
 * @module
 */
import { TERMINAL_DEPLOYMENT } from "../domain/deployment.ts";
import { DomainError } from "../domain/errors.ts";
import type { LifecycleEvent, LifecycleEventName } from "../domain/lifecycle_event.ts";
import type { Target } from "../domain/target.ts";
import type { HostReport } from "../rollout/host_report.ts";
import { legEvents } from "../rollout/leg.ts";
import { getDeployment } from "../store/deployments.ts";
import type { LogLine, Order, UpdateMark } from "../wire/agent_protocol.ts";
import type { EngineContext } from "./context.ts";
import type { Handout, HostDesk, PollRequest } from "./host_desk.ts";
import { githubOwner, orderFor, parseCommandId, specification } from "./order.ts";
import type { Runner } from "./runner.ts";

/** The first `lines` of a report's lines were marked. */
export type MarkedLines = UpdateMark & { lines: number };

export interface OrderEvents {
  events: readonly LifecycleEvent[];
  ignoreStopFailures: boolean;
  /** No further event may begin. */
  isStopped: boolean;
}

export class HostOrders {
  readonly #context: EngineContext;
  readonly #desk: HostDesk;
  readonly #runnerOf: (deploymentId: string) => Runner | undefined;

  constructor(
    context: EngineContext,
    desk: HostDesk,
    runnerOf: (deploymentId: string) => Runner | undefined,
  ) {
    this.#context = context;
    this.#desk = desk;
    this.#runnerOf = runnerOf;
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

  /** The order that a host has of a deployment now, whichever of its legs that is about. */
  orderOf(deploymentId: string, host: string, hostIdentifier: string): Order | undefined {
    const command = this.#runnerOf(deploymentId)?.state.targets.get(host)?.command;
    return command && this.order(command.id, hostIdentifier);
  }

  /** The order behind a handout; undefined when it ended meanwhile. */
  order(commandId: string, hostIdentifier: string): Order | undefined {
    const held = this.#held(commandId);
    if (!held) return undefined;
    const { runner, target } = held;
    const { deployment } = runner;
    const owner = githubOwner(deployment.request);
    // Looked up for each order, and kept in none of our rows: a token may be replaced meanwhile.
    const token = owner === undefined ? undefined : this.#context.githubToken(owner);
    const spec = specification(deployment, runner.names, token);
    if (!spec) return undefined;
    const { ignoreApplicationStopFailures } = deployment.request;
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
    const runner = at && this.#runnerOf(at.deploymentId);
    if (!runner) return this.#withoutRunner(at?.deploymentId ?? "");
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
   * A host that holds an order and has not begun it, because others go first, is alive as long as it
   * says so with its poll. Written down four times in the clock's time, so that a restart knows it.
   */
  hearWaiting(runner: Runner): void {
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

  /**
   * The answer for a deployment that nobody runs here. One that has not ended is about to be, or is
   * another server's: its hosts say again what they have to say, so that nothing is lost (law 3).
   */
  #withoutRunner(deploymentId: string): "Failed" {
    const deployment = getDeployment(this.#context.store.read, deploymentId);
    if (!deployment || TERMINAL_DEPLOYMENT.has(deployment.status)) return "Failed";
    throw new DomainError(
      "ServiceUnavailableException",
      "HostCommandIdentifier",
      `This server does not run the deployment ${deploymentId} now; say it again in a moment`,
    );
  }

  /** The target that is under way with this order, and its runner. */
  #held(commandId: string): { runner: Runner; target: Target } | undefined {
    const at = parseCommandId(commandId);
    const runner = at && this.#runnerOf(at.deploymentId);
    const target = at && runner?.state.targets.get(at.host);
    if (!runner || target?.status !== "InProgress") return undefined;
    return target.command?.id === commandId ? { runner, target } : undefined;
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
