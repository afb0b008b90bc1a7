/** Deployment configs: the custom ones of the store and the predefined ones as one set. @module */
import { asc, count, eq, sql } from "drizzle-orm";
import {
  type ChosenStrategy,
  type DeploymentConfig,
  PREDEFINED_CONFIGS,
} from "../domain/deployment_config.ts";
import { DomainError } from "../domain/errors.ts";
import { unlessTaken } from "./conflict.ts";
import type { Db } from "./database.ts";
import { activeDeploymentBy } from "./deployments.ts";
import type { Tx } from "./group_commit.ts";
import { applications, deploymentConfigs, deploymentGroups } from "./schema.ts";

/** Throws DeploymentConfigAlreadyExists, DeploymentConfigLimitExceeded where there are `most` already. */
export function insertDeploymentConfig(tx: Tx, config: DeploymentConfig, most: number): void {
  const { name } = config;
  if (findDeploymentConfig(tx, name)) throw taken(name);
  const held = tx.select({ n: count() }).from(deploymentConfigs).get()?.n ?? 0;
  if (held >= most) {
    throw new DomainError(
      "DeploymentConfigLimitExceededException",
      "deploymentConfigName",
      `There are ${held} deployment configs, the most there may be. Delete one that is not ` +
        `used, or start the server with --limit configs=NUMBER.`,
    );
  }
  const insert = () => tx.insert(deploymentConfigs).values({ name, config }).run();
  unlessTaken(insert, () => taken(name));
}

function taken(name: string): DomainError {
  return new DomainError(
    "DeploymentConfigAlreadyExistsException",
    "deploymentConfigName",
    `A deployment config with the name ${name} already exists`,
  );
}

/** A config that names a strategy. */
export interface StrategyConfig {
  id: string;
  name: string;
  createTime: number;
  strategy: ChosenStrategy;
}

/**
 * Makes a config for a strategy, or replaces one under its old id, which is answered. Throws
 * DeploymentConfigAlreadyExists where the name is that of a config without a strategy, and
 * DeploymentConfigLimitExceeded.
 */
export function putStrategyConfig(tx: Tx, given: StrategyConfig, most: number): string {
  const config: DeploymentConfig = { ...given, computePlatform: "Server" };
  const old = findDeploymentConfig(tx, config.name);
  if (!old) {
    insertDeploymentConfig(tx, config, most);
    return config.id;
  }
  if (!old.strategy) throw taken(config.name);
  const changed = { ...old, strategy: given.strategy };
  tx.update(deploymentConfigs).set({ config: changed })
    .where(eq(deploymentConfigs.name, config.name)).run();
  return old.id;
}

/** Configs that name a strategy, in the order of their names. */
export function listStrategyConfigs(db: Db): (DeploymentConfig & { strategy: ChosenStrategy })[] {
  const rows = db.select().from(deploymentConfigs).orderBy(asc(deploymentConfigs.name)).all();
  return rows.flatMap(({ config }) =>
    config.strategy ? [{ ...config, strategy: config.strategy }] : []
  );
}

export function findDeploymentConfig(db: Db, name: string): DeploymentConfig | undefined {
  return PREDEFINED_CONFIGS.get(name) ??
    db.select().from(deploymentConfigs).where(eq(deploymentConfigs.name, name)).get()?.config;
}

/** Throws DeploymentConfigDoesNotExist. */
export function deploymentConfigNamed(db: Db, name: string): DeploymentConfig {
  const config = findDeploymentConfig(db, name);
  if (config) return config;
  throw new DomainError(
    "DeploymentConfigDoesNotExistException",
    "deploymentConfigName",
    `No Deployment Configuration found for name: ${name}`,
  );
}

/** Predefined names first, then custom ones in their own order; those after `after`. */
export function listDeploymentConfigNames(
  db: Db,
  after: string | undefined,
  limit: number,
): string[] {
  const predefined = [...PREDEFINED_CONFIGS.keys()];
  const custom = db.select({ name: deploymentConfigs.name }).from(deploymentConfigs)
    .orderBy(asc(deploymentConfigs.name)).all().map((row) => row.name);
  const at = after === undefined ? -1 : predefined.indexOf(after);
  const left = after === undefined || at >= 0
    ? [...predefined.slice(at + 1), ...custom]
    : custom.filter((name) => name > after);
  return left.slice(0, limit);
}

/** Throws DeploymentConfigInUse, naming its user; a config that is not there is no fault. */
export function deleteDeploymentConfig(tx: Tx, name: string): void {
  const user = tx.select({ application: applications.name, group: deploymentGroups.name })
    .from(deploymentGroups)
    .innerJoin(applications, eq(applications.id, deploymentGroups.applicationId))
    .where(sql`json_extract(${deploymentGroups.settings}, '$.deploymentConfigName') = ${name}`)
    .limit(1).get();
  if (user) {
    throw inUse(
      name,
      `the deployment group ${user.group} of ${user.application}; give the group another config ` +
        `first.`,
    );
  }
  const deployment = activeDeploymentBy(tx, name);
  if (deployment) {
    throw inUse(name, `the deployment ${deployment}, which has not ended; wait for it or stop it.`);
  }
  tx.delete(deploymentConfigs).where(eq(deploymentConfigs.name, name)).run();
}

function inUse(name: string, user: string): DomainError {
  return new DomainError(
    "DeploymentConfigInUseException",
    "deploymentConfigName",
    `The deployment config ${name} is used by ${user}`,
  );
}
