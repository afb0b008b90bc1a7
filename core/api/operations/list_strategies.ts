/** ListStrategies, which CodeDeploy does not have: ways to take a fleet, and configs made of them. @module */
import { listStrategyConfigs } from "../../store/deployment_configs.ts";
import { ListStrategiesInput, ListStrategiesOutput } from "../../wire/strategies_api.ts";
import { operation } from "../operation.ts";

export const listStrategies = operation({
  name: "ListStrategies",
  role: "viewer",
  input: ListStrategiesInput,
  output: ListStrategiesOutput,
  errors: [],
  run(_input, { store, strategies }) {
    const configs = listStrategyConfigs(store.read).map(({ name, strategy }) => ({
      deploymentConfigName: name,
      strategy: strategy.name,
      config: strategy.config,
    }));
    return { strategies: strategies.list(), configs };
  },
});
