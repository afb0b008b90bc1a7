/** TagResource: adds tags to an application or deployment group, each in place of its key's. @module */
import { z } from "zod";
import { ResourceTags } from "../../domain/resource_tag.ts";
import { putResourceTags } from "../../store/resource_tags.ts";
import { operation } from "../operation.ts";
import {
  RESOURCE_TAG_ERRORS,
  RESOURCE_TAG_FAULTS,
  ResourceArn,
  taggedResource,
} from "../resource_tags.ts";

export const tagResource = operation({
  name: "TagResource",
  role: "deployer",
  input: z.object({ ResourceArn, Tags: ResourceTags.min(1) }),
  output: z.object({}),
  errors: RESOURCE_TAG_ERRORS,
  faults: RESOURCE_TAG_FAULTS,
  async run({ ResourceArn, Tags }, { store, quotas }) {
    await store.commit((tx) =>
      putResourceTags(tx, taggedResource(tx, ResourceArn), Tags, quotas.resourceTags)
    );
  },
});
