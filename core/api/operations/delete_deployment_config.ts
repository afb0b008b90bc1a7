/** DeleteDeploymentConfig: refused while it is used; a missing one is no fault (trap 33). @module */
import { z } from "zod";
import { DomainError } from "../../domain/errors.ts";
import { Name, PREDEFINED_CONFIG_PREFIX } from "../../domain/name.ts";
import { deleteDeploymentConfig as remove } from "../../store/deployment_configs.ts";
import { operation } from "../operation.ts";

export const deleteDeploymentConfig = operation({
  name: "DeleteDeploymentConfig",
  role: "deployer",
  input: z.object({ deploymentConfigName: Name }),
  output: z.object({}),
  errors: [
    "DeploymentConfigInUseException",
    "DeploymentConfigNameRequiredException",
    "InvalidDeploymentConfigNameException",
    "InvalidOperationException",
  ],
  async run({ deploymentConfigName }, { store }) {
    if (deploymentConfigName.startsWith(PREDEFINED_CONFIG_PREFIX)) {
      throw new DomainError(
        "InvalidOperationException",
        "deploymentConfigName",
        `${deploymentConfigName} is a predefined config; those cannot be deleted.`,
      );
    }
    await store.commit((tx) => remove(tx, deploymentConfigName));
  },
});
