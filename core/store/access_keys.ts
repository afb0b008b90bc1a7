/**
 * Access keys: who may sign, and with which secret. A signature can only be checked with the secret
 * itself, so it is stored encrypted (AES-256-GCM) under a key that lies outside of the store.
 *
 * Every request needs its key, so keys are kept in memory; a write drops what it touches. Writes and
 * the commit that ends them run without a pause, so no read can put a stale key back in between.
 * @module
 */
import { and, asc, count, eq, inArray, isNull, lt, ne, sql } from "drizzle-orm";
import type { KeyStatus, Role } from "../domain/instance.ts";
import type { Db } from "./database.ts";
import type { Tx } from "./group_commit.ts";
import { hostSigningAs } from "./instances.ts";
import { accessKeys } from "./schema.ts";
import { decryptSecret, encryptSecret } from "./secret_cipher.ts";

/** What makes a key one of a session. Times in milliseconds since the epoch. */
export interface KeySession {
  /** Hex SHA-256 of the token that has to come with each request. */
  tokenHash: string;
  expiresAt: number;
  /** The lasting key that the session was asked with; it ends with that key. */
  sourceKeyId: string;
}

/** `createTime` in milliseconds since the epoch. */
export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  role: Role;
  arn: string;
  createTime: number;
  /** Active when not given. */
  status?: KeyStatus;
  session?: KeySession;
}

/** A key without its secret, as it is listed. */
export type ListedKey = Pick<
  typeof accessKeys.$inferSelect,
  "accessKeyId" | "createTime" | "status"
