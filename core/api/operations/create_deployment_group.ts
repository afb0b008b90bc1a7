/** CreateDeploymentGroup. @module */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { newGroupSettings } from "../../domain/group_settings.ts";
import { Name } from "../../domain/name.ts";
import { applicationNamed } from "../../store/applications.ts";
import { insertDeploymentGroup } from "../../store/deployment_groups.ts";
import { putResourceTags } from "../../store/resource_tags.ts";
import {
  checkGroup,
  GROUP_ERRORS,
  GROUP_FAULTS,
  GroupInput,
  ServiceRoleArn,
} from "../group_input.ts";
import { operation } from "../operation.ts";
import { tryTriggers } from "../try_triggers.ts";
import { RESOURCE_TAG_FAULTS, ResourceTags } from "../resource_tags.ts";

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
  output: z.object({ deploymentGroupId: z.string() }),
  errors: [
    ...GROUP_ERRORS,
    "DeploymentGroupLimitExceededException",
    "InvalidTagsToAddException",
    "RoleRequiredException",
  ],
  faults: { ...GROUP_FAULTS, ...RESOURCE_TAG_FAULTS },
  async run({ applicationName, deploymentGroupName: name, tags, ...given }, context) {
    const { store, quotas } = context;
    const id = randomUUID();
    await store.commit((tx) => {
      const application = applicationNamed(tx, applicationName);
      const settings = newGroupSettings(given, application.computePlatform);
      checkGroup(tx, settings, application.computePlatform, context);
      const group = { id, applicationId: application.id, name, settings };
      insertDeploymentGroup(tx, group, quotas.groups);
      putResourceTags(tx, id, tags, quotas.resourceTags);
      tryTriggers(tx, context, { applicationName, groupName: name, before: [], settings });
    });
    return { deploymentGroupId: id };
  },
});
