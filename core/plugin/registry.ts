/** The plugins a server has loaded, by kind and name. @module */
import type { Alarm, Analysis, Balancer, Strategy, TargetPlugin } from "./contract.ts";

export interface PluginKinds {
  strategy: Strategy;
  target: TargetPlugin;
  balancer: Balancer;
  alarm: Alarm;
  analysis: Analysis;
}
export type PluginKind = keyof PluginKinds;
export type Plugin = PluginKinds[PluginKind];

export interface Registry {
  get<Kind extends PluginKind>(kind: Kind, name: string): PluginKinds[Kind] | undefined;
  /** In alphabetical order. */
  names(kind: PluginKind): string[];
}

/** Throws when two plugins of one kind carry the same name, naming it. */
export function createRegistry(plugins: readonly Plugin[]): Registry {
  const known = new Map<string, Plugin>();
  for (const plugin of plugins) {
    const key = `${plugin.kind}:${plugin.name}`;
    if (known.has(key)) {
      throw new Error(`two ${plugin.kind} plugins are named ${plugin.name}; rename one of them`);
    }
    known.set(key, plugin);
  }
  return {
    get: <Kind extends PluginKind>(kind: Kind, name: string) =>
      // because: the key begins with the kind, so what it leads to is of that kind.
      known.get(`${kind}:${name}`) as PluginKinds[Kind] | undefined,
    names: (kind) =>
      [...known.values()].filter((plugin) => plugin.kind === kind).map(({ name }) => name).sort(),
  };
}
