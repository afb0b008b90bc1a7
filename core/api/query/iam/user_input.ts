/** Parameters that IAM operations share, and the user or key that they name (IAM API reference). @module */
import { Buffer } from "node:buffer";
import { z } from "zod";
import type { AccessKeys, ListedKey } from "../../../store/access_keys.ts";
import type { Db } from "../../../store/database.ts";
import { findUser, findUserByArn, type User } from "../../../store/users.ts";
import type { Call } from "../../operation.ts";
import { queryInteger } from "../flattened.ts";
import { QueryError } from "../query_error.ts";

const NAME = /^[\w+=,.@-]{1,128}$/;
const NAME_RULE = "must be 1 to 128 of A-Z a-z 0-9 _+=,.@-";

export const UserName = z.string().regex(NAME, NAME_RULE);
/** A new user's; shorter than what may be looked up. */
export const NewUserName = UserName.max(64, "must have at most 64 characters");
export const PolicyName = UserName;
export const AccessKeyId = z.string().regex(/^\w{4,128}$/, "must be an access key id");
export const Path = z.string().max(512)
  .regex(/^\/(?:[\x21-\x7e]*\/)?$/, "must begin and end with a slash");

/** One page: Marker is where the last one ended. */
export const PAGE = {
  Marker: z.string().max(320).optional(),
  MaxItems: queryInteger(1, 1000).default(100),
};

/** The members of a list that is not whole. */
export function pageEnd(last: string | undefined): { IsTruncated: boolean; Marker?: string } {
  if (last === undefined) return { IsTruncated: false };
  return { IsTruncated: true, Marker: Buffer.from(last).toString("base64url") };
}

/** The name that a page begins after. */
export function afterMarker(marker = ""): string {
  return Buffer.from(marker, "base64url").toString("utf8");
}

/** Throws NoSuchEntity. */
export function userNamed(db: Db, name: string): User {
  const user = findUser(db, name);
  if (user) return user;
  throw new QueryError("NoSuchEntity", `The user with name ${name} cannot be found.`);
}

/** The user of a name, or the caller's own when none is given. Throws NoSuchEntity. */
export function userOrCaller(db: Db, name: string | undefined, { caller }: Call): User {
  if (name !== undefined) return userNamed(db, name);
  const user = findUserByArn(db, caller.arn);
  if (user) return user;
  const message = `${caller.arn} is not a user that IAM operations know; give UserName.`;
  throw new QueryError("NoSuchEntity", message);
}

/** A lasting key of a user. Throws NoSuchEntity. */
export function keyOfUser(
  keys: AccessKeys,
  db: Db,
  { arn }: User,
  accessKeyId: string,
): ListedKey {
  const key = keys.lastingKeysOf(db, arn).find((one) => one.accessKeyId === accessKeyId);
  if (key) return key;
  throw new QueryError("NoSuchEntity", `The Access Key with id ${accessKeyId} cannot be found.`);
}

/** The last admin's key must stay, or nobody could ever change anything again. Throws DeleteConflict. */
export function keepAnAdmin(keys: AccessKeys, db: Db): void {
  if (keys.countOf(db, "admin") > 0) return;
  throw new QueryError(
    "DeleteConflict",
    "This is the last active key of an admin; make another one first: aws iam create-access-key",
  );
}
