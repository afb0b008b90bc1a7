/** BatchGetDeploymentGroups: unknown groups are left out and named in `errorMessage`. @module */
import { z } from "zod";
import { LIMITS } from "../../domain/limits.ts";
import { Name } from "../../domain/name.ts";
import { applicationNamed } from "../../store/applications.ts";
import { deploymentGroupsNamed } from "../../store/deployment_groups.ts";
import { deploymentGroupInfos } from "../group_view.ts";
import { operation } from "../operation.ts";
import { DeploymentGroupInfo } from "../shapes/deployment_group.ts";

export const batchGetDeploymentGroups = operation({
  name: "BatchGetDeploymentGroups",
  role: "viewer",
  input: z.object({
    applicationName: Name,
    deploymentGroupNames: z.array(Name).min(1).max(LIMITS.batch),
  }),
  output: z.object({
    deploymentGroupsInfo: z.array(DeploymentGroupInfo),
    errorMessage: z.string().optional(),
  }),
  errors: [
    "ApplicationDoesNotExistException",
    "ApplicationNameRequiredException",
    "BatchLimitExceededException",
    "DeploymentConfigDoesNotExistException",
    "DeploymentGroupNameRequiredException",
    "InvalidApplicationNameException",
    "InvalidDeploymentGroupNameException",
  ],
  run({ applicationName, deploymentGroupNames }, { store }) {
    const application = applicationNamed(store.read, applicationName);
    const groups = deploymentGroupsNamed(store.read, application.id, deploymentGroupNames);
    const known = new Set(groups.map(({ name }) => name));
    const unknown = deploymentGroupNames.filter((name) => !known.has(name));
    return {
      deploymentGroupsInfo: deploymentGroupInfos(store.read, application, groups),
      errorMessage: unknown.length === 0
        ? undefined
        : `No Deployment Group found for name: ${unknown.join(", ")}`,
    };
  },
});
