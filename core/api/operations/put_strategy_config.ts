/** PutStrategyConfig, which CodeDeploy does not have: a deployment config that a strategy carries out. @module */
import { randomUUID } from "node:crypto";
import { putStrategyConfig as put } from "../../store/deployment_configs.ts";
import { PutStrategyConfigInput, PutStrategyConfigOutput } from "../../wire/strategies_api.ts";
import { operation } from "../operation.ts";

export const putStrategyConfig = operation({
  name: "PutStrategyConfig",
  role: "deployer",
  input: PutStrategyConfigInput,
  output: PutStrategyConfigOutput,
  errors: [
    "DeploymentConfigAlreadyExistsException",
    "DeploymentConfigLimitExceededException",
    "DeploymentConfigNameRequiredException",
    "InvalidDeploymentConfigNameException",
    "InvalidInputException",
  ],
  async run({ deploymentConfigName: name, strategy, config }, { store, strategies, quotas, now }) {
    const chosen = { name: strategy, config };
    strategies.check(chosen);
    const made = { id: randomUUID(), name, createTime: now(), strategy: chosen };
    const id = await store.commit((tx) => put(tx, made, quotas.configs));
    return { deploymentConfigId: id };
  },
});
