/** The hosts that a blue/green deployment replaces the group's with (spec 7, DISCOVER_EXISTING). @module */
import { z } from "zod";
import { GroupSettings } from "./deployment_group.ts";

export const TargetInstances = z.object({
  tagFilters: GroupSettings.shape.ec2TagFilters,
  autoScalingGroups: z.array(z.string()).optional(),
  ec2TagSet: GroupSettings.shape.ec2TagSet,
});
export type TargetInstances = z.infer<typeof TargetInstances>;
