/** A release that replaces the application of one host after the other, under load. @module */
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import type { BalancedHost, Balancer } from "../../../core/plugin/contract.ts";
import { type Load, startLoad } from "./load.ts";
import { type Backend, DEPLOYMENT, step } from "./programs.ts";

/** The balancer with a config as its plugin reads it, to be called for one host. */
export function setUp(
  balancer: Balancer,
  given: Record<string, unknown>,
  context = () => step().ctx,
) {
  const config = balancer.config.parse(given);
  const act =
    (name: "block" | "allow" | "check") => ({ host }: { host: BalancedHost }, ctx = context()) =>
      balancer[name]({ host, config, deployment: DEPLOYMENT, ctx });
  return { block: act("block"), allow: act("allow"), check: act("check") };
}

/** Kills and restarts every application while its host is out of the balancer; answers the load. */
export async function rollAll(
  balancer: Balancer,
  config: Record<string, unknown>,
  world: World,
  context = () => step().ctx,
): Promise<Load> {
  const { block, allow, check } = setUp(balancer, config, context);
  return await underLoad(world, async (backend, load) => {
    const { name } = backend.host;
    await check(backend);
    await block(backend);
    const before = load.served.get(name);
    await backend.kill();
    await setTimeout(100);
    await backend.start();
    assert.equal(load.served.get(name), before, `${name} served while it was out`);
    // As after a crash of the server.
    await block(backend);
    await allow(backend);
    await allow(backend);
  });
}

/** The same without a balancer that knows of it; answers the load. */
export async function replaceUntold(world: World): Promise<Load> {
  return await underLoad(world, async (backend) => {
    await backend.kill();
    await setTimeout(100);
    await backend.start();
  });
}

export interface World {
  /** The balancer's. */
  readonly port: number;
  readonly backends: readonly Backend[];
}

/** One host after the other, each serving before and afterwards. */
async function underLoad(
  { port, backends }: World,
  replace: (backend: Backend, load: Load) => Promise<void>,
): Promise<Load> {
  const load = startLoad(port);
  try {
    for (const backend of backends) {
      await servedBy(load, backend.host.name);
      await replace(backend, load);
      await servedBy(load, backend.host.name);
    }
  } finally {
    await load.stop();
  }
  return load;
}

/** Settles when the host has served again. */
export async function servedBy(load: Load, name: string): Promise<void> {
  const before = load.served.get(name) ?? 0;
  for (let look = 0; (load.served.get(name) ?? 0) <= before + 3; look++) {
    assert.ok(look < 1000, `${name} serves nothing; others do: ${[...load.served]}`);
    await setTimeout(10);
  }
}
