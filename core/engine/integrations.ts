/**
 * Integrations: checked before they are kept, and found by name when a deployment needs one.
 *
 * A config is kept as it was given, and read by its plugin's schema each time, so that another
 * version of the plugin gives it its own defaults.
 * @module
 */
import { DomainError } from "../domain/errors.ts";
import type { Integration, IntegrationKind } from "../domain/integration.ts";
import type { PluginKinds, Registry } from "../plugin/registry.ts";
import type { Db } from "../store/database.ts";
import { findIntegration, listIntegrations } from "../store/integrations.ts";
import { noPlugin, readConfig, some } from "./plugin_config.ts";

/** A plugin with its config, ready to be called. */
export interface Resolved<Kind extends IntegrationKind> {
  plugin: PluginKinds[Kind];
  /** What the plugin's schema made of it. */
  config: unknown;
}

/** Why there is none: a sentence that says what is missing, and the command that mends it. */
export interface Unresolved {
  fault: string;
}

/** Throws InvalidInput where the plugin is not there, or the config is not one of the plugin's. */
export function checkIntegration(
  registry: Registry,
  { kind, plugin: pluginName, config }: Omit<Integration, "name">,
): void {
  const plugin = registry.get(kind, pluginName);
  if (!plugin) {
    const message = `plugin: ${noPlugin(registry, kind, pluginName)}`;
    throw new DomainError("InvalidInputException", "plugin", message);
  }
  const read = readConfig(plugin, config);
  if (!("fault" in read)) return;
  throw new DomainError("InvalidInputException", read.path, `${read.path}: ${read.fault}`);
}

/** The integration of that kind and name, if it can be called now. */
export function resolveIntegration<Kind extends IntegrationKind>(
  db: Db,
  registry: Registry,
  kind: Kind,
  name: string,
): Resolved<Kind> | Unresolved {
  const found = findIntegration(db, kind, name);
  if (!found) {
    const names = listIntegrations(db, kind).map((one) => one.name);
    const there = names.length === 0 ? "" : `; there is ${some(name, names)}`;
    const add = `runtime ${kind} add ${name} --plugin ${registry.names(kind)[0] ?? "PLUGIN"}`;
    return { fault: `There is no ${kind} named ${name}${there}. Add it: ${add}` };
  }
  const plugin = registry.get(kind, found.plugin);
  const again = `Set it up again: runtime ${kind} add ${name} --plugin`;
  if (!plugin) {
    const missing = noPlugin(registry, kind, found.plugin);
    return { fault: `The ${kind} ${name} cannot be called: ${missing}. ${again} PLUGIN` };
  }
  const read = readConfig(plugin, found.config);
  if ("config" in read) return { plugin, config: read.config };
  const why = `its config does not fit the plugin ${found.plugin}: ${read.path}: ${read.fault}`;
  return { fault: `The ${kind} ${name} cannot be called: ${why}. ${again} ${found.plugin}` };
}