>;

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

  /**
   * The key with what it may do now: one without a role, or of a role's session, is a host's while an
   * instance is registered with its ARN. Throws when the stored secret cannot be decrypted: the key file is not the one it
   * was made with.
   */
  find(accessKeyId: string): AccessKey | undefined {
    const key = this.#cache.get(accessKeyId) ?? this.#load(accessKeyId);
    if (!key || !mayBeHost(key) || hostSigningAs(this.#read, key.arn) === undefined) {
      return key;
    }
    return { ...key, role: "agent" };
  }

  /** Writes a key, in place of one with the same id. `nonce` is 12 random bytes, never used twice. */
  put(tx: Tx, key: AccessKey, nonce: Uint8Array): void {
    const { secretAccessKey, session, status = "Active", ...rest } = key;
    const secret = encryptSecret(secretAccessKey, {
      key: this.#secretsKey,
      id: key.accessKeyId,
      nonce,
    });
    const noSession = { tokenHash: null, expiresAt: null, sourceKeyId: null };
    const row = { ...rest, status, secret, ...(session ?? noSession) };
    tx.insert(accessKeys).values(row)
      .onConflictDoUpdate({ target: accessKeys.accessKeyId, set: row }).run();
    this.#cache.delete(key.accessKeyId);
  }

  /** The lasting keys of an ARN, the oldest first. */
  lastingKeysOf(db: Db, arn: string): ListedKey[] {
    const { accessKeyId, createTime, status } = accessKeys;
    return db.select({ accessKeyId, createTime, status }).from(accessKeys)
      .where(and(eq(accessKeys.arn, arn), isNull(accessKeys.expiresAt)))
      .orderBy(asc(createTime), asc(accessKeyId)).all();
  }

  /** Whether an ARN has a key, be it inactive or of a session that ended within the last week. */
  signsAs(db: Db, arn: string): boolean {
    return db.select({ arn: accessKeys.arn }).from(accessKeys)
      .where(eq(accessKeys.arn, arn)).limit(1).get() !== undefined;
  }

  /** A key that is no longer active ends its sessions. */
  setStatus(tx: Tx, accessKeyId: string, status: KeyStatus): void {
    tx.update(accessKeys).set({ status }).where(eq(accessKeys.accessKeyId, accessKeyId)).run();
    this.#cache.delete(accessKeyId);
    if (status === "Inactive") this.#endSessions(tx, [accessKeyId]);
  }

  /**
   * Gives the lasting keys of a user a role, and ends their sessions, which had the old one. A key that
   * a host got by joining stays the host's.
   */
  setRole(tx: Tx, arn: string, role: Role): void {
    const changed = tx.update(accessKeys).set({ role })
      .where(and(
        eq(accessKeys.arn, arn),
        isNull(accessKeys.expiresAt),
        ne(accessKeys.role, "agent"),
      ))
      .returning({ accessKeyId: accessKeys.accessKeyId }).all();
    const ids = changed.map(({ accessKeyId }) => accessKeyId);
    for (const id of ids) this.#cache.delete(id);
    this.#endSessions(tx, ids);
  }

  /** Gives lasting keys another ARN, which the account has become a part of. */
  renameArn(tx: Tx, role: Role, from: { ending: string }, to: string): void {
    const isOld = sql`${accessKeys.arn} like ${"%" + from.ending} and ${accessKeys.arn} <> ${to}`;
    const renamed = tx.update(accessKeys).set({ arn: to })
      .where(and(eq(accessKeys.role, role), isNull(accessKeys.expiresAt), isOld))
      .returning({ accessKeyId: accessKeys.accessKeyId }).all();
    for (const { accessKeyId } of renamed) this.#cache.delete(accessKeyId);
  }

  /** Removes a key and the sessions asked for with it. */
  remove(tx: Tx, accessKeyId: string): void {
    tx.delete(accessKeys).where(eq(accessKeys.accessKeyId, accessKeyId)).run();
    this.#cache.delete(accessKeyId);
    this.#endSessions(tx, [accessKeyId]);
  }

  /** Removes the keys a host signs with; keys of people are not touched. */
  removeAgentKeys(tx: Tx, arn: string): void {
    const gone = tx.delete(accessKeys)
      .where(and(eq(accessKeys.arn, arn), eq(accessKeys.role, "agent")))
      .returning({ accessKeyId: accessKeys.accessKeyId }).all();
    for (const { accessKeyId } of gone) this.#cache.delete(accessKeyId);
  }

  /** Removes the keys of sessions that ended before a time. */
  sweepSessions(tx: Tx, endedBefore: number): void {
    const gone = tx.delete(accessKeys).where(lt(accessKeys.expiresAt, endedBefore))
      .returning({ accessKeyId: accessKeys.accessKeyId }).all();
    for (const { accessKeyId } of gone) this.#cache.delete(accessKeyId);
  }

  /** How many keys of sessions a lasting key has, those that have ended but were not swept among them. */
  sessionCount(db: Db, sourceKeyId: string): number {
    return db.select({ n: count() }).from(accessKeys)
      .where(eq(accessKeys.sourceKeyId, sourceKeyId)).get()?.n ?? 0;
  }

  /** Whether a lasting key is there and in use, as the commit sees it. */
  isActive(db: Db, accessKeyId: string): boolean {
    const { status } = accessKeys;
    return db.select({ status }).from(accessKeys)
      .where(eq(accessKeys.accessKeyId, accessKeyId)).get()?.status === "Active";
  }

  /** The role that was written for a key, as the commit sees it; undefined when there is no such key. */
  heldRole(db: Db, accessKeyId: string): Role | undefined {
    const { role } = accessKeys;
    return db.select({ role }).from(accessKeys)
      .where(eq(accessKeys.accessKeyId, accessKeyId)).get()?.role;
  }

  /** How many lasting keys in use have a role; a server without an admin's is at its first start. */
  countOf(db: Db, role: Role): number {
    const found = db.select({ n: count() }).from(accessKeys)
      .where(and(
        eq(accessKeys.role, role),
        isNull(accessKeys.expiresAt),
        eq(accessKeys.status, "Active"),
      )).get();
    return found?.n ?? 0;
  }

  #load(accessKeyId: string): AccessKey | undefined {
    const row = this.#read.select().from(accessKeys)
      .where(eq(accessKeys.accessKeyId, accessKeyId)).get();
    if (!row) return undefined;
    const { secret, role, arn, createTime, status, ...session } = row;
    const { tokenHash, expiresAt, sourceKeyId } = session;
    const key = {
      accessKeyId,
      secretAccessKey: decryptSecret(secret, { key: this.#secretsKey, id: accessKeyId }),
      role,
      arn,
      createTime,
      ...(status === "Inactive" && { status }),
      ...(tokenHash !== null && expiresAt !== null && sourceKeyId !== null &&
        { session: { tokenHash, expiresAt, sourceKeyId } }),
    };
    if (this.#cache.size >= CACHE_LIMIT) this.#dropOldest();
    this.#cache.set(accessKeyId, key);
    return key;
  }

  #endSessions(tx: Tx, sourceKeyIds: readonly string[]): void {
    if (sourceKeyIds.length === 0) return;
    const ended = tx.delete(accessKeys).where(inArray(accessKeys.sourceKeyId, [...sourceKeyIds]))
      .returning({ accessKeyId: accessKeys.accessKeyId }).all();
    for (const { accessKeyId } of ended) this.#cache.delete(accessKeyId);
  }

  #dropOldest(): void {
    for (const oldest of this.#cache.keys()) {
      this.#cache.delete(oldest);
      return;
    }
  }
}

/** Never an admin's: who registers instances could otherwise take an admin's sessions away. */
function mayBeHost({ role, arn }: AccessKey): boolean {
  return role === "none" || (role !== "admin" && arn.includes(":assumed-role/"));
}
