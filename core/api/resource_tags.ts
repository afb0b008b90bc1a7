/**
 * Tags on applications and deployment groups. This server keeps tags of instances only, and says so:
 * a tag that is taken and then lost is worse than a refusal.
 * @module
 */
import { z } from "zod";
import { DomainError } from "../domain/errors.ts";
import { Tag } from "../domain/tag.ts";
import type { MemberFaults } from "./member_faults.ts";

export const ResourceTags = z.array(Tag).default([]);

export const RESOURCE_TAG_FAULTS: MemberFaults = {
  tags: { malformed: "InvalidTagsToAddException" },
};

/** Throws InvalidTagsToAdd when there are any. */
export function refuseTags(tags: readonly Tag[]): void {
  if (tags.length === 0) return;
  throw new DomainError(
    "InvalidTagsToAddException",
    "tags",
    "tags: this server does not keep tags of applications and deployment groups; leave them out.",
  );
}
