/**
 * How things stand with a deployment, in sentences for people, and the commands to go on with: what a
 * running one waits for, and what the hosts of an ended one are on. Pure.
 * @module
 */
import type { Cause } from "../domain/cause.ts";
import { type Deployment, TERMINAL_DEPLOYMENT } from "../domain/deployment.ts";
import { revisionTitle } from "../domain/revision.ts";
import type { Target, TargetStatus } from "../domain/target.ts";
import { duration, hosts, hostsOf, some, utcTime } from "../domain/wording.ts";
import { sentenceOf } from "./failure_cause.ts";
import { waitingFor } from "./waiting_for.ts";

export interface Standing {
  deployment: Deployment;
  targets: readonly Target[];
  /** The deployment that took it back, or tries to, with its cause when it ended badly. */
  rollback?: { deployment: Deployment; cause?: Cause };
  /** Hosts that it and its rollback took out of the load balancers and did not let in again. */
  outOfTraffic?: readonly string[];
  /** The deployment of its group that it waits for while it is Queued. */
  before?: string;
  /** A deployment of its group that has come since, other than its rollback. */
  later?: string;
  now: number;
  /** By how much the server shortens its waits. */
  timeLapse: number;
}

export interface Explanation {
  state: string[];
  next: string[];
}

/** Hosts told one by one. */
const TOLD = 10;

export function explain(standing: Standing): Explanation {
  return TERMINAL_DEPLOYMENT.has(standing.deployment.status) ? ended(standing) : running(standing);
}

function running({ deployment, targets, before, now, timeLapse }: Standing): Explanation {
  const { id, status, createTime } = deployment;
  const waits = waitingFor(deployment, timeLapse);
  const next = [
    ...waits.flatMap((wait) => wait.next),
    `runtime logs ${id} -f`,
    `runtime stop ${id}`,
  ];
  if (status === "Queued" || status === "Created") {
    const what = before === undefined ? "its turn" : `the end of ${before}`;
    return { state: [`waits for ${what} ${since(createTime, now)}`], next };
  }
  const busy = targets.filter((target) => target.status === "InProgress");
  const told = busy.slice(0, TOLD).map((target) => doing(target, now));
  const more = busy.length - told.length;
  const pending = withStatus(targets, "Pending").length;
  const over = targets.length - busy.length - pending;
  return {
    state: [
      ...waits.map(({ text }) => text),
      ...told,
      ...(more > 0 ? [`${hosts(more)} more under way`] : []),
      `${hostsOf(over, targets.length)} done, ${pending} to come`,
    ],
    next,
  };
}

/** What a host that is under way is at. */
function doing({ id, events, command, lastUpdated }: Target, now: number): string {
  const event = events.find(({ status }) => status === "InProgress");
  if (event) return `${id} runs ${event.name} ${since(event.startTime ?? lastUpdated, now)}`;
  if (!command) return `${id} waits ${since(lastUpdated, now)}`;
  const ahead = events.find(({ status }) => status === "Pending")?.name;
  if (command.takenAt === undefined) {
    return `${id} has not taken its order ${since(command.givenAt, now)}`;
  }
  const what = ahead === undefined ? "has not told its end" : `has not begun ${ahead}`;
  return `${id} ${what} ${since(lastUpdated, now)}`;
}

function since(at: number, now: number): string {
  return `since ${utcTime(at)}, ${duration(now - at)}`;
}

function ended(standing: Standing): Explanation {
  const { later } = standing;
  const state = [
    ...fleetState(standing),
    ...rollbackState(standing),
    ...trafficState(standing),
  ];
  const since = later === undefined ? [] : [`${later} has come since, which may have changed this`];
  return { state: [...state, ...since], next: nextOf(standing) };
}

/** Who gets no traffic: after a success, the original hosts, which is what was asked for. */
function trafficState({ deployment: { status }, outOfTraffic = [] }: Standing): string[] {
  if (outOfTraffic.length === 0) return [];
  const names = some(outOfTraffic, TOLD);
  if (status === "Succeeded") return [`no traffic goes to ${names} any more`];
  const them = outOfTraffic.length === 1 ? "it" : "them";
  return [`no traffic goes to ${names} until a deployment to ${them} lets ${them} in`];
}

