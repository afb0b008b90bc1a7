/** GetDeploymentGroup. @module */
import { z } from "zod";
import { Name } from "../../domain/name.ts";
import { applicationNamed } from "../../store/applications.ts";
import { deploymentGroupNamed } from "../../store/deployment_groups.ts";
import { deploymentGroupInfos } from "../group_view.ts";
import { operation } from "../operation.ts";

export const getDeploymentGroup = operation({
  name: "GetDeploymentGroup",
  role: "viewer",
  input: z.object({ applicationName: Name, deploymentGroupName: Name }),
  run({ applicationName, deploymentGroupName }, { store }) {
    const application = applicationNamed(store.read, applicationName);
    const group = deploymentGroupNamed(store.read, application.id, deploymentGroupName);
    const [deploymentGroupInfo] = deploymentGroupInfos(store.read, application, [group]);
    return { deploymentGroupInfo };
  },
});
