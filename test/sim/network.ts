/**
 * The way between hosts, operators and the server: a message may be lost, late, or come twice, and so
 * may overtake another; and so may its answer be lost.
 * @module
 */
import type { Engine } from "../../core/engine/engine.ts";
import type { Order } from "../../core/wire/agent_protocol.ts";
import type { SimServer } from "./sim_server.ts";
import { SECOND, type World } from "./world.ts";

/** After this long nobody waits for an answer. */
const PATIENCE = 20 * SECOND;

/** What is asked, and what is done with the answer, or when none came. */
export interface Call<Answer> {
  what: string;
  ask(engine: Engine): Promise<Answer>;
  answered(answer: Answer): void;
  failed(error: unknown): void;
}

export class Network {
  /** Orders that were handed out, for somebody who listens and plays one again. */
  readonly #heard: Order[] = [];
  readonly #world: World;
  readonly #server: SimServer;
  readonly #trouble: number;

  constructor(world: World, server: SimServer, trouble: number) {
    this.#world = world;
    this.#server = server;
    this.#trouble = trouble;
  }

  call<Answer>(call: Call<Answer>): void {
    const world = this.#world;
    if (world.fails(this.#trouble)) {
      world.say("lost:", call.what);
      return world.after(PATIENCE, () => call.failed(new Error("no answer")));
    }
    world.soon(this.#latency(), () => this.#deliver(call));
    if (!world.fails(this.#trouble)) return;
    world.say("will come twice:", call.what);
    const copy = { ...call, what: `again, ${call.what}`, answered: () => {}, failed: () => {} };
    world.after(this.#latency(), () => this.#deliver(copy));
  }

  /** An order on its way to a host; now and then an old one, of whatever host, comes in its place. */
  carry(order: Order | undefined): Order | undefined {
    const isReplayed = this.#world.fails(this.#trouble / 4) && this.#heard.length > 0;
    if (order) this.#heard.push(order);
    return isReplayed ? this.#world.pick(this.#heard) : order;
  }

  #latency(): number {
    const world = this.#world;
    if (world.quiet || world.happens(600)) return 0;
    return world.happens(this.#trouble) ? world.between(SECOND, PATIENCE) : world.between(2, 60);
  }

  #deliver<Answer>({ what, ask, answered, failed }: Call<Answer>): void {
    const world = this.#world;
    const { open, engine } = this.#server;
    const later = (act: () => void) => {
      world.stir();
      world.soon(this.#latency(), act);
    };
    world.stir();
    if (!engine) return later(() => failed(new Error("the server is not there")));
    world.say("asks:", what);
    const gone = () => later(() => failed(new Error("the connection broke off")));
    open.add(gone);
    ask(engine).then(
      (answer) => {
        if (!open.delete(gone)) return;
        if (world.fails(this.#trouble)) {
          world.say("answer lost:", what);
          return world.after(PATIENCE, () => failed(new Error("no answer")));
        }
        later(() => answered(answer));
      },
      (error: unknown) => {
        if (open.delete(gone)) later(() => failed(error));
      },
    );
  }
}
