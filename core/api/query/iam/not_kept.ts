/**
 * What this server does not keep: managed policies and groups. Lists of them are empty, so that tools
 * that look before they delete a user go on; attaching one is refused, as it would grant nothing.
 * @module
 */
import { z } from "zod";
import { ROLE_TAG } from "../../../domain/instance.ts";
import { QueryError } from "../query_error.ts";
import { queryOperation } from "../query_service.ts";
import { UserName, userNamed } from "./user_input.ts";

export const listAttachedUserPolicies = queryOperation({
  name: "ListAttachedUserPolicies",
  role: "admin",
  input: z.object({ UserName }),
  run({ UserName: name }, { store }) {
    userNamed(store.read, name);
    return { AttachedPolicies: [], IsTruncated: false };
  },
});

export const listGroupsForUser = queryOperation({
  name: "ListGroupsForUser",
  role: "admin",
  input: z.object({ UserName }),
  run({ UserName: name }, { store }) {
    userNamed(store.read, name);
    return { Groups: [], IsTruncated: false };
  },
});

export const attachUserPolicy = queryOperation({
  name: "AttachUserPolicy",
  role: "admin",
  input: z.object({ UserName, PolicyArn: z.string() }),
  run({ UserName: name, PolicyArn }, { store }) {
    userNamed(store.read, name);
    throw new QueryError(
      "ValidationError",
      `PolicyArn: this server has no managed policies, and ${PolicyArn} was not attached. Say what ` +
        `${name} may do by a role: aws iam tag-user --user-name ${name} --tags ` +
        `Key=${ROLE_TAG},Value=deployer`,
    );
  },
});
