/** AddTagsToOnPremisesInstances: all named instances or none. @module */
import { z } from "zod";
import { LIMITS } from "../../domain/limits.ts";
import { Name } from "../../domain/name.ts";
import { Tag } from "../../domain/tag.ts";
import { changeInstanceTags } from "../../store/instances.ts";
import { operation } from "../operation.ts";
import { uniqueTags } from "../unique_tags.ts";

export const addTagsToOnPremisesInstances = operation({
  name: "AddTagsToOnPremisesInstances",
  role: "deployer",
  input: z.object({
    tags: z.array(Tag).min(1),
    instanceNames: z.array(Name).min(1).max(LIMITS.taggedInstances),
  }),
  output: z.object({}),
  errors: [
    "InstanceLimitExceededException",
    "InstanceNameRequiredException",
    "InstanceNotRegisteredException",
    "InvalidInstanceNameException",
    "InvalidTagException",
    "TagLimitExceededException",
    "TagRequiredException",
  ],
  faults: {
    instanceNames: {
      missing: "InstanceNameRequiredException",
      malformed: "InvalidInstanceNameException",
      tooMany: "InstanceLimitExceededException",
    },
  },
  async run({ tags, instanceNames }, { store, quotas }) {
    const added = (own: readonly Tag[]) => uniqueTags([...own, ...tags]);
    await store.commit((tx) => changeInstanceTags(tx, instanceNames, added, quotas.instanceTags));
  },
});
