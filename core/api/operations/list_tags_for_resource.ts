/**
 * ListTagsForResource: in the order of keys. Its exceptions do not say that a resource is missing
 * (service model), so the ARN of one is an invalid ARN.
 * @module
 */
import { z } from "zod";
import { DomainError } from "../../domain/errors.ts";
import { ResourceTag } from "../../domain/resource_tag.ts";
import type { Db } from "../../store/database.ts";
import { listResourceTags } from "../../store/resource_tags.ts";
import { nameOfToken, page } from "../next_token.ts";
import { operation } from "../operation.ts";
import { RESOURCE_TAG_FAULTS, ResourceArn, taggedResource } from "../resource_tags.ts";

export const listTagsForResource = operation({
  name: "ListTagsForResource",
  role: "viewer",
  input: z.object({ ResourceArn, NextToken: z.string().optional() }),
  output: z.object({ Tags: z.array(ResourceTag), NextToken: z.string().optional() }),
  errors: [
    "ArnNotSupportedException",
    "InvalidArnException",
    "InvalidNextTokenException",
    "ResourceArnRequiredException",
  ],
  faults: RESOURCE_TAG_FAULTS,
  run({ ResourceArn, NextToken }, { store: { read }, quotas }) {
    const id = existing(read, ResourceArn);
    const after = nameOfToken(NextToken, "NextToken");
    const { entries: Tags, nextToken } = page(
      (limit) => listResourceTags(read, id, after, limit),
      ({ Key }) => Key,
      quotas.page,
    );
    return { Tags, ...(nextToken !== undefined && { NextToken: nextToken }) };
  },
});

function existing(db: Db, arn: string): string {
  try {
    return taggedResource(db, arn);
  } catch (error) {
    if (!(error instanceof DomainError) || !error.name.endsWith("DoesNotExistException")) {
      throw error;
    }
    throw new DomainError("InvalidArnException", "ResourceArn", `ResourceArn: ${error.message}`);
  }
}
