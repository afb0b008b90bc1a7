/**
 * Plays a plan with real processes: a server and agents of the compiled binary, killed with SIGKILL
 * and started again, one deployment after another. Answers what went against the laws.
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { begin, ended, infoOf, installed, targetsOf } from "../binary/deployments.ts";
import { Fleet, type Host, type JournalLine } from "../binary/fleet.ts";
import { complaintsOf, type History, overlaps } from "./laws.ts";
import { markedBundle, marksOf } from "./marked_bundle.ts";
import { type Kill, type Moment, type Plan, type Step, told } from "./plan.ts";
import type { Random } from "./random.ts";

export interface Played {
  kills: number;
  /** How often each kind of moment was met; `late` ones came when the deployment was over. */
  moments: Record<string, number>;
  /** How the deployments ended, rollbacks included. */
  ends: Record<string, number>;
  complaints: string[];
  /** What was done, for whoever looks for the cause. */
  story: string[];
}

/** A deployment that is over, as the server told it at its end. */
interface Over {
  id: string;
  status: string;
  /** What it put on the hosts. */
  version: string;
  histories: History[];
}

/** Seconds until a deployment must have ended, killings included. */
const END_WITHIN = 90;

const Group = z.object({
  deploymentGroupInfo: z.object({
    lastSuccessfulDeployment: z.object({ deploymentId: z.string() }).optional(),
  }),
});

/** Plays a plan; `random` chooses the victims among the hosts. */
export async function play(plan: Plan, random: Random): Promise<Played> {
  const fleet = await Fleet.start(plan.hosts);
  const round = new Round(fleet, random);
  try {
    for (const [at, step] of plan.steps.entries()) await round.step(step, `v${at + 1}`);
    await round.check();
  } catch (error) {
    // A deployment without an end breaks a law as well; what led to it is worth reading.
    round.played.complaints.push(error instanceof Error ? error.stack ?? "" : String(error));
  } finally {
    await fleet.close();
  }
  return round.played;
}

class Round {
  readonly played: Played = { kills: 0, moments: {}, ends: {}, complaints: [], story: [] };
  readonly #fleet: Fleet;
  readonly #random: Random;
  readonly #over: Over[] = [];
  readonly #since = performance.now();

  constructor(fleet: Fleet, random: Random) {
    this.#fleet = fleet;
    this.#random = random;
  }

  /** One deployment with its kills, to its end and the end of its rollback. */
  async step({ fails, config, kills }: Step, version: string): Promise<void> {
    const fleet = this.#fleet;
    await fleet.declare({ config, rollback: "[failure]" });
    const known = new Map(fleet.hosts.map((host) => [host, fleet.journal(host).length]));
    const id = await begin(fleet, fleet.bundle(version, markedBundle(version, fails)));
    this.#tell(`${id} deploys ${version} by ${config}${fails ? ", which fails" : ""}`);
    for (const kill of kills) await this.#kill(kill, id, known);
    await this.#end(id, version);
  }

