/** DeleteDeploymentGroup: a missing application or group is no fault (trap 33). @module */
import { z } from "zod";
import { Name } from "../../domain/name.ts";
import { findApplication } from "../../store/applications.ts";
import { deleteDeploymentGroup as remove } from "../../store/deployment_groups.ts";
import { operation } from "../operation.ts";
import { AutoScalingGroup } from "../shapes/deployment_group.ts";

export const deleteDeploymentGroup = operation({
  name: "DeleteDeploymentGroup",
  role: "deployer",
  input: z.object({ applicationName: Name, deploymentGroupName: Name }),
  output: z.object({ hooksNotCleanedUp: z.array(AutoScalingGroup) }),
  errors: [
    "ApplicationNameRequiredException",
    "DeploymentGroupNameRequiredException",
    "InvalidApplicationNameException",
    "InvalidDeploymentGroupNameException",
    "InvalidRoleException",
  ],
  async run({ applicationName, deploymentGroupName }, { store }) {
    await store.commit((tx) => {
      const application = findApplication(tx, applicationName);
      if (application) remove(tx, application.id, deploymentGroupName);
    });
    return { hooksNotCleanedUp: [] };
  },
});
