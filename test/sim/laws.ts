/**
 * The laws that hold after every step, whatever came before it (design 7). What breaks one is kept
 * with its words, and ends the history.
 * @module
 */
import {
  type DeploymentOverview,
  NO_TARGETS,
  TERMINAL_DEPLOYMENT,
} from "../../core/domain/deployment.ts";
import {
  AGENT_EVENTS,
  IGNORABLE_EVENTS,
  type LifecycleEvent,
  type LifecycleEventName,
  type LifecycleEventStatus,
  SERVER_EVENTS,
} from "../../core/domain/lifecycle_event.ts";
import { TERMINAL_TARGET } from "../../core/domain/target.ts";
import { parseCommandId } from "../../core/engine/order.ts";
import type { HostReport } from "../../core/rollout/host_report.ts";
import type { Order } from "../../core/wire/agent_protocol.ts";
import type { HostWatcher } from "./host_watcher.ts";
import type { DeploymentSeen, Ledger, TargetSeen } from "./ledger.ts";
import { minimumFault, serves } from "./minimum.ts";
import type { Scenario } from "./scenario.ts";
import type { SimHost } from "./sim_host.ts";
import type { Surroundings, TrafficWatcher } from "./sim_plugins.ts";
import { MINUTE, type World } from "./world.ts";

export class Laws implements HostWatcher, TrafficWatcher {
  /** Which law is broken, and how. */
  broken: string | undefined;
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #scenario: Scenario;
  readonly #hosts: () => ReadonlyMap<string, SimHost>;
  readonly #surroundings: Surroundings;
  /** Hosts whose application runs. */
  readonly #up: Set<string>;
  #lastSuccess: { id: string; revision: string } | undefined;
  /** Since when the alarm has been active. */
  #alarmSince: number | undefined;
  #isDirty = true;
  /** What hosts were answered since the store was read. */
  #answered: { host: string; commandId: string; report: HostReport }[] = [];

  constructor(
    world: World,
    ledger: Ledger,
    scenario: Scenario,
    parts: { hosts: () => ReadonlyMap<string, SimHost>; surroundings: Surroundings },
  ) {
    this.#world = world;
    this.#ledger = ledger;
    this.#scenario = scenario;
    this.#hosts = parts.hosts;
    this.#surroundings = parts.surroundings;
    this.#up = new Set(parts.surroundings.serving);
  }

  break(law: string, what: string): void {
    if (this.broken !== undefined) return;
    this.broken = `${law}: ${what}`;
    this.#world.say("BROKEN", this.broken);
  }

  written(): void {
    this.#isDirty = true;
  }

  alarmTurned(isActive: boolean): void {
    this.#alarmSince = isActive ? this.#alarmSince ?? this.#world.now : undefined;
  }

  /** After each step. */
  check(): void {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    this.#checkStore();
    for (const { host, commandId, report } of this.#answered) {
      this.#checkAnswered(host, commandId, report);
    }
    this.#answered = [];
  }

