/**
 * The first access key, of the user `admin`. RUNTIME_ADMIN_ACCESS_KEY_ID and
 * RUNTIME_ADMIN_SECRET_ACCESS_KEY preset it at any start; otherwise a data directory without an
 * admin's key gets one, which is shown once and never again.
 * @module
 */
import { randomBytes } from "node:crypto";
import { NEW_KEY_BYTES, newAccessKey } from "../domain/new_access_key.ts";
import type { Realm } from "../domain/identity.ts";
import { ROLE_TAG } from "../domain/instance.ts";
import type { AccessKeys } from "../store/access_keys.ts";
import { DataDirectoryError } from "../store/database.ts";
import type { Tx } from "../store/group_commit.ts";
import type { Store } from "../store/store.ts";
import { insertUser, renameUser } from "../store/users.ts";

const NAME = "admin";

/** Makes the admin, and its key if need be; answers the lines to show. `now` in milliseconds. */
export async function ensureAdmin(
  given: {
    store: Store;
    keys: AccessKeys;
    realm: Realm;
    env: Readonly<Record<string, string | undefined>>;
    now: number;
  },
): Promise<string[]> {
  const { store, keys, realm, env, now: createTime } = given;
  const preset = presetKey(env);
  const arn = `arn:aws:iam::${realm.account}:user/${NAME}`;
  const isNew = keys.countOf(store.read, "admin") === 0;
  const key = preset ?? (isNew ? newAccessKey(randomBytes(NEW_KEY_BYTES)) : undefined);
  await store.commit((tx) => {
    keys.renameArn(tx, "admin", { ending: `:user/${NAME}` }, arn);
    if (key) {
      // A new secret for an old id: sessions of whoever knew the old one end.
      if (keys.find(key.accessKeyId)?.secretAccessKey !== key.secretAccessKey) {
        keys.remove(tx, key.accessKeyId);
      }
      keys.put(tx, { ...key, role: "admin", arn, createTime }, randomBytes(12));
    }
    // Who removed this admin in favour of another one finds him gone for good.
    if (keys.lastingKeysOf(tx, arn).length > 0) ensureUser(tx, arn, createTime);
  });
  if (preset || !key) return [];
  return [
    "This is a new data directory. Its admin key, shown this once:",
    `  export AWS_ACCESS_KEY_ID=${key.accessKeyId}`,
    `  export AWS_SECRET_ACCESS_KEY=${key.secretAccessKey}`,
  ];
}

function presetKey(env: Readonly<Record<string, string | undefined>>) {
  const accessKeyId = env["RUNTIME_ADMIN_ACCESS_KEY_ID"];
  const secretAccessKey = env["RUNTIME_ADMIN_SECRET_ACCESS_KEY"];
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { accessKeyId, secretAccessKey };
  }
  if (accessKeyId === secretAccessKey) return undefined;
  throw new DataDirectoryError(
    "RUNTIME_ADMIN_ACCESS_KEY_ID and RUNTIME_ADMIN_SECRET_ACCESS_KEY go together; set both or " +
      "neither.",
  );
}

/** The user, so that IAM operations can replace its key; another account gives it another ARN. */
function ensureUser(tx: Tx, arn: string, createTime: number): void {
  const tags = [{ Key: ROLE_TAG, Value: "admin" }];
  if (!insertUser(tx, { name: NAME, arn, path: "/", tags, createTime })) renameUser(tx, NAME, arn);
}
