/**
 * The first access key. RUNTIME_ADMIN_ACCESS_KEY_ID and RUNTIME_ADMIN_SECRET_ACCESS_KEY preset it at
 * any start; otherwise a new data directory gets one, which is shown once and never again.
 * @module
 */
import { randomBytes } from "node:crypto";
import { NEW_KEY_BYTES, newAccessKey } from "../domain/new_access_key.ts";
import { DataDirectoryError } from "../store/database.ts";
import type { AccessKeys } from "../store/access_keys.ts";
import type { Store } from "../store/store.ts";

/** ARN of whoever signs with the admin key. */
const ADMIN_ARN = "arn:aws:iam::000000000000:user/admin";

/** Makes the admin key if need be; answers the lines to show. */
export async function ensureAdmin(
  store: Store,
  keys: AccessKeys,
  env: Readonly<Record<string, string | undefined>>,
  now: number,
): Promise<string[]> {
  const accessKeyId = env["RUNTIME_ADMIN_ACCESS_KEY_ID"];
  const secretAccessKey = env["RUNTIME_ADMIN_SECRET_ACCESS_KEY"];
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new DataDirectoryError(
      "RUNTIME_ADMIN_ACCESS_KEY_ID and RUNTIME_ADMIN_SECRET_ACCESS_KEY go together; set both or " +
        "neither.",
    );
  }
  const preset = accessKeyId !== undefined && secretAccessKey !== undefined
    ? { accessKeyId, secretAccessKey }
    : undefined;
  const isNew = keys.countOf(store.read, "admin") === 0;
  if (!preset && !isNew) return [];
  const key = preset ?? newAccessKey(randomBytes(NEW_KEY_BYTES));
  const admin = { ...key, role: "admin", arn: ADMIN_ARN, createTime: now } as const;
  await store.commit((tx) => keys.put(tx, admin, randomBytes(12)));
  if (preset) return [];
  return [
    "This is a new data directory. Its admin key, shown this once:",
    `  export AWS_ACCESS_KEY_ID=${key.accessKeyId}`,
    `  export AWS_SECRET_ACCESS_KEY=${key.secretAccessKey}`,
  ];
}
