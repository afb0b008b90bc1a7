/** RemoveTagsFromOnPremisesInstances: by key, and by value where one is given; all instances or none. @module */
import { z } from "zod";
import { DomainError } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import { Name } from "../../domain/name.ts";
import { Tag } from "../../domain/tag.ts";
import { changeInstanceTags } from "../../store/instances.ts";
import { operation } from "../operation.ts";

const Unwanted = z.object({ Key: Tag.shape.Key, Value: z.string().max(256).optional() });
type Unwanted = z.output<typeof Unwanted>;

export const removeTagsFromOnPremisesInstances = operation({
  name: "RemoveTagsFromOnPremisesInstances",
  role: "deployer",
  input: z.object({
    tags: z.array(Unwanted).min(1),
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
    if (tags.length > quotas.instanceTags) throw tooMany(tags.length, quotas.instanceTags);
    const unwanted = (own: Tag) => tags.some((tag) => isSame(tag, own));
    const left = (own: readonly Tag[]) => own.filter((tag) => !unwanted(tag));
    // What is left may still be more than there may be now: the limit was another one before.
    await store.commit((tx) => changeInstanceTags(tx, instanceNames, left, Infinity));
  },
});

function tooMany(count: number, most: number): DomainError {
  return new DomainError(
    "TagLimitExceededException",
    "tags",
    `tags: has ${count} entries; an instance has at most ${most} tags`,
  );
}

function isSame(unwanted: Unwanted, own: Tag): boolean {
  return unwanted.Key === own.Key && (!unwanted.Value || unwanted.Value === own.Value);
}
