/** CreateDeploymentGroup. @module */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { newGroupSettings } from "../../domain/group_settings.ts";
import { Name } from "../../domain/name.ts";
import { applicationNamed } from "../../store/applications.ts";
import { insertDeploymentGroup } from "../../store/deployment_groups.ts";
import { checkGroup, GROUP_FAULTS, GroupInput, ServiceRoleArn } from "../group_input.ts";
import { operation } from "../operation.ts";
import { refuseTags, RESOURCE_TAG_FAULTS, ResourceTags } from "../resource_tags.ts";

export const createDeploymentGroup = operation({
  name: "CreateDeploymentGroup",
  role: "deployer",
  input: z.object({
    ...GroupInput,
    applicationName: Name,
    deploymentGroupName: Name,
    serviceRoleArn: ServiceRoleArn,
    tags: ResourceTags,
  }),
  faults: { ...GROUP_FAULTS, ...RESOURCE_TAG_FAULTS },
  async run({ applicationName, deploymentGroupName: name, tags, ...given }, { store }) {
    refuseTags(tags);
    const id = randomUUID();
    await store.commit((tx) => {
      const application = applicationNamed(tx, applicationName);
      const settings = newGroupSettings(given, application.computePlatform);
      checkGroup(tx, settings, application.computePlatform);
      insertDeploymentGroup(tx, { id, applicationId: application.id, name, settings });
    });
    return { deploymentGroupId: id };
  },
});
