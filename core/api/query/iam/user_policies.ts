/**
 * Inline policies of users. They are kept as they are given, so that tools that put and read them go
 * on working; what a user may do is said by its role (`user_role.ts`).
 * @module
 */
import { z } from "zod";
import {
  deleteUserPolicy as removePolicy,
  listUserPolicies as readPolicies,
  putUserPolicy as writePolicy,
} from "../../../store/users.ts";
import { QueryError } from "../query_error.ts";
import { queryOperation } from "../query_service.ts";
import { PolicyName, UserName, userNamed } from "./user_input.ts";

/** Characters of a user's policies together, white space not counted (IAM quotas). */
const POLICIES_MAX = 2048;

const Statement = z.looseObject({ Effect: z.enum(["Allow", "Deny"]) });
const PolicyDocument = z.looseObject({
  Version: z.enum(["2012-10-17", "2008-10-17"]).optional(),
  Statement: z.union([Statement, z.array(Statement).min(1)]),
});

export const putUserPolicy = queryOperation({
  name: "PutUserPolicy",
  role: "admin",
  input: z.object({ UserName, PolicyName, PolicyDocument: z.string().min(1).max(131_072) }),
  async run({ UserName: user, PolicyName: name, PolicyDocument: document }, { store }) {
    mustBePolicy(document);
    await store.commit((tx) => {
      userNamed(tx, user);
      writePolicy(tx, { user, name, document });
      const size = readPolicies(tx, user)
        .reduce((sum, policy) => sum + policy.document.replaceAll(/\s/g, "").length, 0);
      if (size <= POLICIES_MAX) return;
      throw new QueryError(
        "LimitExceeded",
        `Maximum policy size of ${POLICIES_MAX} bytes exceeded for user ${user}`,
      );
    });
  },
});

export const getUserPolicy = queryOperation({
  name: "GetUserPolicy",
  role: "admin",
  input: z.object({ UserName, PolicyName }),
  run({ UserName: user, PolicyName: name }, { store }) {
    userNamed(store.read, user);
    const policy = readPolicies(store.read, user).find((one) => one.name === name);
    if (!policy) throw noPolicy(name);
    // Percent-encoded, as IAM answers it and SDKs decode it.
    return {
      UserName: user,
      PolicyName: name,
      PolicyDocument: encodeURIComponent(policy.document),
    };
  },
});

export const listUserPolicies = queryOperation({
  name: "ListUserPolicies",
  role: "admin",
  input: z.object({ UserName }),
  run({ UserName: user }, { store }) {
    userNamed(store.read, user);
    return {
      PolicyNames: readPolicies(store.read, user).map(({ name }) => name),
      IsTruncated: false,
    };
  },
});

export const deleteUserPolicy = queryOperation({
  name: "DeleteUserPolicy",
  role: "admin",
  input: z.object({ UserName, PolicyName }),
  async run({ UserName: user, PolicyName: name }, { store }) {
    await store.commit((tx) => {
      userNamed(tx, user);
      if (!removePolicy(tx, user, name)) throw noPolicy(name);
    });
  },
});

function mustBePolicy(document: string): void {
  let json: unknown;
  try {
    json = JSON.parse(document);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw malformed(`it is not JSON: ${reason}`);
  }
  const parsed = PolicyDocument.safeParse(json);
  if (parsed.success) return;
  const [issue] = parsed.error.issues;
  throw malformed(`${issue?.path.join(".")}: ${issue?.message}`);
}

function malformed(reason: string): QueryError {
  return new QueryError("MalformedPolicyDocument", `Syntax errors in policy: ${reason}.`);
}

function noPolicy(name: string): QueryError {
  return new QueryError("NoSuchEntity", `The user policy with name ${name} cannot be found.`);
}
