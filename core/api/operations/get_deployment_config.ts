/** GetDeploymentConfig, custom or predefined. @module */
import { z } from "zod";
import { Name } from "../../domain/name.ts";
import { epochSeconds } from "../epoch_seconds.ts";
import { operation } from "../operation.ts";
import { DeploymentConfigInfo } from "../shapes/deployment_config.ts";

export const getDeploymentConfig = operation({
  name: "GetDeploymentConfig",
  role: "viewer",
  input: z.object({ deploymentConfigName: Name }),
  output: z.object({ deploymentConfigInfo: DeploymentConfigInfo }),
  errors: [
    "DeploymentConfigDoesNotExistException",
    "DeploymentConfigNameRequiredException",
    "InvalidComputePlatformException",
    "InvalidDeploymentConfigNameException",
  ],
  run({ deploymentConfigName }, { store, strategies }) {
    const config = strategies.configNamed(store.read, deploymentConfigName);
    return {
      deploymentConfigInfo: {
        deploymentConfigId: config.id,
        deploymentConfigName: config.name,
        minimumHealthyHosts: config.minimumHealthyHosts,
        createTime: epochSeconds(config.createTime),
        computePlatform: config.computePlatform,
        trafficRoutingConfig: config.trafficRoutingConfig,
        zonalConfig: config.zonalConfig,
      },
    };
  },
});
