/**
 * The server of a history: the real engine on a clock that the history moves. It ends between any two
 * steps, with all that it has not written, and another one begins on the same disk.
 * @module
 */
import { generateKeyPairSync } from "node:crypto";
import { DomainError } from "../../core/domain/errors.ts";
import { DEFAULT_REALM } from "../../core/domain/identity.ts";
import { AWS_QUOTAS } from "../../core/domain/quotas.ts";
import type { BusyGroup } from "../../core/domain/group_policy.ts";
import type { EngineContext } from "../../core/engine/context.ts";
import { LeaseLost } from "../../core/engine/ownership.ts";
import { Engine } from "../../core/engine/engine.ts";
import { createPluginContext } from "../../core/plugin/plugin_context.ts";
import type { Registry } from "../../core/plugin/registry.ts";
import { HOST_CLOCKS } from "../../core/rollout/host_clock.ts";
import { type Disk, ServerDisk } from "./disk.ts";
import { MINUTE, SECOND, type World } from "./world.ts";

const { privateKey: ORDER_KEY } = generateKeyPairSync("ed25519");

export interface ServerParts {
  world: World;
  disk: Disk;
  plugins: Registry;
  busyGroup: BusyGroup;
  /** A group of writes is in the database. */
  written(): void;
  /** The process is gone, and whatever it had asked others for. */
  ended(): void;
  /** The engine met an error that nobody waits for, and that is none of the disk's. */
  unforeseen(error: unknown, doing: string): void;
}

export class SimServer {
  readonly #parts: ServerParts;
  #engine: Engine | undefined;
  #disk: ServerDisk | undefined;
  /** Calls that are under way; what each does when the process ends. */
  readonly open = new Set<() => void>();
  crashes = 0;

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  /** The engine, while the process is there. */
  get engine(): Engine | undefined {
    return this.#engine;
  }

  start(): void {
    if (this.#engine) return;
    const { world, disk, written } = this.#parts;
    world.say("server: starts");
    const own = new ServerDisk(disk, world, { written, hangs: () => this.#hangs() });
    const engine = new Engine(this.#context(own));
    this.#disk = own;
    this.#engine = engine;
    engine.start();
    world.stir();
    this.#tick(engine, SECOND);
  }

  /** What was not written is lost, and so is who was waiting for an answer. */
  crash(): void {
    const engine = this.#engine;
    if (!engine) return;
    const { world, ended } = this.#parts;
    this.crashes++;
    world.say("server: ends");
    this.#engine = undefined;
    this.#disk?.close();
    engine.close();
    ended();
    world.stir();
    for (const fail of [...this.open]) fail();
    this.open.clear();
    world.after(world.quiet ? SECOND : world.between(SECOND, 2 * MINUTE), () => this.start());
  }

  /** Ends for good. */
  close(): void {
    this.#disk?.close();
    this.#engine?.close();
    this.#engine = undefined;
    this.#parts.ended();
  }

  /** Somebody ends a process that answers nothing. */
  #hangs(): void {
    const { world } = this.#parts;
    const engine = this.#engine;
    world.after(world.between(SECOND, 3 * MINUTE), () => {
      if (this.#engine === engine) this.crash();
    });
  }

  #tick(engine: Engine, ms: number): void {
    const { world } = this.#parts;
    world.after(ms, () => {
      if (this.#engine !== engine) return;
      engine.tick();
      world.stir();
      const next = world.quiet ? Math.min(ms * 2, 2 * MINUTE) : world.pick([1, 5, 15, 60]) * SECOND;
      this.#tick(engine, next);
    });
  }

  #context(store: ServerDisk): EngineContext {
    const { world, plugins, busyGroup, unforeseen } = this.#parts;
    const now = () => world.now;
    return {
      ...{ store, plugins, busyGroup, now },
      realm: DEFAULT_REALM,
      quotas: AWS_QUOTAS,
      orderKey: ORDER_KEY,
      owner: `server ${this.crashes}`,
      isSoleServer: true,
      clocks: HOST_CLOCKS,
      timeLapse: 1,
      githubToken: () => undefined,
      findArtifact: () => undefined,
      pluginContext: (signal, log) =>
        createPluginContext({ signal, log, now, timeLapse: 1, secretsFolder: "none" }),
      randomBytes: (length) => world.bytes(length),
      report(error, doing) {
        // Whatever a process says once it has ended, nobody hears.
        if (isForeseen(error) || store.isOver) world.say("server:", doing, String(error));
        else unforeseen(error, doing);
      },
    };
  }
}

/** Of a full disk, of a wish that came too late, or of an end that was asked for twice at once. */
function isForeseen(error: unknown): boolean {
  return error instanceof DomainError || error instanceof LeaseLost ||
    (error instanceof Error && error.message === "the disk is full");
}