  /** Whatever was true at the end of a deployment still is; the hosts are as the server says. */
  async check(): Promise<void> {
    const { complaints } = this.played;
    for (const { id, status, histories } of this.#over) {
      const now = await infoOf(this.#fleet, id);
      if (now.status !== status) complaints.push(`${id} was ${status}, and is ${now.status}`);
      const later = JSON.stringify(await this.#histories(id));
      if (later !== JSON.stringify(histories)) complaints.push(`${id} changed after its end`);
      for (const history of histories) {
        const host = this.#host(history.targetId);
        const journal = this.#fleet.journal(host);
        complaints.push(
          ...complaintsOf({ deploymentId: id, history, journal, marks: marksOf(host) }),
        );
      }
    }
    for (const host of this.#fleet.hosts) complaints.push(...overlaps(host.name, marksOf(host)));
    complaints.push(...await this.#groupComplaints());
  }

  async #kill(kill: Kill, id: string, known: ReadonlyMap<Host, number>): Promise<void> {
    const met = await this.#waitFor(kill.moment, id, known);
    await pause(kill.after);
    const { victim, moment } = kill;
    // The host that the moment was seen at, or any.
    const host = met.host ?? this.#random.one(this.#fleet.hosts);
    const kind = moment.kind === "event" ? `${moment.event} ${moment.what}` : moment.kind;
    const counted = met.late ? "late" : kind;
    this.played.moments[counted] = (this.played.moments[counted] ?? 0) + 1;
    this.played.kills++;
    this.#tell(
      `kill ${victim === "agent" ? host.name : ""} ${told(kill)}${met.late ? ", late" : ""}`,
    );
    if (victim === "server") await this.#fleet.killServer();
    else await this.#fleet.killAgent(host);
    await pause(kill.down);
    if (victim === "server") await this.#fleet.startServer();
    else await this.#fleet.startAgent(host);
  }

  /** The host whose journal told of the moment; late if the deployment was over before. */
  async #waitFor(
    moment: Moment,
    id: string,
    known: ReadonlyMap<Host, number>,
  ): Promise<{ host?: Host; late: boolean }> {
    if (moment.kind === "created") return { late: false };
    const since = performance.now();
    for (let asked = since; asked - since < END_WITHIN * 1000; await pause(2)) {
      for (const host of this.#fleet.hosts) {
        const lines = this.#fleet.journal(host).slice(known.get(host));
        if (lines.some((line) => hasCome(moment, line, id))) return { host, late: false };
      }
      if (performance.now() - asked < 200) continue;
      asked = performance.now();
      if (await this.#isOver(id)) return { late: true };
    }
    throw new Error(`${id} neither ended nor came to a moment within ${END_WITHIN} s`);
  }

  async #isOver(id: string): Promise<boolean> {
    const { status, rollbackInfo } = await infoOf(this.#fleet, id);
    if (!["Succeeded", "Failed", "Stopped"].includes(status)) return false;
    const next = rollbackInfo?.rollbackDeploymentId;
    return next === undefined || await this.#isOver(next);
  }

  async #end(id: string, version: string): Promise<void> {
    const { status, rollbackInfo } = await ended(this.#fleet, id, END_WITHIN);
    this.#tell(`${id} is ${status}`);
    this.played.ends[status] = (this.played.ends[status] ?? 0) + 1;
    const histories = await this.#histories(id);
    this.#over.push({ id, status, version, histories });
    const rollback = rollbackInfo?.rollbackDeploymentId;
    if (rollback !== undefined) await this.#end(rollback, this.#lastGood()?.version ?? "");
  }

  #lastGood(): Over | undefined {
    return this.#over.findLast(({ status }) => status === "Succeeded");
  }

  async #histories(id: string): Promise<History[]> {
    const names = this.#fleet.hosts.map(({ name }) => name);
    return await targetsOf(this.#fleet, id, ...names);
  }

  /** Law 5: the group's target, and what is installed where the last deployment succeeded. */
  async #groupComplaints(): Promise<string[]> {
    const good = this.#lastGood();
    const answer = await this.#fleet.api("GetDeploymentGroup", {
      applicationName: "shop",
      deploymentGroupName: "production",
    });
    const { lastSuccessfulDeployment: said } = Group.parse(answer).deploymentGroupInfo;
    if (said?.deploymentId !== good?.id) {
      return [`the group's target is of ${said?.deploymentId}, the last success was ${good?.id}`];
    }
    const last = this.#over.at(-1);
    return (last?.histories ?? []).filter(({ status }) => status === "Succeeded")
      .map(({ targetId }) => ({ targetId, found: installed(this.#host(targetId)).trim() }))
      .filter(({ found }) => found !== last?.version)
      .map(({ targetId, found }) => `${targetId} has ${found} installed, not ${last?.version}`);
  }

  #host(name: string): Host {
    const host = this.#fleet.hosts.find((host) => host.name === name);
    if (host) return host;
    throw new Error(`the server speaks of ${name}, which is not one of the hosts`);
  }

  #tell(what: string): void {
    const seconds = ((performance.now() - this.#since) / 1000).toFixed(2);
    this.played.story.push(`${seconds} s: ${what}`);
  }
}

/** Whether a line of a journal tells that a moment of the deployment has come. */
function hasCome(moment: Moment, line: JournalLine, id: string): boolean {
  const deploymentId = line.deploymentId ?? line.commandId?.split("/")[0];
  switch (moment.kind) {
    case "created":
      return true;
    case "event":
      return line.kind === "event" && deploymentId === id && line.event === moment.event &&
        line.what === moment.what;
    case "ended":
      return line.kind === "completed" && deploymentId === id;
    case "rollback":
      return line.kind === "event" && deploymentId !== id;
  }
}
