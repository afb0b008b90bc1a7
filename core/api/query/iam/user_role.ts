/**
 * What a user's keys may do: the role that the tag `runtime:role` names. Without the tag a user has
 * none, and acts as the host that is registered with its ARN. Policies are kept and shown, and grant
 * nothing: their language says more than four roles can honour.
 * @module
 */
import { z } from "zod";
import { type Role, ROLE_TAG } from "../../../domain/instance.ts";
import { Tag } from "../../../domain/tag.ts";
import { queryList } from "../flattened.ts";
import { QueryError } from "../query_error.ts";

/** Tags of one user (IAM quotas). */
export const TAGS_MAX = 50;
const TagRole = z.enum(["admin", "deployer", "viewer"]);

export const Tags = queryList(Tag).refine(
  (tags) => new Set(tags.map(({ Key }) => Key)).size === tags.length,
  "has a key twice",
);

/** Throws ValidationError for a role that there is not. */
export function roleOf(tags: readonly Tag[]): Role {
  const tag = tags.find(({ Key }) => Key === ROLE_TAG);
  if (!tag) return "none";
  const role = TagRole.safeParse(tag.Value);
  if (role.success) return role.data;
  throw new QueryError(
    "ValidationError",
    `Tags: ${ROLE_TAG} must be ${TagRole.options.join(", ")}, not "${tag.Value}".`,
  );
}

/** Throws LimitExceeded. */
export function withinTagLimit(tags: readonly Tag[]): void {
  if (tags.length <= TAGS_MAX) return;
  const message =
    `Cannot exceed quota for TagsPerUser: ${TAGS_MAX}, there would be ${tags.length}.`;
  throw new QueryError("LimitExceeded", message);
}
