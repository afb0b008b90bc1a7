/** UntagResource: removes tags by their keys; a key that is not there is no fault (spec 1.3). @module */
import { z } from "zod";
import { Tag } from "../../domain/tag.ts";
import { removeResourceTags } from "../../store/resource_tags.ts";
import { operation } from "../operation.ts";
import {
  RESOURCE_TAG_ERRORS,
  RESOURCE_TAG_FAULTS,
  ResourceArn,
  taggedResource,
} from "../resource_tags.ts";

export const untagResource = operation({
  name: "UntagResource",
  role: "deployer",
  input: z.object({ ResourceArn, TagKeys: z.array(Tag.shape.Key).min(1) }),
  output: z.object({}),
  errors: RESOURCE_TAG_ERRORS,
  faults: RESOURCE_TAG_FAULTS,
  async run({ ResourceArn, TagKeys }, { store }) {
    await store.commit((tx) => removeResourceTags(tx, taggedResource(tx, ResourceArn), TagKeys));
  },
});
