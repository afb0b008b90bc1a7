/**
 * Whoever asks for deployments and does something to those under way, at bad moments. Once it is
 * quiet, they let go on what waits for a person.
 * @module
 */
import { TERMINAL_DEPLOYMENT } from "../../core/domain/deployment.ts";
import type { Engine } from "../../core/engine/engine.ts";
import type { Intervention } from "../../core/engine/intervene.ts";
import { revision } from "../rollout/letters.ts";
import type { Laws } from "./laws.ts";
import type { DeploymentSeen, Ledger } from "./ledger.ts";
import type { Network } from "./network.ts";
import { fleetFilter, isOf, type Scenario } from "./scenario.ts";
import { MINUTE, SECOND, type World } from "./world.ts";

const BY = "arn:aws:iam::000000000000:user/somebody";

/** What needs no more words. */
type Plain = Extract<Intervention, { kind: "pause" | "resume" | "approve" | "reject" | "abort" }>;

export class Operators {
  readonly #world: World;
  readonly #network: Network;
  readonly #scenario: Scenario;
  readonly #ledger: Ledger;
  readonly #laws: Laws;
  #asked = 0;
  /** Calls that are not over. */
  #open = 0;

  constructor(
    world: World,
    network: Network,
    scenario: Scenario,
    parts: { ledger: Ledger; laws: Laws },
  ) {
    this.#world = world;
    this.#network = network;
    this.#scenario = scenario;
    this.#ledger = parts.ledger;
    this.#laws = parts.laws;
  }

  /** Everything that is to be asked for has been. */
  get isDone(): boolean {
    const isAllAsked = this.#world.quiet || this.#asked >= this.#scenario.deployments;
    return isAllAsked && this.#open === 0;
  }

  start(): void {
    this.#deploy();
    this.#meddle();
  }

  #deploy(): void {
    const world = this.#world;
    if (world.quiet || this.#asked >= this.#scenario.deployments) return;
    this.#asked++;
    const { style, ignoreApplicationStopFailures, updateOutdatedInstancesOnly } = this.#scenario;
    const key = `v${world.between(1, 4)}.zip`;
    this.#ask(`deploy ${key}`, (engine) =>
      engine.createDeployment({
        applicationName: "shop",
        deploymentGroupName: "prod",
        revision: revision(key),
        ...{ ignoreApplicationStopFailures, updateOutdatedInstancesOnly },
        ...(style === "blue/green" && { targetInstances: this.#replacement() }),
      }), (id) => {
      if (!this.#ledger.row(id)) this.#laws.break("law 3", `${id} was answered and is not there`);
    });
    world.after(world.pick([20 * SECOND, 3 * MINUTE, 10 * MINUTE]), () => this.#deploy());
  }

  /** Mostly the fleet that does not serve now. */
  #replacement() {
    const live = this.#ledger.liveHosts();
    const hosts = this.#scenario.hosts.filter(({ name }) => live?.includes(name));
    const fleet = !live || hosts.some((host) => isOf("a", host)) ? "b" : "a";
    // Who serves before the first success nobody but the operators knows.
    const isMistaken = this.#world.happens(50) && live !== undefined;
    return { tagFilters: fleetFilter(isMistaken ? this.#world.pick(["a", "b"]) : fleet) };
  }

  #meddle(): void {
    const world = this.#world;
    const next = world.quiet ? MINUTE : world.between(20, 240) * SECOND;
    world.after(next, () => {
      const running = [...this.#ledger.seen.values()].find(({ status }) =>
        !TERMINAL_DEPLOYMENT.has(status)
      );
      if (running && world.quiet) this.#relieve(running);
      if (running && !world.quiet) this.#do(running.id);
      this.#meddle();
    });
  }

  #do(id: string): void {
    const world = this.#world;
    const wish = world.pick([
      ...["nothing", "nothing", "nothing", "nothing", "stop", "stop and roll back"],
      ...["ready", "ready", "termination", "termination"],
      ...[
        "pause",
        "resume",
        "resume",
        "promote",
        "promote",
        "promote all",
        "approve",
        "reject",
        "abort",
      ],
    ]);
    switch (wish) {
      case "nothing":
        return;
      case "stop":
      case "stop and roll back":
        return this.#ask(
          `${wish} ${id}`,
          (engine) => engine.stopDeployment(id, wish !== "stop"),
          () => this.#isStopped(id),
        );
      case "ready":
        return this.#ask(
          `continue ${id} (ready)`,
          (engine) => engine.continueDeployment(id, "READY_WAIT", "DeploymentNotStartedException"),
        );
      case "termination":
        return this.#ask(
          `continue ${id} (termination)`,
          (engine) =>
            engine.continueDeployment(id, "TERMINATION_WAIT", "DeploymentNotStartedException"),
        );
      case "promote":
      case "promote all":
        return this.#intervene(id, { kind: "promote", whole: wish === "promote all" });
      default:
        // because: the wishes that are none stand above.
        return this.#intervene(id, { kind: wish as Plain["kind"] });
    }
  }

  /** Nobody is left who would wait for a person. */
  #relieve({ id, progress }: DeploymentSeen): void {
    if (progress?.paused) return this.#intervene(id, { kind: "resume" });
    if (progress?.hold?.hold.kind === "pause") {
      return this.#intervene(id, { kind: "promote", whole: false });
    }
  }

  #intervene(id: string, wish: Intervention): void {
    this.#ask(`${wish.kind} ${id}`, (engine) => engine.intervene(id, wish, BY));
  }

  #isStopped(id: string): void {
    const row = this.#ledger.row(id);
    if (row && (row.stop !== null || TERMINAL_DEPLOYMENT.has(row.status))) return;
    this.#laws.break("law 3", `the stop of ${id} was answered and is not kept`);
  }

  #ask<Answer>(
    what: string,
    ask: (engine: Engine) => Promise<Answer>,
    kept: (answer: Answer) => void = () => {},
  ): void {
    this.#open++;
    this.#network.call<Answer>({
      what,
      ask: async (engine) => {
        const answer = await ask(engine);
        kept(answer);
        return answer;
      },
      answered: () => this.#open--,
      failed: (error) => {
        this.#open--;
        this.#world.say("refused:", what, String(error));
      },
    });
  }
}
