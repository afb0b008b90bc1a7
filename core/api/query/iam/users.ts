/** CreateUser, GetUser, ListUsers, DeleteUser, and the tags of users. @module */
import { z } from "zod";
import type { Realm } from "../../../domain/identity.ts";
import type { Caller } from "../../../domain/instance.ts";
import type { Tag } from "../../../domain/tag.ts";
import {
  deleteUser as removeUser,
  findUserByArn,
  insertUser,
  listUserPolicies,
  listUsers as readUsers,
  setUserTags,
  type User,
} from "../../../store/users.ts";
import type { ApiContext } from "../../context.ts";
import { queryList } from "../flattened.ts";
import { principalOf, userId } from "../principal.ts";
import { QueryError } from "../query_error.ts";
import { queryOperation } from "../query_service.ts";
import { keyOfCaller } from "../sts/new_session.ts";
import {
  afterMarker,
  keepAnAdmin,
  NewUserName,
  PAGE,
  pageEnd,
  Path,
  UserName,
  userNamed,
} from "./user_input.ts";
import { roleOf, Tags, withinTagLimit } from "./user_role.ts";

const noBoundary = z.undefined("this server has no permissions boundaries; leave it out")
  .optional();

export const createUser = queryOperation({
  name: "CreateUser",
  role: "admin",
  input: z.object({
    UserName: NewUserName,
    Path: Path.default("/"),
    Tags: Tags.default([]),
    PermissionsBoundary: noBoundary,
  }),
  async run({ UserName: name, Path: path, Tags: tags }, { store, realm, now }) {
    withinTagLimit(tags);
    roleOf(tags);
    const user = { name, path, arn: userArn(realm, path, name), tags, createTime: now() };
    await store.commit((tx) => {
      if (insertUser(tx, user)) return;
      throw new QueryError("EntityAlreadyExists", `User with name ${name} already exists.`);
    });
    return { User: userView(user, "tagged") };
  },
});

export const getUser = queryOperation({
  name: "GetUser",
  role: "anyone",
  input: z.object({ UserName: UserName.optional() }),
  run({ UserName: name }, context, { caller }) {
    const { read } = context.store;
    const own = findUserByArn(read, caller.arn);
    const asksForOther = name !== undefined && name.toLowerCase() !== own?.name.toLowerCase();
    if (asksForOther && caller.role !== "admin") {
      const what = "is not authorized to perform: iam:GetUser on another user.";
      throw new QueryError("AccessDenied", `User: ${caller.arn} ${what}`);
    }
    if (name !== undefined) return { User: userView(userNamed(read, name), "tagged") };
    return { User: own ? userView(own, "tagged") : unlistedCaller(context, caller) };
  },
});

/** A key that no user has: of a host that joined, or of a role's session. */
function unlistedCaller(
  context: ApiContext,
  caller: Caller,
) {
  const { arn } = caller;
  const principal = principalOf(arn);
  if (principal.kind === "session") {
    const message = "Must specify userName when calling with non-User credentials";
    throw new QueryError("ValidationError", message);
  }
  return {
    Path: principal.path,
    UserName: principal.name,
    UserId: principal.id,
    Arn: arn,
    CreateDate: new Date(keyOfCaller(context, caller).createTime),
  };
}

export const listUsers = queryOperation({
  name: "ListUsers",
  role: "admin",
  input: z.object({ PathPrefix: z.string().max(512).default("/"), ...PAGE }),
  run({ PathPrefix: pathPrefix, Marker, MaxItems }, { store }) {
    const found = readUsers(store.read, { pathPrefix, after: afterMarker(Marker) }, MaxItems + 1);
    const page = found.slice(0, MaxItems);
    return {
      Users: page.map((user) => userView(user)),
      ...pageEnd(found.length > MaxItems ? page.at(-1)?.name : undefined),
    };
  },
});

export const deleteUser = queryOperation({
  name: "DeleteUser",
  role: "admin",
  input: z.object({ UserName }),
  async run({ UserName: name }, { store, keys }) {
    await store.commit((tx) => {
      const { arn } = userNamed(tx, name);
      if (keys.lastingKeysOf(tx, arn).length > 0) throw conflict("access keys");
      if (listUserPolicies(tx, name).length > 0) throw conflict("policies");
      removeUser(tx, name);
    });
  },
});

export const tagUser = queryOperation({
  name: "TagUser",
  role: "admin",
  input: z.object({ UserName, Tags }),
  async run({ UserName: name, Tags: given }, context) {
    const keysGiven = new Set(given.map(({ Key }) => Key));
    await changeTags(context, name, (tags) => [
      ...tags.filter(({ Key }) => !keysGiven.has(Key)),
      ...given,
    ]);
  },
});

export const untagUser = queryOperation({
  name: "UntagUser",
  role: "admin",
  input: z.object({ UserName, TagKeys: queryList(z.string()) }),
  async run({ UserName: name, TagKeys }, context) {
    await changeTags(context, name, (tags) => tags.filter(({ Key }) => !TagKeys.includes(Key)));
  },
});

export const listUserTags = queryOperation({
  name: "ListUserTags",
  role: "admin",
  input: z.object({ UserName }),
  run: ({ UserName: name }, { store }) => ({
    Tags: userNamed(store.read, name).tags,
    IsTruncated: false,
  }),
});

/** Tags decide the role, so keys get theirs in the same commit. */
async function changeTags(
  { store, keys }: ApiContext,
  name: string,
  change: (tags: readonly Tag[]) => readonly Tag[],
): Promise<void> {
  await store.commit((tx) => {
    const user = userNamed(tx, name);
    const tags = change(user.tags);
    withinTagLimit(tags);
    const role = roleOf(tags);
    setUserTags(tx, name, tags);
    if (role === roleOf(user.tags)) return;
    keys.setRole(tx, user.arn, role);
    keepAnAdmin(keys, tx);
  });
}

function userArn({ account }: Realm, path: string, name: string): string {
  return `arn:aws:iam::${account}:user${path}${name}`;
}

/** `User` of the answers; lists leave tags out, as IAM does. */
function userView(user: User, form: "listed" | "tagged" = "listed") {
  const { path, name, arn, createTime, tags } = user;
  return {
    Path: path,
    UserName: name,
    UserId: userId(arn),
    Arn: arn,
    CreateDate: new Date(createTime),
    Tags: form === "tagged" && tags.length > 0 ? tags : undefined,
  };
}

function conflict(what: string): QueryError {
  return new QueryError("DeleteConflict", `Cannot delete entity, must delete ${what} first.`);
}
