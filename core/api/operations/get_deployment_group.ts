/** GetDeploymentGroup. @module */
import { z } from "zod";
import { Name } from "../../domain/name.ts";
import { applicationNamed } from "../../store/applications.ts";
import { deploymentGroupNamed } from "../../store/deployment_groups.ts";
import { deploymentGroupInfo } from "../group_view.ts";
import { operation } from "../operation.ts";
import { DeploymentGroupInfo } from "../shapes/deployment_group.ts";

export const getDeploymentGroup = operation({
  name: "GetDeploymentGroup",
  role: "viewer",
  input: z.object({ applicationName: Name, deploymentGroupName: Name }),
  output: z.object({ deploymentGroupInfo: DeploymentGroupInfo }),
  errors: [
    "ApplicationDoesNotExistException",
    "ApplicationNameRequiredException",
    "DeploymentConfigDoesNotExistException",
    "DeploymentGroupDoesNotExistException",
    "DeploymentGroupNameRequiredException",
    "InvalidApplicationNameException",
    "InvalidDeploymentGroupNameException",
  ],
  run({ applicationName, deploymentGroupName }, { store }) {
    const application = applicationNamed(store.read, applicationName);
    const group = deploymentGroupNamed(store.read, application.id, deploymentGroupName);
    return { deploymentGroupInfo: deploymentGroupInfo(store.read, application, group) };
  },
});
