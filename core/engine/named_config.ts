/**
 * Deployment configs by name. A strategy's name is good wherever a config's is: it means the strategy
 * with the config that its schema makes of nothing. A config of that name goes before it.
 * @module
 */
import {
  type ChosenStrategy,
  DEFAULT_SERVER_CONFIG,
  type DeploymentConfig,
} from "../domain/deployment_config.ts";
import { DomainError } from "../domain/errors.ts";
import type { Registry } from "../plugin/registry.ts";
import type { Db } from "../store/database.ts";
import { deploymentConfigNamed, findDeploymentConfig } from "../store/deployment_configs.ts";
import { noPlugin, readConfig } from "./plugin_config.ts";

export interface StrategyView {
  name: string;
  platform: "Server";
  description: string;
}

/** What the API may know of strategies. */
export class Strategies {
  readonly #plugins: Registry;

  constructor(plugins: Registry) {
    this.#plugins = plugins;
  }

  /** In the order of names. */
  list(): StrategyView[] {
    return this.#plugins.names("strategy").flatMap((name) => {
      const strategy = this.#plugins.get("strategy", name);
      return strategy
        ? [{ name, platform: strategy.platform, description: strategy.description }]
        : [];
    });
  }

  /** Throws InvalidInput where the strategy is not there, or the config is not one of it. */
  check({ name, config }: ChosenStrategy): void {
    const strategy = this.#plugins.get("strategy", name);
    if (!strategy) {
      const message = `strategy: ${noPlugin(this.#plugins, "strategy", name)}`;
      throw new DomainError("InvalidInputException", "strategy", message);
    }
    const read = readConfig(strategy, config);
    if (!("fault" in read)) return;
    throw new DomainError("InvalidInputException", read.path, `${read.path}: ${read.fault}`);
  }

  configNamed(db: Db, name: string): DeploymentConfig {
    return configNamed(db, this.#plugins, name);
  }
}

/**
 * Throws DeploymentConfigDoesNotExist; InvalidDeploymentConfigName for a strategy that nothing can be
 * made of without a config.
 */
export function configNamed(
  db: Db,
  plugins: Registry,
  name: string = DEFAULT_SERVER_CONFIG,
): DeploymentConfig {
  const strategy = plugins.get("strategy", name);
  const found = findDeploymentConfig(db, name);
  if (found || !strategy) return found ?? deploymentConfigNamed(db, name);
  const read = readConfig(strategy, {});
  if ("fault" in read) {
    throw new DomainError(
      "InvalidDeploymentConfigNameException",
      "deploymentConfigName",
      `deploymentConfigName: the strategy ${name} needs a config (${read.path}: ${read.fault}). ` +
        `Make one: runtime config create NAME --strategy ${name} --set KEY=VALUE`,
    );
  }
  return {
    id: `strategy:${name}`,
    name,
    computePlatform: strategy.platform,
    strategy: { name, config: {} },
  };
}
