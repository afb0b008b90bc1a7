/**
 * Operations on strategies, with target `Runtime_20261125.<Operation>`: which there are, and
 * deployment configs that name one with a config of its own.
 * @module
 */
import { z } from "zod";
import { IntegrationConfig } from "../domain/integration.ts";
import { ComputePlatform, CustomConfigName } from "../domain/name.ts";

/**
 * PutStrategyConfig (deployer): makes a deployment config that a strategy carries out, or replaces
 * it; deployments under way keep what they began with. GetDeploymentConfig, groups and
 * CreateDeployment know it by its name, DeleteDeploymentConfig deletes it.
 */
export const PutStrategyConfigInput = z.object({
  deploymentConfigName: CustomConfigName,
  strategy: z.string().min(1),
  /** As the strategy wants it; what is left out has the strategy's default. */
  config: IntegrationConfig.default({}),
});
export const PutStrategyConfigOutput = z.object({ deploymentConfigId: z.string() });

/** ListStrategies (viewer): strategies and the deployment configs that name one, by their names. */
export const ListStrategiesInput = z.object({});
export const ListStrategiesOutput = z.object({
  /** Each is good as a deploymentConfigName too, where it can do without a config. */
  strategies: z.array(z.object({
    name: z.string(),
    platform: ComputePlatform,
    description: z.string(),
  })),
  configs: z.array(z.object({
    deploymentConfigName: z.string(),
    strategy: z.string(),
    /** As it was given. */
    config: z.unknown(),
  })),
});
export type ListStrategiesOutput = z.infer<typeof ListStrategiesOutput>;
