/**
 * Access keys: who may sign, and with which secret. A signature can only be checked with the secret
 * itself, so it is stored encrypted (AES-256-GCM) under a key that lies outside of the store.
 *
 * Every request needs its key, so keys are kept in memory; a write drops what it touches. Writes and
 * the commit that ends them run without a pause, so no read can put a stale key back in between.
 * @module
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv } from "node:crypto";
import { and, count, eq } from "drizzle-orm";
import type { Role } from "../domain/instance.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { accessKeys } from "./schema.ts";

/** `createTime` in milliseconds since the epoch. */
export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  role: Role;
  arn: string;
  createTime: number;
}

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Keys held in memory; more than the hosts of a large fleet, and a few megabytes. */
const CACHE_LIMIT = 20_000;

export class AccessKeys {
  readonly #read: Db;
  readonly #secretsKey: Uint8Array;
  readonly #cache = new Map<string, AccessKey>();

  /** `secretsKey` is 32 bytes. */
  constructor(read: Db, secretsKey: Uint8Array) {
    this.#read = read;
    this.#secretsKey = secretsKey;
  }

  /** Throws when the stored secret cannot be decrypted: the key file is not the one it was made with. */
  find(accessKeyId: string): AccessKey | undefined {
    const cached = this.#cache.get(accessKeyId);
    if (cached) return cached;
    const row = this.#read.select().from(accessKeys)
      .where(eq(accessKeys.accessKeyId, accessKeyId)).get();
    if (!row) return undefined;
    const { secret, ...rest } = row;
    const key = { ...rest, secretAccessKey: this.#decrypt(secret, accessKeyId) };
    if (this.#cache.size >= CACHE_LIMIT) this.#dropOldest();
    this.#cache.set(accessKeyId, key);
    return key;
  }

  /** Writes a key, in place of one with the same id. `nonce` is 12 random bytes, never used twice. */
  put(tx: Tx, key: AccessKey, nonce: Uint8Array): void {
    const { secretAccessKey, ...rest } = key;
    const row = { ...rest, secret: this.#encrypt(secretAccessKey, key.accessKeyId, nonce) };
    tx.insert(accessKeys).values(row)
      .onConflictDoUpdate({ target: accessKeys.accessKeyId, set: row }).run();
    this.#cache.delete(key.accessKeyId);
  }

  /** Removes the keys a host signs with; keys of people are not touched. */
  removeAgentKeys(tx: Tx, arn: string): void {
    const gone = tx.delete(accessKeys)
      .where(and(eq(accessKeys.arn, arn), eq(accessKeys.role, "agent")))
      .returning({ accessKeyId: accessKeys.accessKeyId }).all();
    for (const { accessKeyId } of gone) this.#cache.delete(accessKeyId);
  }

  /** How many keys have a role; a server without an admin's is at its first start. */
  countOf(db: Db, role: Role): number {
    return db.select({ n: count() }).from(accessKeys).where(eq(accessKeys.role, role)).get()?.n ??
      0;
  }

  #dropOldest(): void {
    for (const oldest of this.#cache.keys()) {
      this.#cache.delete(oldest);
      return;
    }
  }

  #encrypt(secret: string, accessKeyId: string, nonce: Uint8Array): Buffer {
    if (nonce.length !== NONCE_BYTES) throw new RangeError("a secret needs a nonce of 12 bytes");
    const cipher = createCipheriv(CIPHER, this.#secretsKey, nonce);
    // Bound to its id: a row's secret moved to another row does not decrypt.
    cipher.setAAD(Buffer.from(accessKeyId));
    const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]);
  }

  #decrypt(stored: Uint8Array, accessKeyId: string): string {
    const nonce = stored.subarray(0, NONCE_BYTES);
    const tag = stored.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
    const text = stored.subarray(NONCE_BYTES + TAG_BYTES);
    const decipher = createDecipheriv(CIPHER, this.#secretsKey, nonce, {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(accessKeyId));
    decipher.setAuthTag(tag);
    try {
      return Buffer.concat([decipher.update(text), decipher.final()]).toString("utf8");
    } catch (cause) {
      throw new Error(
        `the secret of access key ${accessKeyId} cannot be decrypted: the key file in the data ` +
          `directory is not the one the store was written with`,
        { cause },
      );
    }
  }
}
