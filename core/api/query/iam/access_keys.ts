/** The access keys of users: at most two, so that one can be replaced by the other. @module */
import { z } from "zod";
import { KeyStatus } from "../../../domain/instance.ts";
import { NEW_KEY_BYTES, newAccessKey } from "../../../domain/new_access_key.ts";
import { QueryError } from "../query_error.ts";
import { queryOperation } from "../query_service.ts";
import { AccessKeyId, keepAnAdmin, keyOfUser, UserName, userOrCaller } from "./user_input.ts";
import { roleOf } from "./user_role.ts";

/** Keys of one user (IAM quotas). */
const KEYS_MAX = 2;
const OfUser = z.object({ UserName: UserName.optional() });

export const createAccessKey = queryOperation({
  name: "CreateAccessKey",
  role: "admin",
  input: OfUser,
  async run({ UserName: name }, { store, keys, now, randomBytes }, call) {
    const key = newAccessKey(randomBytes(NEW_KEY_BYTES));
    const nonce = randomBytes(12);
    const createTime = now();
    const owner = await store.commit((tx) => {
      const user = userOrCaller(tx, name, call);
      if (keys.lastingKeysOf(tx, user.arn).length >= KEYS_MAX) throw tooMany();
      keys.put(tx, { ...key, role: roleOf(user.tags), arn: user.arn, createTime }, nonce);
      return user.name;
    });
    return {
      AccessKey: {
        UserName: owner,
        AccessKeyId: key.accessKeyId,
        Status: "Active",
        SecretAccessKey: key.secretAccessKey,
        CreateDate: new Date(createTime),
      },
    };
  },
});

export const listAccessKeys = queryOperation({
  name: "ListAccessKeys",
  role: "admin",
  input: OfUser,
  run({ UserName: name }, { store, keys }, call) {
    const user = userOrCaller(store.read, name, call);
    const found = keys.lastingKeysOf(store.read, user.arn);
    return {
      AccessKeyMetadata: found.map(({ accessKeyId, status, createTime }) => ({
        UserName: user.name,
        AccessKeyId: accessKeyId,
        Status: status,
        CreateDate: new Date(createTime),
      })),
      IsTruncated: false,
    };
  },
});

export const updateAccessKey = queryOperation({
  name: "UpdateAccessKey",
  role: "admin",
  input: OfUser.extend({ AccessKeyId, Status: KeyStatus }),
  async run({ UserName: name, AccessKeyId: id, Status: status }, { store, keys }, call) {
    await store.commit((tx) => {
      keyOfUser(keys, tx, userOrCaller(tx, name, call), id);
      keys.setStatus(tx, id, status);
      keepAnAdmin(keys, tx);
    });
  },
});

export const deleteAccessKey = queryOperation({
  name: "DeleteAccessKey",
  role: "admin",
  input: OfUser.extend({ AccessKeyId }),
  async run({ UserName: name, AccessKeyId: id }, { store, keys }, call) {
    await store.commit((tx) => {
      keyOfUser(keys, tx, userOrCaller(tx, name, call), id);
      keys.remove(tx, id);
      keepAnAdmin(keys, tx);
    });
  },
});

function tooMany(): QueryError {
  return new QueryError("LimitExceeded", `Cannot exceed quota for AccessKeysPerUser: ${KEYS_MAX}`);
}