  #checkStore(): void {
    for (const { before, now } of this.#ledger.read()) {
      if (before && before.whole === now.whole && TERMINAL_DEPLOYMENT.has(now.status)) continue;
      this.#checkDeployment(before, now);
    }
    this.#checkLastSuccess();
  }

  /** When the history is over: what had ended is as it was then. */
  checkEnd(): void {
    for (const { id, targets } of this.#ledger.seen.values()) {
      for (const [host, { row }] of this.#ledger.targets(id)) {
        const before = targets.get(host)?.row;
        if (JSON.stringify(before) !== JSON.stringify(row)) {
          this.break("law 3", `${host} of ${id} changed after the end of its deployment`);
        }
      }
    }
  }

  #checkDeployment(before: DeploymentSeen | undefined, now: DeploymentSeen): void {
    const { id, status, targets } = now;
    if (before?.status !== status) this.#world.say(id, status, counted(now.overview));
    if (before && TERMINAL_DEPLOYMENT.has(before.status)) {
      return this.break("law 3", `${id} changed from ${before.whole} to ${now.whole}`);
    }
    if (status === "Succeeded") {
      this.#lastSuccess = { id, revision: JSON.stringify(now.request.revision) };
    }
    this.#checkCounts(now);
    for (const [host, target] of targets) this.#checkTarget(host, before, now, target);
    if (now.request.style.deploymentType === "IN_PLACE" && !TERMINAL_DEPLOYMENT.has(status)) {
      const fault = minimumFault(now);
      if (fault !== undefined) this.break("law 2", `${id}: ${fault}`);
    }
  }

  #checkCounts({ id, status, targets, overview }: DeploymentSeen): void {
    const counts: DeploymentOverview = { ...NO_TARGETS };
    for (const { row } of targets.values()) {
      counts[row.status === "Unknown" ? "Failed" : row.status]++;
    }
    if (counted(counts) !== counted(overview)) {
      this.break("counts", `${id} says ${counted(overview)}, there are ${counted(counts)}`);
    }
    if (!TERMINAL_DEPLOYMENT.has(status)) return;
    const left = counts.Pending + counts.InProgress + counts.Ready;
    if (left > 0) this.break("end", `${id} is ${status} and has left ${counted(counts)}`);
    if (status === "Succeeded" && targets.size > 0 && counts.Succeeded + counts.Skipped === 0) {
      this.break("end", `${id} is Succeeded, and nobody has: ${counted(counts)}`);
    }
  }

  #checkTarget(
    host: string,
    before: DeploymentSeen | undefined,
    now: DeploymentSeen,
    target: TargetSeen,
  ): void {
    const was = before?.targets.get(host);
    if (was && was.row.events === target.row.events && was.row.status === target.row.status) {
      if (was.row.command === target.row.command) return;
    }
    const { row: { status }, events } = target;
    const wasStatus = was?.row.status;
    if (was && TERMINAL_TARGET.has(was.row.status)) {
      return this.break("law 3", `${host} of ${now.id} was ${wasStatus} and is ${status}`);
    }
    for (const [index, event] of (was?.events ?? []).entries()) {
      const next = events[index];
      if (next && RANK[next.status] < RANK[event.status]) {
        this.break("law 1", `${event.name} of ${host} went from ${event.status} to ${next.status}`);
      }
    }
    const isBegun = status === "InProgress" && wasStatus !== "InProgress";
    if (isBegun && before) this.#checkBegin(host, before, now);
    if (status === "Succeeded") this.#checkSuccess(host, now, target);
    if (this.#scenario.style === "balanced" && serves(target, now.healthy)) {
      this.#checkServes(host, now);
    }
  }

  /** A host has just begun, or has gone on with its next stage. */
  #checkBegin(host: string, before: DeploymentSeen, now: DeploymentSeen): void {
    const { id, request, createTime } = now;
    if (before.isFailing || before.isStopping) {
      this.break("stop", `${host} begins although ${id} was to end`);
    }
    const paused = before.progress?.paused?.at;
    if (paused !== undefined && now.progress?.paused?.at === paused) {
      this.break("pause", `${host} begins although ${id} is paused`);
    }
    const { alarms, rollbackOf } = request;
    const isRead = !alarms?.ignorePollAlarmFailure || this.#scenario.trouble.plugin === 0;
    const since = this.#alarmSince ?? Infinity;
    if (alarms?.enabled && rollbackOf === undefined && isRead && since <= createTime) {
      this.break("alarm", `${host} begins although an alarm was active before ${id}`);
    }
  }

  /** What the store calls a success has come to pass on the host. */
  #checkSuccess(host: string, { id, request }: DeploymentSeen, { events }: TargetSeen): void {
    const done = this.#hosts().get(host)?.journal.done.get(id) ?? [];
    for (const { name, status } of events) {
      if (SERVER_EVENTS.has(name)) continue;
      const own = done.find((event) => event.name === name);
      if (own?.status === "Succeeded" && status === "Succeeded") continue;
      const isBorne = request.ignoreApplicationStopFailures && IGNORABLE_EVENTS.includes(name);
      // One that did not answer in time may have come to its end all the same.
      if (isBorne && status === "Failed") continue;
      this.break(
        "law 1",
        `${host} has succeeded, but ${name} is ${own?.status} there, ${status} here`,
      );
    }
  }

  #checkServes(host: string, { id }: DeploymentSeen): void {
    if (this.#surroundings.serving.has(host)) return;
    this.break("law 2", `${host} counts as healthy in ${id} and is out of the balancer`);
  }

  #checkLastSuccess(): void {
    const { deployment = null, revision = null } = this.#ledger.lastSuccess() ?? {};
    const { id = null, revision: wanted = null } = this.#lastSuccess ?? {};
    if (deployment === id && (revision === wanted || id === null)) return;
    this.break(
      "law 5",
      `the group has ${revision} of ${deployment}, the last success is ${wanted} of ${id}`,
    );
  }

  took(host: SimHost, { specification: { DeploymentId: id } }: Order): void {
    this.check();
    const target = this.#target(id, host.name);
    if (!target) this.break("law 7", `${host.name} got an order of ${id} without a target`);
  }

  /** Law 1, by what the host itself has written down. */
  begins(host: SimHost, order: Order, name: LifecycleEventName, isResumed: boolean): void {
    this.check();
    const { DeploymentId: id } = order.specification;
    const done = host.journal.doneFor(id);
    const say = (what: string) => this.break("law 1", `${name} of ${host.name} in ${id} ${what}`);
    const known = done.find((event) => event.name === name);
    if (isResumed ? !AGENT_EVENTS.has(name) : known) return say("runs twice");
    const way = this.#target(id, host.name)?.events ?? [];
    const place = way.findIndex((event) => event.name === name);
    if (place === -1) return say("is none of its events");
    for (const before of way.slice(0, place)) {
      const own = SERVER_EVENTS.has(before.name)
        ? before
        : done.find((event) => event.name === before.name);
      const isBorne = own?.status === "Failed" && order.ignoreFailuresOf.includes(before.name);
      if (own?.status !== "Succeeded" && !isBorne) {
        say(`begins after ${before.name}, which is ${own?.status}`);
      }
    }
    if (way.slice(place + 1).some((after) => done.some((event) => event.name === after.name))) {
      say("begins after a later one");
    }
    if (name !== "ApplicationStop") return;
    if (this.#target(id, host.name)?.row.label === "Blue" && !this.#mayEndBlue(id)) {
      say("begins before the wait for the end of blue is over");
    }
    this.#up.delete(host.name);
    this.#somebodyServes(`${host.name} stops its application`);
  }

  ended(host: SimHost, _order: Order, { name, status }: LifecycleEvent): void {
    if (name === "ValidateService" && status === "Succeeded") this.#up.add(host.name);
  }

  traffic(host: string, deploymentId: string, verb: "block" | "allow"): void {
    this.check();
    const status = this.#target(deploymentId, host)?.row.status;
    if (status !== "InProgress" && status !== "Failed") {
      this.break("law 2", `the balancer is to ${verb} ${host}, which is ${status}`);
    }
    if (verb === "allow" && this.#waitsToBeContinued(deploymentId)) {
      this.break("blue/green", `${host} gets its traffic before ${deploymentId} is continued`);
    }
    this.#somebodyServes(`${verb} ${host}`);
  }

  #mayEndBlue(id: string): boolean {
    const { request, terminationWait, progress } = this.#ledger.seen.get(id) ?? {};
    const { terminationWaitTimeInMinutes = 0 } =
      request?.blueGreen?.terminateBlueInstancesOnDeploymentSuccess ?? {};
    if (progress?.promoted) return true;
    if (!terminationWait) return false;
    const { startedAt, skippedAt } = terminationWait;
    return skippedAt !== undefined ||
      this.#world.now >= startedAt + terminationWaitTimeInMinutes * MINUTE;
  }

  #waitsToBeContinued(id: string): boolean {
    const { request, progress } = this.#ledger.seen.get(id) ?? {};
    return request?.style.deploymentType === "BLUE_GREEN" && request.rollbackOf === undefined &&
      request.blueGreen?.deploymentReadyOption?.actionOnTimeout === "STOP_DEPLOYMENT" &&
      progress?.continuedAt === undefined && !progress?.promoted;
  }

  #somebodyServes(what: string): void {
    if (this.#scenario.style !== "blue/green") return;
    if ([...this.#surroundings.serving].some((host) => this.#up.has(host))) return;
    this.break("blue/green", `nobody serves after ${what}`);
  }

  /** Law 3: what was answered is in the store. */
  async told(
    host: SimHost,
    commandId: string,
    report: HostReport,
    answer: Promise<string>,
  ): Promise<string> {
    const status = await answer;
    this.#answered.push({ host: host.name, commandId, report });
    this.#isDirty = true;
    return status;
  }

  #checkAnswered(host: string, commandId: string, report: HostReport): void {
    const { deploymentId = "" } = parseCommandId(commandId) ?? {};
    const target = this.#target(deploymentId, host);
    if (!target || isKept(target, commandId, report)) return;
    this.break("law 3", `${host} was answered, and its report (${report.kind}) is not kept`);
  }

  /** A target as it is in the store now. */
  #target(deploymentId: string, host: string): TargetSeen | undefined {
    return this.#ledger.seen.get(deploymentId)?.targets.get(host);
  }
}

/** Whether the target shows that a report was heard, or that its order is over. */
function isKept({ row, events }: TargetSeen, commandId: string, report: HostReport): boolean {
  const command = row.command === null ? undefined : JSON.parse(row.command);
  if (row.status !== "InProgress" || command?.id !== commandId) return true;
  if (report.kind === "completed") return false;
  if (report.kind !== "progress") return command.takenAt !== undefined;
  return report.events.every(({ name, status }) => {
    const kept = events.find((event) => event.name === name);
    return kept && RANK[kept.status] >= RANK[status];
  });
}

const RANK: Record<LifecycleEventStatus, number> = {
  Pending: 0,
  InProgress: 1,
  Succeeded: 2,
  Failed: 2,
  Skipped: 2,
  Unknown: 2,
};

function counted(overview: DeploymentOverview): string {
  return Object.entries(overview).filter(([, count]) => count > 0)
    .map(([status, count]) => `${count} ${status}`).join(", ") || "no targets";
}
