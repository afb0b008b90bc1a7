/** CreateDeploymentConfig: hosts for Server, traffic for Lambda and ECS. @module */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import {
  type DeploymentConfig,
  MinimumHealthyHosts,
  TrafficRoutingConfig,
  ZonalConfig,
} from "../../domain/deployment_config.ts";
import { DomainError, type ErrorName } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import { ComputePlatform, CustomConfigName } from "../../domain/name.ts";
import { insertDeploymentConfig } from "../../store/deployment_configs.ts";
import { operation } from "../operation.ts";

const Input = z.object({
  deploymentConfigName: CustomConfigName,
  minimumHealthyHosts: MinimumHealthyHosts.optional(),
  trafficRoutingConfig: TrafficRoutingConfig.optional(),
  computePlatform: ComputePlatform.default("Server"),
  zonalConfig: ZonalConfig.optional(),
});
type Input = z.output<typeof Input>;

export const createDeploymentConfig = operation({
  name: "CreateDeploymentConfig",
  role: "deployer",
  input: Input,
  output: z.object({ deploymentConfigId: z.string() }),
  errors: [
    "DeploymentConfigAlreadyExistsException",
    "DeploymentConfigLimitExceededException",
    "DeploymentConfigNameRequiredException",
    "InvalidComputePlatformException",
    "InvalidDeploymentConfigNameException",
    "InvalidMinimumHealthyHostValueException",
    "InvalidTrafficRoutingConfigurationException",
    "InvalidZonalDeploymentConfigurationException",
  ],
  async run(input, { store, quotas, now }) {
    if (input.computePlatform === "Server") checkServer(input);
    else checkTraffic(input);
    const { minimumHealthyHosts, trafficRoutingConfig, zonalConfig } = input;
    const config: DeploymentConfig = {
      id: randomUUID(),
      name: input.deploymentConfigName,
      computePlatform: input.computePlatform,
      createTime: now(),
      ...(minimumHealthyHosts && { minimumHealthyHosts }),
      ...(trafficRoutingConfig && { trafficRoutingConfig }),
      ...(zonalConfig && { zonalConfig }),
    };
    await store.commit((tx) => insertDeploymentConfig(tx, config, quotas.configs));
    return { deploymentConfigId: config.id };
  },
});

function checkServer({ minimumHealthyHosts, trafficRoutingConfig }: Input): void {
  if (!minimumHealthyHosts) {
    throw refusal(
      "InvalidMinimumHealthyHostValueException",
      "minimumHealthyHosts",
      "a config for Server needs it",
    );
  }
  if (trafficRoutingConfig) {
    throw refusal(
      "InvalidTrafficRoutingConfigurationException",
      "trafficRoutingConfig",
      "a config for Server has none; it is for Lambda and ECS",
    );
  }
}

function checkTraffic(input: Input): void {
  const { computePlatform, minimumHealthyHosts, trafficRoutingConfig, zonalConfig } = input;
  if (minimumHealthyHosts) {
    throw refusal(
      "InvalidMinimumHealthyHostValueException",
      "minimumHealthyHosts",
      `a config for ${computePlatform} has none; it is for Server`,
    );
  }
  if (zonalConfig) {
    throw refusal(
      "InvalidZonalDeploymentConfigurationException",
      "zonalConfig",
      `a config for ${computePlatform} has none; it is for Server`,
    );
  }
  const name = "InvalidTrafficRoutingConfigurationException";
  if (!trafficRoutingConfig) {
    throw refusal(name, "trafficRoutingConfig", `a config for ${computePlatform} needs it`);
  }
  if (trafficRoutingConfig.type !== "TimeBasedLinear") return;
  const { linearPercentage, linearInterval } = trafficRoutingConfig.timeBasedLinear;
  const minutes = (Math.ceil(100 / linearPercentage) - 1) * linearInterval;
  if (minutes > LIMITS.trafficShiftMinutes) {
    throw refusal(
      name,
      "trafficRoutingConfig.timeBasedLinear",
      `the last shift would come ${minutes} minutes after the first, at most ` +
        `${LIMITS.trafficShiftMinutes} are allowed`,
    );
  }
}

function refusal(name: ErrorName, field: string, reason: string): DomainError {
  return new DomainError(name, field, `${field}: ${reason}`);
}