function fleetState({ deployment, targets: all, rollback }: Standing): string[] {
  // What the rollback has put there since is what the hosts are on.
  if (rollback?.deployment.status === "Succeeded") return [];
  // Of the other side of blue/green only the traffic changes.
  const other = isTrafficBack(deployment) ? "Green" : "Blue";
  const targets = all.filter(({ label }) => label !== other);
  const on = withStatus(targets, "Succeeded");
  const broken = [...withStatus(all, "Failed"), ...withStatus(all, "Unknown")];
  const left = withStatus(targets, "Pending").length + withStatus(targets, "Skipped").length;
  if (on.length === 0 && broken.length === 0) return ["no host was touched"];
  const is = broken.length === 1 ? "is" : "are";
  return [
    ...(on.length > 0 ? [became(deployment, on)] : []),
    ...(broken.length > 0
      ? [`${hosts(broken.length)} ${is} left where it failed: ${some(broken.map(({ id }) => id))}`]
      : []),
    ...(left > 0 ? [`${hosts(left)} not touched`] : []),
  ];
}

/** What the hosts have that went through all of it. */
function became(deployment: Deployment, on: readonly Target[]): string {
  if (isTrafficBack(deployment)) {
    return `the traffic is back at ${some(on.map(({ id }) => id), TOLD)}`;
  }
  return `${hosts(on.length)} on ${revisionTitle(deployment.request.revision)}`;
}

/** The rollback of a blue/green deployment installs nothing. */
function isTrafficBack({ request: { style, rollbackOf } }: Deployment): boolean {
  return style.deploymentType === "BLUE_GREEN" && rollbackOf !== undefined;
}

function rollbackState({ deployment, rollback }: Standing): string[] {
  // Nothing takes a rollback back, and its message tells of what it took back itself.
  if (deployment.status === "Succeeded" || deployment.request.rollbackOf !== undefined) return [];
  if (!rollback) {
    const why = deployment.rollback.rollbackMessage?.replace(/\.$/, "");
    return [why === undefined ? "nothing was rolled back" : `no rollback: ${why}`];
  }
  const { id, status, request, overview } = rollback.deployment;
  const total = Object.values(overview).reduce((sum, count) => sum + count, 0);
  // Hosts that had never left the revision are passed over by a rollback.
  const back = overview.Succeeded + (status === "Succeeded" ? overview.Skipped : 0);
  const on = isTrafficBack(rollback.deployment)
    ? `the traffic ${status === "Succeeded" ? "is back at" : "goes back to"} the original hosts`
    : `${hostsOf(back, total)} on ${revisionTitle(request.revision)}`;
  if (status === "Succeeded") return [`rolled back by ${id}: ${on}`];
  if (!rollback.cause) return [`the rollback ${id} is ${status}: ${on}`];
  const what = status === "Failed" ? "failed" : "was stopped";
  return [`the rollback ${id} ${what}: ${sentenceOf(rollback.cause)}`, on];
}

function nextOf({ deployment, targets, rollback }: Standing): string[] {
  const { id, status } = deployment;
  if (status === "Succeeded") return [`runtime status ${id}`];
  const back = rollback?.deployment;
  const broken = targets.find((target) => target.status === "Failed");
  const isTouched = targets.some((target) => TOUCHED.has(target.status));
  const isImpossible = !back && deployment.rollback.rollbackMessage !== undefined;
  const next = [
    ...(back && back.status !== "Succeeded" ? [`runtime explain ${back.id}`] : []),
    ...(back ? again(back) : broken ? [] : again(deployment)),
    ...(broken ? [`runtime logs ${id} --host ${broken.id}`] : []),
    ...(!back && broken ? [`runtime retry ${id} --failed-only`] : []),
    ...(!back && isTouched && !isImpossible ? [`runtime rollback ${id}`] : []),
  ];
  return next.length > 0 ? next : [`runtime status ${id}`];
}

/** A rollback that did not succeed is asked for again; one of traffic alone cannot be. */
function again({ id, status, request: { style, rollbackOf } }: Deployment): string[] {
  const isOver = status === "Failed" || status === "Stopped";
  const isAgain = isOver && rollbackOf !== undefined && style.deploymentType === "IN_PLACE";
  return isAgain ? [`runtime retry ${id}`] : [];
}

const TOUCHED: ReadonlySet<TargetStatus> = new Set(["Succeeded", "Failed", "Unknown"]);

function withStatus(targets: readonly Target[], status: TargetStatus): Target[] {
  return targets.filter((target) => target.status === status);
}
