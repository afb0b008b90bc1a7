/** The plugins a server has loaded, by kind and name. @module */
import type { Strategy, TargetPlugin } from "./contract.ts";

export type Plugin = Strategy | TargetPlugin;

export interface Registry {
  strategy(name: string): Strategy | undefined;
  target(name: string): TargetPlugin | undefined;
}

/** Throws when two plugins of one kind carry the same name, naming it. */
export function createRegistry(plugins: readonly Plugin[]): Registry {
  const strategies = new Map<string, Strategy>();
  const targets = new Map<string, TargetPlugin>();
  for (const plugin of plugins) {
    const taken = plugin.kind === "strategy" ? strategies : targets;
    if (taken.has(plugin.name)) {
      throw new Error(`two ${plugin.kind} plugins are named ${plugin.name}; rename one of them`);
    }
    if (plugin.kind === "strategy") strategies.set(plugin.name, plugin);
    else targets.set(plugin.name, plugin);
  }
  return {
    strategy: (name) => strategies.get(name),
    target: (name) => targets.get(name),
  };
}
