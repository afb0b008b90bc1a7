/** UpdateDeploymentGroup: what is left out stays, `[]` clears a list (trap 39). @module */
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { GroupSettings } from "../../domain/deployment_group.ts";
import { changedGroupSettings } from "../../domain/group_settings.ts";
import { Name } from "../../domain/name.ts";
import { applicationNamed } from "../../store/applications.ts";
import {
  changeDeploymentGroup,
  deploymentGroupNamed,
  forgetLiveHosts,
} from "../../store/deployment_groups.ts";
import {
  checkGroup,
  GROUP_ERRORS,
  GROUP_FAULTS,
  GroupInput,
  ServiceRoleArn,
} from "../group_input.ts";
import { operation } from "../operation.ts";
import { tryTriggers } from "../try_triggers.ts";
import { AutoScalingGroup } from "../shapes/deployment_group.ts";

export const updateDeploymentGroup = operation({
  name: "UpdateDeploymentGroup",
  role: "deployer",
  input: z.object({
    ...GroupInput,
    applicationName: Name,
    currentDeploymentGroupName: Name,
    newDeploymentGroupName: Name.optional(),
    serviceRoleArn: ServiceRoleArn.optional(),
  }),
  output: z.object({ hooksNotCleanedUp: z.array(AutoScalingGroup) }),
  errors: [...GROUP_ERRORS, "DeploymentGroupDoesNotExistException"],
  // An empty role is a bad one: only a new group requires it.
  faults: { ...GROUP_FAULTS, serviceRoleArn: { malformed: "InvalidRoleException" } },
  async run(
    { applicationName, currentDeploymentGroupName, newDeploymentGroupName, ...change },
    context,
  ) {
    const { store } = context;
    await store.commit((tx) => {
      const application = applicationNamed(tx, applicationName);
      const group = deploymentGroupNamed(tx, application.id, currentDeploymentGroupName);
      const settings = changedGroupSettings(group.settings, change);
      checkGroup(tx, settings, application.computePlatform, context);
      const name = newDeploymentGroupName ?? group.name;
      changeDeploymentGroup(tx, group.id, { name, settings });
      if (choosesOtherHosts(group.settings, settings)) forgetLiveHosts(tx, group.id);
      const before = group.settings.triggerConfigurations ?? [];
      tryTriggers(tx, context, { applicationName, groupName: name, before, settings });
    });
    return { hooksNotCleanedUp: [] };
  },
});

/** Whether an update names other hosts, and does not only say the same filters again. */
function choosesOtherHosts(now: GroupSettings, changed: GroupSettings): boolean {
  const filtersOf = (settings: GroupSettings) => [
    settings.onPremisesInstanceTagFilters ?? [],
    settings.onPremisesTagSet?.onPremisesTagSetList ?? [],
  ];
  return !isDeepStrictEqual(filtersOf(now), filtersOf(changed));
}
